"""A training run in a directory: its data, its checkpoints, its metrics, its end."""

import json
import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from itertools import chain
from pathlib import Path
from typing import Any

import torch
from tqdm import tqdm

from minigpt import corpus
from minigpt.checkpoint import checkpoints, load_checkpoint, save_checkpoint
from minigpt.config import TOKENIZERS, ModelConfig, TrainConfig
from minigpt.data import (
    Batches,
    Source,
    StorySource,
    encode_source,
    encode_stories,
    open_data,
    story_windows,
    windows,
)
from minigpt.errors import CheckpointError, ConfigError, problem
from minigpt.model import GPT
from minigpt.plots import plot_metrics
from minigpt.presets import Preset
from minigpt.tokenizer import END, BPETokenizer, CharTokenizer, Tokenizer
from minigpt.train import Trainer, evaluate

EVAL_BATCH = 64
STORY_VOCAB_SIZE = 2_048  # enough for nearly every word of the built-in corpus to be one token


@dataclass(frozen=True)
class Report:
    """A model's loss on a source: in nats a token, and for stories also against the floor.

    The floor is what the corpus itself would pay for these stories: no model can pay
    less on average, whatever its tokenizer, unless it sees what it is asked to predict.
    Bits per story or per character can be compared between tokenizers; nats per token
    cannot.

    Raises: nothing.
    Source: Shannon 1948. Built in chapters 1 and 15.
    """

    loss: float
    perplexity: float
    tokens: int
    stories: int | None = None
    left_out: int | None = None
    bits_per_story: float | None = None
    floor: float | None = None
    bits_above_floor: float | None = None

    def to_dict(self) -> dict[str, float]:
        """Return what is known, by name, ready for JSON.

        Raises: nothing.
        Source: this book.
        """
        return {name: value for name, value in asdict(self).items() if value is not None}

    def __str__(self) -> str:
        text = f"loss {self.loss:.4f} nats/token, perplexity {self.perplexity:.2f}"
        text += f", {self.tokens:,} tokens"
        if self.floor is None:
            return text
        text += f"\n{self.bits_per_story:.2f} bits/story, floor {self.floor:.2f}"
        return text + f", {self.bits_above_floor:+.2f} bits above the floor"


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
        text = chain(source.chunks("train"), source.chunks("val"))
        return CharTokenizer.from_text("".join(sorted(set().union(*text))), specials=specials)
    if kind == "bpe":
        size = vocab_size or STORY_VOCAB_SIZE
        return BPETokenizer.train(source.chunks("train"), size, specials=(END,))
    raise ConfigError(problem(f"a tokenizer of {', '.join(TOKENIZERS)}", repr(kind), "bpe"))


def report(model: GPT, tokenizer: Tokenizer, source: Source, split: str = "val") -> Report:
    """Measure a model on a whole split ("train", "val", or "all" for both).

    A text is cut into contiguous windows. Stories are read whole, one at a time; those
    longer than the context are left out, of the model's loss and of the floor alike.

    Raises: DataError for an unknown split, or when nothing fits.
    Source: this book, chapter 15.
    """
    splits = ("train", "val") if split == "all" else (split,)
    length = model.config.context_length
    if not isinstance(source, StorySource):
        streams = (encode_source(source, tokenizer, each) for each in splits)
        result = evaluate(model, chain(*(windows(s, length, EVAL_BATCH) for s in streams)))
        return Report(result.loss, result.perplexity, result.n_tokens)
    encoded = [story for each in splits for story in encode_stories(source, tokenizer, each)]
    texts = [story for each in splits for story in source.stories(each)]
    batches, left_out = story_windows(encoded, length, EVAL_BATCH)
    fitting = [t for t, e in zip(texts, encoded, strict=True) if len(e) <= length + 1]
    result = evaluate(model, batches)
    floor = corpus.optimal_loss(fitting).bits_per_story
    bits = result.bits / len(fitting)
    counts = (result.n_tokens, len(fitting), left_out)
    return Report(result.loss, result.perplexity, *counts, bits, floor, bits - floor)


