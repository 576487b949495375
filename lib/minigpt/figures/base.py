"""What every figure is: one module, three homes.

How a figure is made. `attention_map.py` and `attention_map.mjs` are the example.

1. `name.mjs` imports what it needs from `./maths.mjs` and `./drawing.mjs` (one line an import,
   no renaming), exports its own pure functions, and ends in `export default { render };`.
   `render({ model, el })` fills `el` by `place(el, ...)`; it is not in the page yet and cannot
   be measured: let viewBox and CSS do that. It reads `model.get(name)`, redraws by `onChange(model, names,
   draw)`, acts by `change(model, { name: value })`, and returns what `onChange` returned.
   A changed list is a new list, or nobody notices. No ids: a page may hold the figure twice.
   The modules are joined into one text, so top-level names must differ between them.
2. `name.py` has a subclass of `Figure` with `module = "name"`. Its traits tagged `sync=True` are
   the state, plain JSON (`Numbers` for arrays); the constructor takes them in order, as arrays
   or lists. Properties hold the numbers, by the library's own formulas. `picture` is the still
   picture as HTML: `<svg role="img" aria-label="...">` or a table; `in_words` is plain text with
   the same numbers. The kernel's live view, the page and the page without JavaScript follow.
   (Of a notebook that was not run, Lab shows no <svg>, only its <text>: put each on a line.)
   What it needs beyond `figures.css` goes into `name.css`, each rule under `.aw-figure`.
3. `tests/figures/test_name.py` compares the module with the properties through Node, to 1e-12.

In the page the loader draws the figure from the state that the notebook stores; the extension
`tools/figure_pages.py` puts it where a figure is.
"""

import html
import json
import re
from decimal import ROUND_HALF_UP, Decimal
from pathlib import Path
from typing import Any

import anywidget
import numpy as np
from traitlets import HasTraits, TraitType

from minigpt.errors import FigureError, problem

FOLDER = Path(__file__).parent
IMPORT = re.compile(r'^import \{[^}]*\} from "\./(\w+)\.mjs";\n', re.MULTILINE)
RAMP = np.array([[68, 1, 84], [59, 82, 139], [33, 145, 140], [94, 201, 98], [253, 231, 37]])


class Numbers(TraitType):
    """A trait for finite numbers of `ndim` axes, or for truths: any array goes in, lists come out.

    Raises: FigureError for what is no such array.
    Source: this book.
    """

    def __init__(self, ndim: int, kind: type = float):
        super().__init__(default_value=[])
        self.ndim, self.kind = ndim, kind
        self.tag(sync=True)

    def validate(self, owner: HasTraits, value: Any) -> list:
        """Give the value as lists of floats, or of True and False.

        Raises: FigureError.
        Source: this book.
        """
        content = "True and False" if self.kind is bool else "finite numbers"
        needed = f"{self.name} with {self.ndim} axes of {content}"
        try:
            array = np.asarray(value)
        except ValueError as error:
            came, remedy = "rows of different lengths", "rows of the same length"
            raise FigureError(problem(needed, came, remedy)) from error
        fits = array.dtype.kind in ("b" if self.kind is bool else "iuf")
        if not fits or array.ndim != self.ndim or not np.isfinite(array).all():
            came = f"{array.dtype} of shape {array.shape}{_not_finite(array)}"
            raise FigureError(problem(needed, came, f"an array of {content}"))
        return array.astype(self.kind).tolist()


class Figure(anywidget.AnyWidget):
    """A figure that moves, with a kernel or without, and stands still without JavaScript.

    Raises: FigureError when the state makes no picture.
    Source: this book.
    """

    module = ""

    def __init_subclass__(cls, **kwargs: Any):
        if "module" in cls.__dict__:
            cls._esm, cls._css = lab_text(cls.module), style_text()
        super().__init_subclass__(**kwargs)

    def __init__(self, **state: Any):
        super().__init__(**state)
        self.add_class("aw-figure")

    @property
    def picture(self) -> str:
        """The still picture, as HTML: an `<svg role="img" aria-label="...">`, or a table.

        Raises: nothing.
        Source: this book.
        """
        raise NotImplementedError

    @property
    def in_words(self) -> str:
        """The picture's numbers in plain words, a line each.

        Raises: nothing.
        Source: this book.
        """
        raise NotImplementedError

    @property
    def still(self) -> str:
        """The home without JavaScript, as HTML: the picture, and below it the words.

        A figure whose picture is made of words gives the picture alone.

        Raises: nothing.
        Source: this book.
        """
        lines = "<br>\n".join(html.escape(line) for line in self.in_words.splitlines())
        return f"{self.picture}\n<p>{lines}</p>"

    @property
    def state(self) -> dict[str, Any]:
        """What the figure shows, as plain data: its own synchronised traits.

        Raises: nothing.
        Source: this book.
        """
        own = set(self.trait_names(sync=True)) - set(Figure.class_trait_names())
        return {name: getattr(self, name) for name in sorted(own) if not name.startswith("_")}

    def _repr_mimebundle_(self, **kwargs: Any) -> tuple[dict, dict]:
        data, metadata = super()._repr_mimebundle_(**kwargs)
        data["text/plain"] = self.in_words
        data["text/html"] = (
            f'<figure class="aw-figure" data-figure="{self.module}">\n'
            f'<div class="aw-static">\n{self.still}\n</div>\n'
            f'<script type="application/json">{_script(self.state)}</script>\n</figure>'
        )
        return data, metadata


