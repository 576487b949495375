"""Checkpoints: safetensors and JSON, written whole or not at all.

A run's directory holds `step-00000250/` and so on, each with
  model.safetensors      the weights
  training.safetensors   the optimisers' memory
  state.json             both configurations, the step, the data, the sampler, and what
                         tensors training.safetensors holds
  tokenizer.json         how text became tokens
  manifest.json          the SHA-256 of each of the others
Each is written under another name, flushed to the disk, and renamed in one move. Nothing
in them is code, and nothing is unpickled.
"""

import hashlib
import json
import os
import shutil
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError
from safetensors.torch import load_file, save_file
from torch import Tensor

from minigpt.config import ModelConfig, TrainConfig
from minigpt.errors import CheckpointError, problem
from minigpt.intact import check_tensors, intact, outline, read_json
from minigpt.model import GPT
from minigpt.tokenizer import Tokenizer, load_tokenizer

FORMAT = 2
KEEP = 2  # the newest, and one to fall back on
FILES = ("model.safetensors", "training.safetensors", "state.json", "tokenizer.json")


@dataclass
class Checkpoint:
    """What a checkpoint holds, read and verified.

    `state` is the run's own bookkeeping: step, data, sampler, and whatever the run added.

    Raises: nothing.
    Source: this book.
    """

    model_config: ModelConfig
    train_config: TrainConfig
    weights: dict[str, Tensor]
    training: dict[str, Tensor]
    state: dict[str, Any]
    tokenizer: Tokenizer
    path: Path

    def build_model(self) -> GPT:
        """Make the model and give it its weights.

        Raises: nothing.
        Source: this book.
        """
        model = GPT(self.model_config)
        model.load_state_dict(self.weights, strict=False)
        return model


def weights_of(model: GPT) -> dict[str, Tensor]:
    """Return the model's weights by name, a tied head's once.

    Matrices have shape (d_out, d_in), norms and biases (d,).

    Raises: nothing.
    Source: this book.
    """
    weights = {name: t.detach().contiguous() for name, t in model.state_dict().items()}
    if model.config.tie_head:
        del weights["head.weight"]
    return weights


def save_checkpoint(
    run: str | Path,
    model: GPT,
    train_config: TrainConfig,
    training: dict[str, Tensor],
    state: dict[str, Any],
    tokenizer: Tokenizer,
) -> Path:
    """Write a checkpoint of step state["step"]; keep the newest KEEP of the run.

    `training` is what `optim.pack_training` makes: tensors of the parameters' shapes, (d_out, d_in)
    or (d,), by name. If anything fails, the earlier checkpoints are as they were.

    Raises: CheckpointError when the directory cannot be written.
    Source: this book.
    """
    final = _place(run, state["step"])
    unfinished = final.with_name("." + final.name + ".part")
    configs = {"model": model.config.to_dict(), "train": train_config.to_dict()}
    try:
        shutil.rmtree(unfinished, ignore_errors=True)
        unfinished.mkdir(parents=True)
        save_file(weights_of(model), unfinished / "model.safetensors")
        save_file(training, unfinished / "training.safetensors")
        _write_json(unfinished / "tokenizer.json", tokenizer.to_dict())
        about = {"format": FORMAT, **configs, "training": outline(training), "state": state}
        _write_json(unfinished / "state.json", about)
        _write_json(
            unfinished / "manifest.json", {name: _sha256(unfinished / name) for name in FILES}
        )
        for path in (*unfinished.iterdir(), unfinished):
            _flush(path)
        _replace_directory(unfinished, final)
    except (OSError, SafetensorError) as error:
        shutil.rmtree(unfinished, ignore_errors=True)
        raise CheckpointError(
            problem(f"room and permission to write {final}", str(error), "another --out")
        ) from error
    _forget_old(final)
    return final


def _forget_old(newest: Path) -> None:
    # A damaged one of a later step must not push out those that are intact.
    for old in [path for path in checkpoints(newest.parent) if path <= newest][KEEP:]:
        shutil.rmtree(old, ignore_errors=True)


def forget_unfinished(run: str | Path, step: int) -> None:
    """Delete what a process that was killed in a save has left, before or after its rename.

    `step` is that of the newest intact checkpoint; it and one before it stay.

    Raises: nothing.
    Source: this book.
    """
    for path in Path(run).glob(".step-" + 8 * "[0-9]" + ".*"):
        shutil.rmtree(path, ignore_errors=True)
    _forget_old(_place(run, step))


