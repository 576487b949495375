"""Checkpoints: safetensors and JSON, written whole or not at all.

A run's directory holds `step-00000250/` and so on, each with
  model.safetensors      the weights
  training.safetensors   the optimisers' memory and the state of every source of chance
  state.json             both configurations, the step, the data, the sampler
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
from torch.optim import Optimizer

from minigpt.config import ModelConfig, TrainConfig
from minigpt.errors import CheckpointError, ConfigError, TokenizerError, problem
from minigpt.model import GPT
from minigpt.tokenizer import Tokenizer, load_tokenizer

FORMAT = 1
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

        Raises: CheckpointError when weights are missing, surplus, or of another shape.
        Source: this book.
        """
        model = GPT(self.model_config)
        expected = {name: tuple(t.shape) for name, t in weights_of(model).items()}
        found = {name: tuple(t.shape) for name, t in self.weights.items()}
        if wrong := sorted(dict(found.items() ^ expected.items())):
            name = wrong[0]
            needed = f"{name} with shape {expected.get(name, 'none')}"
            came = f"{found.get(name, 'none')} in {self.path}"
            raise CheckpointError(problem(needed, came, "the checkpoint's own state.json"))
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

    `training` is what `pack_training` makes: tensors of the parameters' shapes, (d_out, d_in)
    or (d,), by name. If anything fails, the earlier checkpoints are as they were.

    Raises: CheckpointError when the directory cannot be written.
    Source: this book.
    """
    final = Path(run) / f"step-{state['step']:08d}"
    unfinished = final.with_name("." + final.name + ".part")
    configs = {"model": model.config.to_dict(), "train": train_config.to_dict()}
    try:
        shutil.rmtree(unfinished, ignore_errors=True)
        unfinished.mkdir(parents=True)
        save_file(weights_of(model), unfinished / "model.safetensors")
        save_file(training, unfinished / "training.safetensors")
        _write_json(unfinished / "tokenizer.json", tokenizer.to_dict())
        _write_json(unfinished / "state.json", {"format": FORMAT, **configs, "state": state})
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
    # A damaged one of a later step must not push out those that are intact.
    for old in [path for path in checkpoints(run) if path <= final][KEEP:]:
        shutil.rmtree(old, ignore_errors=True)
    return final


def checkpoints(run: str | Path) -> list[Path]:
    """List a run's checkpoints, the newest first, whether intact or not.

    Raises: nothing.
    Source: this book.
    """
    ours = Path(run).glob("step-" + 8 * "[0-9]")  # not step-00000250-the-good-one
    return sorted((path for path in ours if path.is_dir()), reverse=True)


def load_checkpoint(path: str | Path, say: Callable[[str], None] | None = None) -> Checkpoint:
    """Read a checkpoint, or a run's newest one that is intact.

    Where the newest is damaged, `say` is told so and an older one is taken.

    Raises: CheckpointError when there is none, or none is intact.
    Source: this book.
    """
    path = Path(path)
    candidates = [path] if (path / "manifest.json").exists() else checkpoints(path)
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
    try:
        manifest = json.loads((path / "manifest.json").read_text(encoding="utf-8"))
        damaged = [name for name in FILES if manifest[name] != _sha256(path / name)]
        if damaged:
            raise CheckpointError(
                problem(f"{path} as it was written", f"another {damaged[0]}", "an older checkpoint")
            )
        saved = json.loads((path / "state.json").read_text(encoding="utf-8"))
        if saved["format"] != FORMAT:
            came = f"format {saved['format']!r} in {path}"
            raise CheckpointError(
                problem(f"checkpoint format {FORMAT}", came, "this version's own")
            )
        return Checkpoint(
            ModelConfig.from_dict(saved["model"]),
            TrainConfig.from_dict(saved["train"]),
            load_file(path / "model.safetensors"),
            load_file(path / "training.safetensors"),
            saved["state"],
            load_tokenizer(path / "tokenizer.json"),
            path,
        )
    except (OSError, ValueError, LookupError, TypeError, RecursionError, SafetensorError) as error:
        if isinstance(error, CheckpointError):
            raise
        kind = error if isinstance(error, ConfigError | TokenizerError) else type(error).__name__
        raise CheckpointError(
            problem(
                f"an intact checkpoint in {path}", f"one that cannot be read ({kind})", "another"
            )
        ) from error


def pack_training(optimizers: list[Optimizer]) -> dict[str, Tensor]:
    """Flatten the optimisers' memory and PyTorch's random state into named tensors.

    The memory of a matrix has its shape, (d_out, d_in); the random state is (n_bytes,).

    Raises: nothing.
    Source: this book.
    """
    packed = {"rng.cpu": torch.get_rng_state()}
    if torch.cuda.is_available():
        packed["rng.cuda"] = torch.cuda.get_rng_state()
    for k, optimizer in enumerate(optimizers):
        for i, memory in optimizer.state_dict()["state"].items():
            for name, tensor in memory.items():
                packed[f"optimizer.{k}.{i}.{name}"] = tensor.detach().cpu().contiguous()
    return packed


def unpack_training(packed: dict[str, Tensor], optimizers: list[Optimizer]) -> None:
    """Give the optimisers and PyTorch back what `pack_training` took.

    Shapes as there: (d_out, d_in), (d,) and (n_bytes,).

    Raises: CheckpointError when the tensors belong to other optimisers.
    Source: this book.
    """
    memories: list[dict[int, dict[str, Tensor]]] = [{} for _ in optimizers]
    try:
        for key, tensor in packed.items():
            if key.startswith("optimizer."):
                _, k, i, name = key.split(".")
                memories[int(k)].setdefault(int(i), {})[name] = tensor
        for optimizer, memory in zip(optimizers, memories, strict=True):
            _check_fit(memory, optimizer)
            groups = optimizer.state_dict()["param_groups"]
            optimizer.load_state_dict({"state": memory, "param_groups": groups})
        torch.set_rng_state(packed["rng.cpu"])
        if torch.cuda.is_available() and "rng.cuda" in packed:
            torch.cuda.set_rng_state(packed["rng.cuda"])
    except (LookupError, ValueError, RuntimeError, TypeError) as error:
        came = f"tensors that do not fit ({error})"
        raise CheckpointError(
            problem("the memory of these optimisers", came, "the run's own settings")
        ) from error


def _check_fit(memory: dict[int, dict[str, Tensor]], optimizer: Optimizer) -> None:
    params = [p for group in optimizer.param_groups for p in group["params"]]
    for i, tensors in memory.items():
        if any(t.dim() and t.shape != params[i].shape for t in tensors.values()):
            raise ValueError(f"parameter {i} has the shape {tuple(params[i].shape)}")


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