def number(value: float, digits: int = 3) -> str:
    """Write a number as the modules do: halves away from zero, a true minus, no minus zero.

    Raises: nothing.
    Source: this book.
    """
    text = str(Decimal(float(value)).quantize(Decimal(1).scaleb(-digits), ROUND_HALF_UP))
    return text.replace("-", "−" if float(text) else "")


def labels_of(words: list[str]) -> list[str]:
    """Tell a word that stands twice apart by its place: `the (1)`.

    Raises: nothing.
    Source: this book.
    """
    twice = {word for word in words if words.count(word) > 1}
    return [f"{word} ({i})" if word in twice else word for i, word in enumerate(words, start=1)]


def shade(share: float) -> str:
    """Give the style of a cell that shows a share, 0 to 1, dark to light: paper and ink.

    Black on what is bright, white on the rest: a contrast of 4.5 or more.

    Raises: nothing.
    Source: this book; the colours of viridis.
    """
    at = share * (len(RAMP) - 1)
    low = min(int(at), len(RAMP) - 2)
    mixed = RAMP[low] + (RAMP[low + 1] - RAMP[low]) * (at - low)
    r, g, b = (int(c + 0.5) for c in mixed)
    bright = np.array([0.2126, 0.7152, 0.0722]) @ (np.array([r, g, b]) / 255) ** 2.2 > 0.179
    return f"background-color: rgb({r}, {g}, {b}); color: {'#000' if bright else '#fff'}"


def lab_text(module: str) -> str:
    """Join a figure's module and those it imports into one: a live view loads a single text.

    Raises: OSError when a module is missing.
    Source: this book.
    """
    return "\n".join(_joined(module, []))


def page_text(module: str) -> str:
    """Give the script that draws a page's figures of one kind.

    It is a plain script: a browser that opens the book from a file loads no modules.

    Raises: OSError when a module is missing.
    Source: this book.
    """
    figure = lab_text(module).replace("export default", "return")
    loader = "\n".join(_joined("loader", []))
    return (
        f'(() => {{\n"use strict";\n{loader}\n'
        f"start({json.dumps(module)}, (() => {{\n{figure}\n}})());\n}})();\n"
    )


def style_text() -> str:
    """Give the style of all figures: what they share, then each one's own.

    Always all of it and in one order: in a live view every kind brings it again.

    Raises: nothing.
    Source: this book.
    """
    shared = FOLDER / "figures.css"
    own = sorted(path for path in FOLDER.glob("*.css") if path != shared)
    return "\n".join(path.read_text(encoding="utf-8") for path in [shared, *own])


def _joined(module: str, done: list[str]) -> list[str]:
    """The texts of a module's imports, each once, and its own; nothing is exported by name."""
    text = (FOLDER / f"{module}.mjs").read_text(encoding="utf-8")
    done.append(module)
    siblings = (name for name in IMPORT.findall(text) if name not in done)
    texts = [part for name in siblings for part in _joined(name, done)]
    return [*texts, re.sub(r"^export (?!default)", "", IMPORT.sub("", text), flags=re.MULTILINE)]


def _not_finite(array: np.ndarray) -> str:
    if array.dtype.kind != "f" or np.isfinite(array).all():
        return ""
    where = tuple(int(n) for n in np.argwhere(~np.isfinite(array))[0])
    return f", with {array[where]} at {where}"


def _script(state: dict[str, Any]) -> str:
    """JSON that no `</script>` ends, to twelve digits: the last ones belong to the machine."""
    text = json.dumps(_rounded(state), sort_keys=True)
    return re.sub("[<>&]", lambda found: f"\\u{ord(found[0]):04x}", text)


def _rounded(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _rounded(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_rounded(item) for item in value]
    return round(float(f"{value:.12g}"), 12) + 0.0 if isinstance(value, float) else value