class Run:
    """One training run and its directory. `begin` starts one, `resume` goes on with one.

    Raises: CheckpointError when the directory already holds a run.
    Source: this book, chapter 15.
    """

    def __init__(self, out: str | Path, data: str, tokenizer: Tokenizer, source: Source):
        self.out, self.data, self.tokenizer, self.source = Path(out), data, tokenizer, source
        self.trainer: Trainer

    @classmethod
    def begin(
        cls,
        out: str | Path,
        data: str,
        preset: Preset,
        tokenizer: str | None = None,
        vocab_size: int | None = None,
        **train: Any,
    ) -> "Run":
        """Open the data, learn the tokenizer, make the model.

        Raises: CheckpointError when `out` already holds a run; DataError, ConfigError and
            TokenizerError for what they name.
        Source: this book, chapter 15.
        """
        preset.configs(1, **train)  # a bad setting should be named before any work is done
        if checkpoints(out):
            came = f"{out}, which holds one already"
            raise CheckpointError(problem("an empty --out for a new run", came, "--resume"))
        source = open_data(data)
        if not isinstance(source, StorySource):
            vocab_size = vocab_size or preset.vocab_size
        run = cls(
            out, data, make_tokenizer(source, tokenizer, vocab_size, preset.tokenizer), source
        )
        run._make(*preset.configs(run.tokenizer.vocab_size, **train))
        return run

    @classmethod
    def resume(
        cls, out: str | Path, say: Callable[[str], None] = print, device: str | None = None
    ) -> "Run":
        """Go on from the newest intact checkpoint, with the settings it was begun with.

        Raises: CheckpointError when there is none; DataError when the data has changed.
        Source: this book, chapter 15.
        """
        saved = load_checkpoint(out, say)
        run = cls(out, saved.state["data"], saved.tokenizer, open_data(saved.state["data"]))
        config = saved.train_config
        run._make(saved.model_config, config.replace(device=device) if device else config)
        run.trainer.model.load_state_dict(saved.build_model().state_dict())
        run.trainer.unpack(saved.training, saved.state)
        run._forget_after(run.trainer.step)
        return run

    def _make(self, model: ModelConfig, train: TrainConfig) -> None:
        torch.manual_seed(train.seed)
        tokens = encode_source(self.source, self.tokenizer, "train")
        batches = Batches(tokens, train.batch_size, model.context_length, train.seed)
        self.trainer = Trainer(GPT(model), batches, train)

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
        last measurement, on the whole validation part.

        Raises: TrainError when the loss is not a number; CheckpointError when saving fails.
        Source: this book, chapter 15.
        """
        trainer, steps = self.trainer, self.trainer.config.steps
        last = None
        # disable=None: no bar where nobody watches
        bar = tqdm(total=steps, initial=trainer.step, unit="step", disable=None)
        with bar, interrupted() as signals:
            while trainer.step < steps and not signals:
                loss, norm = trainer.train_step()
                self._log({"step": trainer.step, "loss": loss, "gradient_norm": norm})
                bar.update()
                bar.set_postfix(loss=f"{loss:.3f}", refresh=False)
                if trainer.step % trainer.config.eval_every == 0 or trainer.step == steps:
                    last = self._measure(say)
                if trainer.step % trainer.config.save_every == 0 or trainer.step == steps:
                    self.save()
        if signals:
            path = self.save()
            say(f"Interrupted: saved step {trainer.step} in {path}; go on with --resume.")
            return None
        plot_metrics(self.metrics, self.out / "loss.svg")
        return last or report(trainer.model, self.tokenizer, self.source)

    def save(self) -> Path:
        """Write a checkpoint of this moment.

        Raises: CheckpointError when it cannot be written.
        Source: this book.
        """
        training, state = self.trainer.pack()
        state["data"] = self.data
        model, config = self.trainer.model, self.trainer.config
        return save_checkpoint(self.out, model, config, training, state, self.tokenizer)

    def _measure(self, say: Callable[[str], None]) -> Report:
        result = report(self.trainer.model, self.tokenizer, self.source)
        per_token = None
        if result.floor is not None:
            per_token = result.loss * result.floor / result.bits_per_story
        self._log({"step": self.trainer.step, "val_loss": result.loss, "floor": per_token})
        say(f"step {self.trainer.step}: {result}")
        return result

    def _log(self, row: dict[str, Any]) -> None:
        self.out.mkdir(parents=True, exist_ok=True)
        with self.metrics.open("a", encoding="utf-8") as file:
            file.write(json.dumps(row) + "\n")

    def _forget_after(self, step: int) -> None:
        """Drop the metrics of steps that the checkpoint does not know: they come again."""
        if self.metrics.exists():
            lines = self.metrics.read_text(encoding="utf-8").splitlines(keepends=True)
            kept = [
                line for line in lines if line.endswith("\n") and json.loads(line)["step"] <= step
            ]
            self.metrics.write_text("".join(kept), encoding="utf-8")


@contextmanager
def interrupted() -> Iterator[list[int]]:
    """Collect Ctrl-C and SIGTERM in a list instead of dying of them; twice kills as ever.

    Raises: nothing.
    Source: this book.
    """
    seen: list[int] = []
    before: dict[int, Any] = {}

    def note(number: int, _frame: Any) -> None:
        seen.append(number)
        signal.signal(number, before[number])

    try:
        for number in (signal.SIGINT, signal.SIGTERM):
            before[number] = signal.signal(number, note)
    except ValueError:  # not in the main thread, where Python takes no signals
        pass
    try:
        yield seen
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
