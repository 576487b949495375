"""The whole forward pass as a table: the shape of every step, its parameters and its FLOPs."""

import html
from dataclasses import dataclass
from math import prod

from traitlets import Int, validate

from minigpt.errors import FigureError, problem
from minigpt.figures.base import Figure, number

CHOICES = {
    "B": (1, 2, 4, 8, 16, 32, 64),
    "T": (16, 32, 64, 128, 256, 512, 1024, 2048, 4096, 8192),
    "d_model": (64, 128, 256, 384, 512, 768, 1024, 1536, 2048, 4096, 8192, 12288),
    "n_heads": (1, 2, 4, 8, 16, 32),
    "n_layers": (1, 2, 4, 6, 12, 24, 48, 96),
    "vocab_size": (64, 256, 768, 4096, 32000, 50257, 128256),
}
UNITS = ("", " thousand", " million", " billion", " trillion", " quadrillion")


@dataclass(frozen=True)
class Step:
    """One line: its name, its shape, and parameters and FLOPs of all layers together.

    Source: this book, chapter 14.
    """

    name: str
    shape: tuple[int, ...]
    parameters: int = 0
    flops: int = 0
    inside: bool = False  # it stands in every block

    @property
    def written(self) -> str:
        """The shape as Python writes it, with commas in what is long.

        Raises: nothing.
        Source: this book.
        """
        return f"({', '.join(f'{size}' for size in self.shape)})"


class ShapeMap(Figure):
    """Shapes, parameters and FLOPs of the library's GPT as it is by default.

    That is: RMSNorm, queries and keys normed and turned, an MLP four times as wide, no
    biases, a tied head. Sizes are those of CHOICES. FLOPs are counted as in `minigpt.costs`.

    Raises: FigureError for a size that is not to be chosen.
    Source: this book, chapter 14; Kaplan et al. 2020, table 1.
    """

    module = "shape_map"
    B = Int(4).tag(sync=True)
    T = Int(128).tag(sync=True)
    d_model = Int(128).tag(sync=True)
    n_heads = Int(4).tag(sync=True)
    n_layers = Int(4).tag(sync=True)
    vocab_size = Int(768).tag(sync=True)

    def __init__(self, **sizes: int):
        super().__init__(**sizes)

    @property
    def steps(self) -> list[Step]:
        """Every step of the forward pass, from the tokens to the logits.

        Raises: nothing.
        Source: this book, chapter 14.
        """
        B, T, d, L, V = self.B, self.T, self.d_model, self.n_layers, self.vocab_size
        d_head, stream = d // self.n_heads, (B, T, d)
        heads, scores = (B, self.n_heads, T, d_head), (B, self.n_heads, T, T)
        looking, square = 2 * B * T * T * d * L, 2 * B * T * d * d * L
        return [
            Step("tokens", (B, T)),
            Step("their rows of the table", stream, V * d),
            Step("norm", stream, L * d, 0, True),
            Step("q, k and v, each", heads, L * (3 * d * d + 2 * d_head), 3 * square, True),
            Step("scores, weights", scores, 0, looking, True),
            Step("mixtures of values", heads, 0, looking, True),
            Step("W_O, added", stream, L * d * d, square, True),
            Step("norm", stream, L * d, 0, True),
            Step("MLP, up", (B, T, 4 * d), L * 4 * d * d, 4 * square, True),
            Step("MLP, down, added", stream, L * 4 * d * d, 4 * square, True),
            Step("last norm", stream, d),
            Step("logits (tied)", (B, T, V), 0, 2 * B * T * d * V),
        ]

    @property
    def parameters(self) -> int:
        """Parameters of the whole model.

        Raises: nothing.
        Source: this book, chapter 14.
        """
        return sum(step.parameters for step in self.steps)

    @property
    def flops(self) -> int:
        """FLOPs of the whole forward pass.

        Raises: nothing.
        Source: Kaplan et al. 2020, table 1, with the scores counted whole.
        """
        return sum(step.flops for step in self.steps)

    @property
    def said(self) -> str:
        """What all of it comes to.

        Raises: nothing.
        Source: this book.
        """
        steps = self.steps
        largest = max(steps, key=lambda step: prod(step.shape))
        looking, logits = steps[4].flops + steps[5].flops, steps[-1].flops
        blocks = self.flops - looking - logits
        return (
            f"{self.parameters:,} parameters; {short(self.flops)} FLOPs, "
            f"{short(self.flops / (self.B * self.T))} a token: {self._share(blocks)} in the "
            f"blocks' matrices, {self._share(looking)} in looking (scores and mixtures), "
            f"{self._share(logits)} in the logits. The largest array: {largest.name}, "
            f"{prod(largest.shape):,} numbers."
        )

    def _share(self, flops: int) -> str:
        return f"{number(100 * (float(flops) / float(self.flops)), 1)} %"

    @property
    def picture(self) -> str:
        """The table.

        Raises: nothing.
        Source: this book.
        """
        head = "".join(f'<th scope="col">{name}</th>' for name in ("step", *self._columns))
        rows = "\n".join(map(self._row, self.steps))
        return (
            '<div class="aw-scroll">\n<table class="aw-shapes">'
            f"<caption>{self._caption}</caption><thead><tr>{head}</tr></thead>\n"
            f"<tbody>\n{rows}\n</tbody></table>\n</div>"
        )

    _columns = ("shape", "parameters", "FLOPs", "share of the FLOPs")

    @property
    def _caption(self) -> str:
        blocks = "the one block" if self.n_layers == 1 else f"the {self.n_layers} blocks"
        return f"Indented: in {blocks}, counted together."

    def _row(self, step: Step) -> str:
        name = html.escape(step.name)
        inside = ' class="aw-inside"' if step.inside else ""
        share = 100 * (float(step.flops) / float(self.flops))
        bar = f'<span class="aw-portion" style="width: {number(share, 1)}%"></span>'
        return (
            f'<tr{inside}><th scope="row">{name}</th><td>{step.written}</td>'
            f"<td>{step.parameters:,}</td><td>{short(step.flops)}</td>"
            f"<td>{bar}{number(share, 1)} %</td></tr>"
        )

    @property
    def still(self) -> str:
        """What it comes to, and the table.

        Raises: nothing.
        Source: this book.
        """
        return f"<p>{html.escape(self.said)}</p>\n{self.picture}"

    @property
    def in_words(self) -> str:
        """What it comes to, and a line for each step.

        Raises: nothing.
        Source: this book.
        """
        lines = [
            f"{'  ' * step.inside}{step.name}: {step.written}, {step.parameters:,} parameters, "
            f"{short(step.flops)} FLOPs"
            for step in self.steps
        ]
        return "\n".join([self.said, self._caption, *lines])

    @validate(*CHOICES)
    def _is_a_choice(self, proposal: dict) -> int:
        name, value = proposal["trait"].name, proposal["value"]
        if value not in CHOICES[name]:
            needed = f"{name}, one of {', '.join(map(str, CHOICES[name]))}"
            raise FigureError(problem(needed, str(value), f"{name}={CHOICES[name][2]}"))
        return value


def short(value: float) -> str:
    """Write a large number with three digits and a unit: 4.61 billion.

    Raises: nothing.
    Source: this book.
    """
    unit = 0
    value = float(value)
    while value >= 1000 and unit < len(UNITS) - 1:
        value, unit = value / 1000, unit + 1
    digits = 0 if unit == 0 or value >= 100 else 1 if value >= 10 else 2
    return number(value, digits) + UNITS[unit]
