"""A training run in a directory: its data, its checkpoints, its metrics, its end."""

import json
import shutil
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from itertools import chain, takewhile
from pathlib import Path
from typing import Any

import numpy as np
import torch
from jaxtyping import UInt
from tqdm import tqdm

from minigpt.checkpoint import (
    Checkpoint,
    checkpoints,
    forget_unfinished,
    load_checkpoint,
    save_checkpoint,
)
from minigpt.config import TOKENIZERS, ModelConfig, TrainConfig
from minigpt.data import (
    Batches,
    Source,
    StorySource,
    TextSource,
    TokenStream,
    encode_source,
    open_data,
    open_shards,
    write_shards,
)
from minigpt.distributed import ALONE, Group
from minigpt.errors import CheckpointError, ConfigError, DataError, MiniGPTError, problem
from minigpt.interrupts import interrupted
from minigpt.model import GPT
from minigpt.plots import plot_metrics
from minigpt.presets import Preset
from minigpt.report import Report, held_back, report
from minigpt.tokenizer import END, BPETokenizer, CharTokenizer, Tokenizer
from minigpt.train import Trainer

LARGE = 1 << 28  # characters: a longer text's tokens go to disk, and are read from there
STORY_VOCAB_SIZE = 2_048  # enough for nearly every word of the built-in corpus to be one token


def make_tokenizer(
    source: Source, kind: str | None = None, vocab_size: int | None = None, preset: str = "bpe"
) -> Tokenizer:
    """Learn a tokenizer from a source. Stories need an END token; a text has none.

    kind: "char" or "bpe"; by default bpe for stories, and the preset's for a text.

    Raises: ConfigError for an unknown kind; TokenizerError for a vocab_size too small.
    Source: Sennrich et al. 2016; Radford et al. 2019, section 2.2.
    """
    stories = isinstance(source, StorySource)
    kind = kind or ("bpe" if stories else preset)
    specials = (END,) if stories else ()
    if kind == "char":
        characters: set[str] = set()
        for chunk in chain(source.chunks("train"), source.chunks("val")):
            characters.update(chunk)  # one at a time: the text may be larger than the memory
        return CharTokenizer.from_text("".join(sorted(characters)), specials=specials)
    if kind == "bpe":
        size = STORY_VOCAB_SIZE if vocab_size is None else vocab_size
        return BPETokenizer.train(source.chunks("train"), size, specials=specials)
    raise ConfigError(problem(f"a tokenizer of {', '.join(TOKENIZERS)}", repr(kind), "bpe"))


