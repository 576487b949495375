"""Numbers on their way through split, attention and merge, done right and done wrong.

`reshaping.mjs` says the same, to the letter.
"""

from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
from jaxtyping import Float, Int

from minigpt.figures.base import number

STAGES = ("x", "heads", "context", "output")
WAYS = {
    "right": "right",
    "alone": "reshape alone, twice",
    "never": "never swapped",
    "merge": "no swap in the merge",
    "cards": "dealt like cards",
}
# The axes that are cut, and the order into which they are brought; "" moves nothing.
SPLITS = {
    "right": "bthd bhtd",
    "alone": "",
    "never": "",
    "merge": "bthd bhtd",
    "cards": "btdh bhtd",
}
MERGES = {"right": "bhtd bthd", "alone": "", "never": "", "merge": "", "cards": "bhtd bthd"}

Found = dict[str, list[int]]  # positions in each stage, counted through from 0


@dataclass(frozen=True)
class Reshaping:
    """One way through for `B` texts of `T` words; number 23 is word 2's third, 123 that of text 1.

    Attention gives every row of a table an equal share; if `causal`, of the rows up to its own.

    Source: this book.
    """

    B: int
    T: int
    n_heads: int
    d_head: int
    way: str
    causal: bool

    @cached_property
    def shape(self) -> tuple[int, int, int]:
        """The shape of x and of the output.

        Raises: nothing.
        Source: this book.
        """
        return self.B, self.T, self.n_heads * self.d_head

    @cached_property
    def inside(self) -> tuple[int, int, int]:
        """The shape in between: tables, rows, and the width of a head.

        Raises: nothing.
        Source: this book.
        """
        tables, rows = (self.T, self.n_heads) if self.way == "never" else (self.n_heads, self.T)
        return self.B * tables, rows, self.d_head

    @cached_property
    def split(self) -> Int[np.ndarray, "N"]:
        """Of each number after the split, where it was in x.

        Raises: nothing.
        Source: this book.
        """
        return self._moved(SPLITS[self.way])

    @cached_property
    def merge(self) -> Int[np.ndarray, "N"]:
        """Of each number of the output, where it was in the context.

        Raises: nothing.
        Source: this book.
        """
        return self._moved(MERGES[self.way])

    def _moved(self, moves: str) -> np.ndarray:
        positions = np.arange(np.prod(self.shape))
        if not moves:
            return positions
        before, after = moves.split()
        axes = [before.index(axis) for axis in after]
        return positions.reshape(self._sizes(before)).transpose(axes).ravel()

    def _sizes(self, axes: str) -> tuple[int, ...]:
        sizes = {"b": self.B, "t": self.T, "h": self.n_heads, "d": self.d_head}
        return tuple(sizes[axis] for axis in axes)

    @cached_property
    def values(self) -> dict[str, Float[np.ndarray, "N"]]:
        """The numbers of every stage, counted through.

        Raises: nothing.
        Source: this book.
        """
        b, t, c = np.indices(self.shape) + 1
        x = (100 * b * (self.B > 1) + 10 * t + c).ravel()
        heads, rows = x[self.split], self.inside[1]
        shares = np.tri(rows) if self.causal else np.ones((rows, rows))
        context = shares / shares.sum(axis=1, keepdims=True) @ heads.reshape(self.inside)
        context = context.ravel()
        return {"x": x, "heads": heads, "context": context, "output": context[self.merge]}

    def reach(self, stage: str, position: int) -> Found:
        """Find where a number comes from and where it goes.

        Of one that is mixed of several, these are where it comes from.

        Raises: nothing.
        Source: this book.
        """
        if stage in ("x", "heads"):
            at = int(np.flatnonzero(self.split == position)[0]) if stage == "x" else position
            context = self._column(at, down=True)
            output = np.flatnonzero(np.isin(self.merge, context)).tolist()
            return {"x": [int(self.split[at])], "heads": [at], "context": context, "output": output}
        at = int(self.merge[position]) if stage == "output" else position
        heads, output = self._column(at, down=False), int(np.flatnonzero(self.merge == at)[0])
        x = sorted(int(self.split[row]) for row in heads)
        return {"x": x, "heads": heads, "context": [at], "output": [output]}

    def _column(self, position: int, down: bool) -> list[int]:
        """The rows that one goes into (`down`) or is made of, in its table and column."""
        _, rows, d_head = self.inside
        row = position // d_head % rows
        low, high = (row, rows) if down else (0, row + 1)
        if not self.causal:
            low, high = 0, rows
        return [position + (other - row) * d_head for other in range(low, high)]

    def ends(self, stage: str, position: int) -> tuple[str, int, str]:
        """Give a number's own end, x or output, its position there, and the other end.

        Raises: nothing.
        Source: this book.
        """
        own, other = ("x", "output") if stage in ("x", "heads") else ("output", "x")
        return own, self.reach(stage, position)[own][0], other

    def due(self, stage: str, position: int) -> list[int]:
        """Find where at the other end the right way would have arrived.

        Raises: nothing.
        Source: this book.
        """
        own, at, other = self.ends(stage, position)
        return replace(self, way="right").reach(own, at)[other]

    def how(self, stage: str, position: int) -> str:
        """Say what becomes of a number, or what it is made of; and whether it should.

        Raises: nothing.
        Source: this book.
        """
        own, at, other = self.ends(stage, position)
        found, due = self.reach(own, at), self.due(own, at)
        arrives, should = self._listed(other, found[other]), self._listed(other, due)
        verdict = "As it should be." if found[other] == due else f"It should be {should}."
        if own == "output":
            name, value = self.name("output", at).capitalize(), short(self.values["output"][at])
            return f"{name} of the output, {value}, is made of {arrives}. {verdict}"
        rows = len(found["context"])
        return (
            f"{self.values['x'][at]} is {self.name('x', at)}. The split puts it into "
            f"{self.name('heads', found['heads'][0])}; attention mixes it into "
            f"{rows} row{'s' if rows > 1 else ''} there. After the merge it is in {arrives}. {verdict}"
        )

    def _listed(self, stage: str, positions: list[int]) -> str:
        if stage == "x":
            return ", ".join(str(self.values["x"][at]) for at in positions)
        return ", ".join(self.name(stage, at) for at in positions)

    def name(self, stage: str, position: int) -> str:
        """Name a place, counting from 1.

        Raises: nothing.
        Source: this book.
        """
        if stage in ("x", "output"):
            b, t, c = np.unravel_index(position, self.shape)
            return f"number {c + 1} of word {t + 1}" + self._text(b)
        table, row, column = np.unravel_index(position, self.inside)
        return f"{self.title(table)}, row {row + 1}, column {column + 1}"

    def title(self, table: int) -> str:
        """Name a table of the heads: never swapped, the words stand where heads should.

        Raises: nothing.
        Source: this book.
        """
        text, at = divmod(int(table), self.inside[0] // self.B)
        return f"{'word' if self.way == 'never' else 'head'} {at + 1}" + self._text(text)

    def _text(self, text: int) -> str:
        return f" of text {text + 1}" if self.B > 1 else ""

    def caption(self, stage: str) -> str:
        """The line that makes a stage.

        Raises: nothing.
        Source: this book.
        """
        split, merge = SPLITS[self.way], MERGES[self.way]
        cut = "bhtd" if self.way == "alone" else (split or "bthd")[:4]
        swap = ".transpose(0, 3, 1, 2)" if self.way == "cards" else ".swapaxes(1, 2)"
        rows = "itself and those above" if self.causal else "all rows of its table"
        return {
            "x": f"x, of shape {self.shape}",
            "heads": f"heads = x.reshape{self._sizes(cut)}{swap if split else ''}",
            "context": f"context: every row the mean of {rows}",
            "output": f"output = context{'.swapaxes(1, 2)' if merge else ''}.reshape{self.shape}",
        }[stage]


def short(value: float) -> str:
    """Write a whole number as it is, another with one decimal.

    Raises: nothing.
    Source: this book.
    """
    return number(value, 1).removesuffix(".0")
