"""What an exercise is made of: data, and nothing that runs by itself.

`chapter_05/` shows how an entry is written.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from string import ascii_lowercase
from typing import Any

Args = tuple[Any, ...]
# Given the arguments and the answer's values by name: what is broken, in words, or None.
Invariant = Callable[[Args, Mapping[str, Any]], str | None]


@dataclass(frozen=True)
class Case:
    """One call: the arguments, and the axes of each array among them ("B T d"; None: no array).

    Axes with different names have different sizes, or a swap of two would not show.

    Source: this book.
    """

    args: Args
    axes: tuple[str | None, ...]


@dataclass(frozen=True)
class Slip:
    """A wrong version that people really write, and what to say to them.

    The message is one sentence or two. It points at the idea and does not write the line.

    Source: this book.
    """

    name: str
    function: Callable[..., Any]
    message: str


@dataclass(frozen=True)
class Variant:
    """A right version, written differently.

    Source: this book.
    """

    name: str
    function: Callable[..., Any]


@dataclass(frozen=True)
class Hint:
    """One step of the ladder: its title, and what to think of.

    Backticks and asterisks are read as in Markdown, and $…$ as a formula.

    Source: this book.
    """

    title: str
    text: str


@dataclass(frozen=True)
class Exercise:
    """One function that a reader is asked for.

    `id` is "7.2", or "5.2a" where an exercise asks for several functions; such parts share
    their hints. `name` is what the notebook's stub is called. `minutes` and `difficulty`
    ("Within reach", "Middling", "An evening's thought") belong to the whole exercise.
    `reference` is a plain function that stands by itself: its source is mutated in the tests.
    `returns` names the values it gives. `judge_by`, for exercises with many right answers,
    replaces the comparison with the reference: given the arguments and the answer (an
    array, or a tuple of arrays where `returns` has several names) it says what is broken,
    or None.

    Source: this book.
    """

    id: str
    title: str
    name: str
    minutes: int
    difficulty: str
    reference: Callable[..., Any]
    returns: tuple[str, ...]
    cases: tuple[Case, ...]
    slips: tuple[Slip, ...]
    right: tuple[Variant, ...]
    hints: tuple[Hint, Hint, Hint]
    notice: str
    invariants: tuple[Invariant, ...] = ()
    judge_by: Callable[[Args, Any], str | None] | None = None

    @property
    def number(self) -> str:
        """The number without the part: "5.2" for "5.2a".

        Raises: nothing.
        Source: this book.
        """
        return self.id.rstrip(ascii_lowercase)

    @property
    def chapter(self) -> int:
        """The chapter in which it stands.

        Raises: nothing.
        Source: this book.
        """
        return int(self.id.split(".")[0])