class Run:
    """One training run and its directory. `begin` starts one, `resume` goes on with one.

    Each process of a group has a Run of its own; the main one alone writes.

    Raises: CheckpointError when the directory already holds a run.
    Source: this book, chapter 15.
    """

    def __init__(
        self, out: str | Path, data: str, tokenizer: Tokenizer, source: Source, group: Group
    ):
        self.out, self.data, self.tokenizer, self.source = Path(out), data, tokenizer, source
        self.group = group
        self.data_crc32 = _crc32(source)
        self.trainer: Trainer

    @classmethod
    def begin(
        cls,
        out: str | Path,
        data: str,
        preset: Preset,
        tokenizer: str | None = None,
        vocab_size: int | None = None,
        group: Group = ALONE,
        **train: Any,
    ) -> "Run":
        """Open the data, learn the tokenizer, make the model and the directory.

        Raises: CheckpointError when `out` already holds a run or cannot be written;
            DataError, ConfigError and TokenizerError for what they name.
        Source: this book, chapter 15.
        """
        # A bad setting should be named before any work is done.
        _, config = preset.configs(1, **train)
        group.rows(config.batch_size, config.accumulate)
        if checkpoints(out):
            came = f"{out}, which holds one already"
            raise CheckpointError(problem("an empty --out for a new run", came, "--resume"))
        source = open_data(data)
        if not isinstance(source, StorySource):
            vocab_size = preset.vocab_size if vocab_size is None else vocab_size
        learned = make_tokenizer(source, tokenizer, vocab_size, preset.tokenizer)
        run = cls(out, data, learned, source, group)
        run._make(*preset.configs(learned.vocab_size, **train))
        held_back(source, learned, run.trainer.model.config.context_length)
        run._forget_after(0)  # a run that never saved may have left some
        return run

    @classmethod
    def resume(
        cls,
        out: str | Path,
        say: Callable[[str], None] = print,
        device: str | None = None,
        group: Group = ALONE,
    ) -> "Run":
        """Go on from the newest intact checkpoint, with the settings it was begun with.

        The number of processes may be another one.

        Raises: CheckpointError when there is none; DataError when the data has changed.
        Source: this book, chapter 15.
        """
        saved = load_checkpoint(out, say if group.is_main else None)
        _check_state(saved)
        data, config = saved.state["data"], saved.train_config
        run = cls(out, data, saved.tokenizer, open_data(data), group)
        if run.data_crc32 != saved.state["data_crc32"]:
            needed = f"{data} as it was when the run began"
            raise DataError(problem(needed, "another text", "the old text, or a new --out"))
        run._make(saved.model_config, config.replace(device=device) if device else config)
        run.trainer.model.load_state_dict(saved.build_model().state_dict())
        run.trainer.unpack(saved.training, saved.state)
        run._forget_after(run.trainer.step)
        return run

    def _make(self, model: ModelConfig, train: TrainConfig) -> None:
        torch.manual_seed(train.seed)
        tokens = self._tokens()
        # Every row of stories begins with a story, as `sample` and `report` do.
        marker = self.tokenizer.special_id(END) if isinstance(self.source, StorySource) else None
        group = self.group
        sizes = (group.rows(train.batch_size, train.accumulate), model.context_length)
        ranks = (group.rank, group.world_size)
        batches = Batches(tokens, *sizes, train.seed, *ranks, marker=marker)
        self.trainer = Trainer(GPT(model), batches, train, group)

    def _tokens(self) -> TokenStream | UInt[np.ndarray, " n_tokens"]:
        if not isinstance(self.source, TextSource) or self.source.n_characters <= LARGE:
            return encode_source(self.source, self.tokenizer, "train")
        shards = self.out / "tokens"
        if self.group.is_main:
            self._write_tokens(shards)
        self.group.gather()  # now they are there
        return open_shards(shards)

    def _write_tokens(self, shards: Path) -> None:
        if not checkpoints(self.out):  # what lies there belongs to a run that never saved
            shutil.rmtree(shards, ignore_errors=True)
        if not shards.exists():
            with self._writing():
                ids = self.source.tokens(self.tokenizer, "train")
                write_shards(ids, shards, self.tokenizer.vocab_size)

    @property
    def metrics(self) -> Path:
        """Where the losses are written: one JSON object a line.

        Raises: nothing.
        Source: this book.
        """
        return self.out / "metrics.jsonl"

    def train(self, say: Callable[[str], None] = tqdm.write) -> Report | None:
        """Take the remaining steps; save and measure on the way; draw the losses at the end.

        On Ctrl-C or SIGTERM it saves, says so, and returns None; otherwise it returns the
        last measurement, on the whole validation part. A signal to one process stops all.

        Raises: TrainError when the loss is not a number, or the processes do not train the
            same model; CheckpointError when saving fails.
        Source: this book, chapter 15.
        """
        trainer, group, steps = self.trainer, self.group, self.trainer.config.steps
        say = say if group.is_main else _nothing
        last, stop = None, False
        configs = (trainer.model.config.to_dict(), trainer.config.to_dict())
        group.check_same(*configs, trainer.step, self.data_crc32)
        quiet = None if group.is_main else True  # None: no bar where nobody watches
        bar = tqdm(total=steps, initial=trainer.step, unit="step", disable=quiet)
        with bar, interrupted() as signals:
            while trainer.step < steps and not stop:
                loss, norm = trainer.train_step()
                self._log({"step": trainer.step, "loss": loss, "gradient_norm": norm})
                bar.update()
                bar.set_postfix(loss=f"{loss:.3f}", refresh=False)
                if trainer.step % trainer.config.eval_every == 0 or trainer.step == steps:
                    last = self._measure(say)
                if trainer.step % trainer.config.save_every == 0 or trainer.step == steps:
                    self.save()
                stop = group.any(bool(signals))
        if stop:
            path = self.save()
            say(f"Interrupted: saved step {trainer.step} in {path}; go on with --resume.")
            return None
        if group.is_main:
            with self._writing():
                plot_metrics(self.metrics, self.out / "loss.svg")
        return last or report(trainer.model, self.tokenizer, self.source, group=group)

    def save(self) -> Path | None:
        """Write a checkpoint of this moment; None where that is another process's work.

        Raises: CheckpointError when it cannot be written.
        Source: this book.
        """
        if not self.group.is_main:
            return None
        training, state = self.trainer.pack()
        state |= {"data": self.data, "data_crc32": self.data_crc32}
        model, config = self.trainer.model, self.trainer.config
        return save_checkpoint(self.out, model, config, training, state, self.tokenizer)

    def _measure(self, say: Callable[[str], None]) -> Report:
        result = report(self.trainer.model, self.tokenizer, self.source, group=self.group)
        per_token = None
        if result.floor is not None:
            per_token = result.loss * result.floor / result.bits_per_story
        self._log({"step": self.trainer.step, "val_loss": result.loss, "floor": per_token})
        say(f"step {self.trainer.step}: {result}")
        return result

    def _log(self, row: dict[str, Any]) -> None:
        if not self.group.is_main:
            return
        with self._writing(), self.metrics.open("a", encoding="utf-8") as file:
            file.write(json.dumps(row) + "\n")

    def _forget_after(self, step: int) -> None:
        """Cut off the metrics of steps that no checkpoint knows: they come again."""

        def known(line: bytes) -> bool:  # a line without its end was being written
            return line.endswith(b"\n") and json.loads(line)["step"] <= step

        if not self.group.is_main:
            return
        with self._writing():
            self.out.mkdir(parents=True, exist_ok=True)
            forget_unfinished(self.out, step)
            with self.metrics.open("a+b") as file:
                file.seek(0)
                file.truncate(sum(map(len, takewhile(known, file))))

    @contextmanager
    def _writing(self) -> Iterator[None]:
        try:
            yield
        except MiniGPTError:
            raise
        except OSError as error:
            needed = f"room and permission to write in {self.out}"
            raise CheckpointError(problem(needed, str(error), "another --out")) from error
        except (ValueError, LookupError, TypeError) as error:
            needed = f"one JSON object a line in {self.metrics}"
            came = f"something else ({error})"
            raise CheckpointError(problem(needed, came, "moving that file away")) from error


def _nothing(_text: str) -> None:
    """Say nothing: the main process speaks for all."""


def _check_state(saved: Checkpoint) -> None:
    """Refuse a state that no run can have written: its hash agrees, so a person has."""
    state, train = saved.state, saved.train_config
    kinds = {"data": str, "data_crc32": int, "sampler": dict, "step": int}
    wrong = [name for name, kind in kinds.items() if type(state.get(name)) is not kind]
    if not wrong and not 0 <= state["step"] <= train.steps:
        wrong = ["step"]
    if not wrong:
        must = {"seed": train.seed, "step": state["step"]}
        must["context_length"] = saved.model_config.context_length
        whole = all(type(number) is int for number in state["sampler"].values())
        wrong = [] if whole and must.items() <= state["sampler"].items() else ["sampler"]
    if wrong:
        needed, came = f"{', '.join(wrong)} in state.json", f"none that fits in {saved.path}"
        raise CheckpointError(problem(needed, came, "an older checkpoint"))


def _crc32(source: Source) -> int:
    crc = 0
    for chunk in chain(source.chunks("train"), source.chunks("val")):
        crc = zlib.crc32(chunk.encode(), crc)
    return crc
