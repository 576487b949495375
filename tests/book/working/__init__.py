"""Working the figures as a reader does, in the page and in Lab, and reading what they then show.

A module a kind, named like it, with four functions: `make` builds the class from a stored state;
`act` drags, presses and chooses, and yields after each act the traits that must have changed;
`shown` reads the numbers from the screen, and `due` computes in Python what they must be.
"""

import json
import os
import pkgutil
import re
from importlib import import_module
from pathlib import Path
from typing import Any

from playwright.sync_api import Locator, Page

from minigpt.figures.base import Figure

State = dict[str, Any]
FIGURE = re.compile(
    r'<figure class="aw-figure" data-figure="(\w+)">.*?<script type="application/json">(.*?)</script>',
    re.DOTALL,
)


def kinds() -> dict[str, Any]:
    """Every module here, by the kind of figure that it works."""
    names = [module.name for module in pkgutil.iter_modules(__path__)]
    return {name: import_module(f"{__name__}.{name}") for name in names}


def stored_states(html: str) -> list[tuple[str, State]]:
    """The kind and the state of every figure in an output."""
    return [(kind, json.loads(state)) for kind, state in FIGURE.findall(html)]


def figure_of(kind: str, state: State) -> Figure:
    """The figure in this state."""
    figure = kinds()[kind].make(state)
    for name, value in state.items():
        setattr(figure, name, value)
    return figure


def picture(part: Page | Locator, name: str, **how: Any) -> None:
    """A picture of it in the folder BOOK_SCREENSHOTS, if that is set: for the eye."""
    if folder := os.environ.get("BOOK_SCREENSHOTS"):
        part.screenshot(path=Path(folder, f"{name.replace('/', '-')}.png"), **how)


def drag(start: Locator, right: float, down: float) -> None:
    """With the mouse, from the middle of an element."""
    start.scroll_into_view_if_needed()
    box, mouse = start.bounding_box(), start.page.mouse
    x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
    mouse.move(x, y)
    mouse.down()
    mouse.move(x + right, y + down, steps=5)
    mouse.up()


def texts(home: Locator, selector: str) -> list[str]:
    """What stands in the elements; a space that keeps words together is a space."""
    return [text.replace("\u00a0", " ") for text in home.locator(selector).all_text_contents()]


def cells_of(table: Locator) -> list[list[str]]:
    """The cells of its body, but for the rows' names."""
    cells = "[...row.querySelectorAll('td')].map((cell) => cell.textContent)"
    return table.evaluate(f"(table) => [...table.tBodies[0].rows].map((row) => {cells})")
