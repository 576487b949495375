"""How a model does on data: its loss, and for stories its distance from the floor."""

from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from itertools import chain, compress

from minigpt import corpus
from minigpt.data import (
    Source,
    StorySource,
    encode_stories,
    story_windows,
    windows,
)
from minigpt.distributed import ALONE, Group
from minigpt.errors import DataError, problem
from minigpt.model import GPT
from minigpt.tokenizer import END, Tokenizer
from minigpt.train import Batch, evaluate

EVAL_BATCH = 64


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
        text += f", {self.bits_above_floor:+.2f} bits above the floor"
        if not self.left_out:
            return text
        n = self.stories + self.left_out
        return text + f"\n{self.left_out:,} of {n:,} stories are longer than the context: left out"


def report(
    model: GPT, tokenizer: Tokenizer, source: Source, split: str = "val", group: Group = ALONE
) -> Report:
    """Measure a model on a whole split ("train", "val", or "all" for both).

    A text is cut into contiguous windows. Stories are read whole, one at a time; those
    longer than the context are left out, of the model's loss and of the floor alike. All
    processes of a group must call it; they share the work.

    Raises: DataError for an unknown split, or as `held_back` does.
    Source: this book, chapter 15.
    """
    splits = ("train", "val") if split == "all" else (split,)
    batches, told, left_out = held_back(source, tokenizer, model.config.context_length, splits)
    result = evaluate(model, batches, group)
    if not told:
        return Report(result.loss, result.perplexity, result.n_tokens)
    floor = corpus.optimal_loss(told).bits_per_story
    bits = result.bits / len(told)
    counts = (result.n_tokens, len(told), left_out)
    return Report(result.loss, result.perplexity, *counts, bits, floor, bits - floor)


def held_back(
    source: Source, tokenizer: Tokenizer, context_length: int, splits: Sequence[str] = ("val",)
) -> tuple[Iterable[Batch], list[str], int]:
    """Lay splits out for `evaluate`: batches (B, T), the stories in them, the number left out.

    A text has no stories, and leaves nothing out.

    Raises: DataError when nothing fits the context, or the tokenizer knows no END and so
        cannot tell where stories end.
    Source: this book, chapter 15.
    """
    if not isinstance(source, StorySource):
        streams = (source.tokens(tokenizer, split) for split in splits)
        return chain(*(windows(s, context_length, EVAL_BATCH) for s in streams)), [], 0
    if END not in tokenizer.specials:
        came = "one that was made for a text"
        raise DataError(problem("a tokenizer made for stories", came, "the text it was made for"))
    encoded = [story for split in splits for story in encode_stories(source, tokenizer, split)]
    told = [story for split in splits for story in source.stories(split)]
    batches, left_out = story_windows(encoded, context_length, EVAL_BATCH)
    fits = [len(story) <= context_length + 1 for story in encoded]
    return batches, list(compress(told, fits)), left_out