def _place(run: str | Path, step: int) -> Path:
    return Path(run) / f"step-{step:08d}"


def checkpoints(run: str | Path) -> list[Path]:
    """List a run's checkpoints, the newest first, whether intact or not.

    Raises: nothing.
    Source: this book.
    """
    ours = Path(run).glob("step-" + 8 * "[0-9]")  # not step-00000250-the-good-one
    try:
        return sorted((path for path in ours if path.is_dir()), reverse=True)
    except PermissionError:  # none that we may see
        return []


def load_checkpoint(path: str | Path, say: Callable[[str], None] | None = None) -> Checkpoint:
    """Read a checkpoint, or a run's newest one that is intact.

    Where the newest is damaged, `say` is told so and an older one is taken.

    Raises: CheckpointError when there is none, or none is intact.
    Source: this book.
    """
    path = Path(path)
    try:
        candidates = [path] if (path / "manifest.json").exists() else checkpoints(path)
    except OSError as error:
        needed = "a run's directory that may be read"
        raise CheckpointError(problem(needed, str(error), "its permissions")) from error
    if not candidates:
        needed = "a run's directory, or one of its step-* directories"
        came = f"{path}, which " + ("holds no checkpoint" if path.exists() else "does not exist")
        raise CheckpointError(problem(needed, came, "the --out of a training run"))
    for candidate in candidates[:-1]:
        try:
            return _read(candidate)
        except CheckpointError as error:
            if say is not None:
                say(f"{error} Falling back to the checkpoint before it.")
    return _read(candidates[-1])


def _read(path: Path) -> Checkpoint:
    hashes = intact(path / "manifest.json", read_json)
    for name in FILES:
        if hashes.get(name) != intact(path / name, _sha256):
            needed, came = f"{path} as it was written", f"another {name}"
            raise CheckpointError(problem(needed, came, "an older checkpoint"))
    model, train, told, state = intact(path / "state.json", _read_state)
    weights, training = (intact(path / name, load_file) for name in FILES[:2])
    expected = intact(path / "state.json", lambda _: _expected(model, len(weights)))
    check_tensors(weights, expected, path / "model.safetensors")
    check_tensors(training, told, path / "training.safetensors")
    tokenizer = intact(path / "tokenizer.json", load_tokenizer)
    if tokenizer.vocab_size != model.vocab_size:
        needed = f"the model's {model.vocab_size} tokens in {path / 'tokenizer.json'}"
        raise CheckpointError(problem(needed, f"{tokenizer.vocab_size}", "an older checkpoint"))
    return Checkpoint(model, train, weights, training, state, tokenizer, path)


def _read_state(path: Path) -> tuple[ModelConfig, TrainConfig, dict[str, str], dict[str, Any]]:
    saved = read_json(path)
    if saved["format"] != FORMAT:
        needed, came = f"checkpoint format {FORMAT}", f"format {saved['format']!r:.40} in {path}"
        raise CheckpointError(problem(needed, came, "this version's own"))
    configs = ModelConfig.from_dict(saved["model"]), TrainConfig.from_dict(saved["train"])
    return *configs, dict(saved["training"]), dict(saved["state"])


def _expected(config: ModelConfig, n_tensors: int) -> dict[str, str]:
    """Outline the weights of a model, however vast: on the device "meta" it takes no memory.

    More blocks than there are tensors need not be made to see that they are too many.
    """
    with torch.device("meta"):
        model = GPT(config.replace(n_layers=min(config.n_layers, n_tensors + 1)))
    return outline(weights_of(model))


def _write_json(path: Path, content: dict[str, Any]) -> None:
    path.write_text(json.dumps(content, indent=1) + "\n", encoding="utf-8")


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _flush(path: Path) -> None:
    # Some systems cannot open or flush a directory; the rename is still one move.
    with suppress(PermissionError):
        descriptor = os.open(path, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)


def _replace_directory(unfinished: Path, final: Path) -> None:
    """Rename in one move; a checkpoint of the same step is set aside, and back if that fails."""
    aside = final.with_name("." + final.name + ".old")
    shutil.rmtree(aside, ignore_errors=True)
    if final.exists():
        os.rename(final, aside)
    try:
        os.rename(unfinished, final)
    except OSError:
        if aside.exists():
            os.rename(aside, final)
        raise
    shutil.rmtree(aside, ignore_errors=True)
    _flush(final.parent)
