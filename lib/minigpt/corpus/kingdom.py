"""The corpus `kingdom`: tell stories, read them, and know their exact probability.

Every function takes `kind` ("crossing", "bank", ...) to stay within one kind of story; its
probabilities are then those within the kind. Bits are of a whole story including its end,
so they do not depend on any tokenizer: a model that writes a story with its end-of-story
mark pays at least this much on average.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from math import log, log2
from random import Random

from minigpt.corpus import measure
from minigpt.corpus.grammar import Grammar, Rule
from minigpt.corpus.reading import END, State, after, distribution, start, tell
from minigpt.corpus.spelling import join, scan
from minigpt.corpus.stories import KINDS as WEIGHTS
from minigpt.corpus.stories import kingdom
from minigpt.errors import CorpusError, problem

KINDS = {kind: weight / sum(WEIGHTS.values()) for kind, weight in WEIGHTS.items()}


@dataclass(frozen=True)
class Parse:
    """What reading a text found.

    ok: the text is one whole story. bits: -log2 of its probability (infinite when not ok).
    derivations: in how many ways the grammar tells it. stopped_at: the index of the character
    where it ceases to be a story (len(text) when it ends too soon), or None when ok.
    expected: words that could have stood there, the likeliest first; END is the end.
    kind: the kind of story. bindings: what was remembered, such as {"animal": "dog",
    "way": "street", "it": "dog"}. choices: each choice as (rule, option), in order. When not ok,
    these three tell one story that the text could have begun.

    Raises: nothing.
    Source: this book.
    """

    ok: bool
    bits: float
    derivations: int
    stopped_at: int | None
    expected: tuple[str, ...]
    kind: str
    bindings: dict[str, str]
    choices: tuple[tuple[str, str], ...]


@dataclass(frozen=True)
class Floor:
    """The least loss that any model can have on given stories, on average over the corpus.

    bits is the sum of -log2 of the stories' probabilities, each with its end. characters
    counts each story's characters and one more for its end. To compare a loss in nats per
    token, divide `nats` by the number of tokens predicted, one end token a story included.

    Raises: nothing.
    Source: this book.
    """

    stories: int
    characters: int
    bits: float

    @property
    def nats(self) -> float:
        """The same sum in nats, the unit of torch's cross-entropy.

        Raises: nothing.
        Source: this book.
        """
        return self.bits * log(2)

    @property
    def bits_per_story(self) -> float:
        """Bits for a story, its end included.

        Raises: nothing.
        Source: this book.
        """
        return self.bits / self.stories

    @property
    def bits_per_character(self) -> float:
        """Bits for a character, each story's end counted as one.

        Raises: nothing.
        Source: this book.
        """
        return self.bits / self.characters


@cache
def _grammar() -> Grammar:
    return kingdom()


def _rule(kind: str | None) -> Rule:
    if kind is not None and kind not in KINDS:
        needed = f"kind is None or one of {', '.join(KINDS)}"
        raise CorpusError(problem(needed, repr(kind), 'kind="crossing"'))
    return _grammar().rule(kind or "story")


def _whole_number(name: str, value: int) -> None:
    if not isinstance(value, int) or isinstance(value, bool) or value < 0:
        needed = f"{name} is a whole number, 0 or more"
        raise CorpusError(problem(needed, repr(value), f"{name}=1000"))


def _text(text: str) -> None:
    if not isinstance(text, str):
        came = type(text).__name__
        raise CorpusError(
            problem("a story is a str", came, "one line of text, such as stories(1)[0]")
        )


def stories(n: int, seed: int = 0, kind: str | None = None) -> list[str]:
    """Tell n stories, one line each. The first k of n are the stories of k.

    Raises: CorpusError when n or seed is not a whole number, or there is no such kind.
    Source: this book.
    """
    _whole_number("n", n)
    _whole_number("seed", seed)
    rule, random = _rule(kind), Random(seed)
    return [join(tell(rule, random)) for _ in range(n)]


def parse(text: str, kind: str | None = None) -> Parse:
    """Read a text against the grammar: is it a story, how probable, and where does it stop?

    Raises: CorpusError when text is not a str or there is no such kind.
    Source: this book; all derivations are followed at once, as in Earley 1970.
    """
    _text(text)
    states, place = _follow(text, kind)
    whole = after(states, END) if place == len(text) else []
    if not whole:
        expected = tuple(distribution(states))[:12]
        return Parse(False, float("inf"), 0, place, expected, *_story(states[0], kind))
    bits = -log2(sum(state.probability for state in whole))
    return Parse(True, bits, len(whole), None, (), *_story(whole[0], kind))


def _follow(text: str, kind: str | None) -> tuple[list[State], int]:
    """The states before the first character that no story can have, and where that is."""
    states, place = [start(_rule(kind))], 0
    for word, begin, end in scan(text):
        further = after(states, word)
        if not further:
            return states, begin
        states, place = further, end
    return states, place


def _story(state: State, kind: str | None) -> tuple:
    """The kind, the bindings and the choices of a state, as a Parse holds them."""
    made, choices = state.made, []
    while made:
        rule, option, made = made
        choices.append((rule, option.text))
    choices.reverse()
    found = kind or next((text.strip("<>") for rule, text in choices if rule == "story"), "")
    return found, {var: option.text for var, option in state.bindings.items()}, tuple(choices)


def is_story(text: str, kind: str | None = None) -> bool:
    """Whether the grammar can tell exactly this text.

    Raises: CorpusError when text is not a str or there is no such kind.
    Source: this book.
    """
    return parse(text, kind).ok


def story_bits(text: str, kind: str | None = None) -> float:
    """The information in a story: -log2 of its probability, its end included.

    Raises: CorpusError when text is not a story.
    Source: Shannon 1948.
    """
    found = parse(text, kind)
    if found.ok:
        return found.bits
    came = f"{text[: found.stopped_at]!r} followed by {text[found.stopped_at :][:20]!r}"
    hint = " or ".join(repr(word) for word in found.expected[:3])
    raise CorpusError(problem("the text is a story of the corpus", came, hint))


def next_words(prefix: str, kind: str | None = None) -> dict[str, float]:
    """The exact distribution of the next word after the beginning of a story.

    Words and marks alike are keys, the likeliest first; END ("\\n") is the end of the story.
    Raises: CorpusError when no story begins with prefix.
    Source: this book.
    """
    _text(prefix)
    prefix = prefix.rstrip(" ")
    states, place = _follow(prefix, kind)
    if place < len(prefix):
        came = f"{prefix[:place]!r} followed by {prefix[place:][:20]!r}"
        hint = " or ".join(repr(word) for word in list(distribution(states))[:3])
        raise CorpusError(problem("some story begins with the prefix", came, hint))
    return distribution(states)


def entropy(kind: str | None = None) -> float:
    """The exact entropy of the corpus in bits per story, from the grammar alone.

    Raises: CorpusError when there is no such kind.
    Source: chain rule, Shannon 1948, section 6.
    """
    return measure.entropy(_rule(kind))


def optimal_loss(told: Iterable[str], kind: str | None = None) -> Floor:
    """What the true distribution pays for these stories: the floor under any model.

    On a sample a model may by luck or memory pay less for some stories; on fresh stories, on
    average, none can.
    Raises: CorpusError when there are no stories, or one is not a story.
    Source: Shannon 1948, via Gibbs' inequality.
    """
    if isinstance(told, str):
        raise CorpusError(problem("stories come as a list of str", "one str", "[text]"))
    told = list(told)
    if not told:
        raise CorpusError(problem("there is at least one story", "none", "stories(100)"))
    bits = sum(story_bits(text, kind) for text in told)
    return Floor(len(told), sum(len(text) + 1 for text in told), bits)


def words(kind: str | None = None) -> tuple[str, ...]:
    """Every word and mark that stories can contain, sorted.

    Raises: CorpusError when there is no such kind.
    Source: this book.
    """
    return tuple(sorted(measure.words(_rule(kind))))


def longest(kind: str | None = None) -> int:
    """The number of words and marks in the longest story.

    Raises: CorpusError when there is no such kind.
    Source: this book.
    """
    return measure.extent(_rule(kind), max)


def shortest(kind: str | None = None) -> int:
    """The number of words and marks in the shortest story.

    Raises: CorpusError when there is no such kind.
    Source: this book.
    """
    return measure.extent(_rule(kind), min)
