"""A Sphinx extension: the figures' scripts and style, on the pages that have a figure."""

import re
from pathlib import Path
from typing import Any

from sphinx.application import Sphinx

from minigpt.figures.base import page_text, style_text

FIGURE = re.compile(r'<figure class="aw-figure" data-figure="(\w+)"')


def load_where_used(app: Sphinx, page: str, template: str, context: dict, doctree: Any) -> None:
    """Write each figure's script that a page needs into `figures/`, and load it there.

    Raises: OSError when a figure has no module.
    Source: this book.
    """
    kinds = sorted(set(FIGURE.findall(context.get("body", ""))))
    folder = Path(app.outdir) / "figures"
    if kinds:
        folder.mkdir(exist_ok=True)
        (folder / "figures.css").write_text(style_text(), encoding="utf-8")
        app.add_css_file("../figures/figures.css")
    for kind in kinds:
        (folder / f"{kind}.js").write_text(page_text(kind), encoding="utf-8")
        app.add_js_file(f"../figures/{kind}.js", loading_method="defer")


def setup(app: Sphinx) -> dict[str, bool]:
    """Connect to Sphinx.

    Raises: nothing.
    Source: this book.
    """
    app.connect("html-page-context", load_where_used)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
