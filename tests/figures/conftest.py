"""Figures on a page of their own, opened from a file in an installed Chromium."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page

from minigpt.figures.base import Figure, page_text, style_text


def document(figures: tuple[Figure, ...], theme: str, scripts: bool) -> str:
    """What the book's extension makes of a page: style, scripts once a kind, the stored HTML."""
    kinds = sorted({figure.module for figure in figures}) if scripts else []
    body = "\n".join(figure._repr_mimebundle_()[0]["text/html"] for figure in figures)
    loaded = "\n".join(f"<script>{page_text(kind)}</script>" for kind in kinds)
    return (
        f'<!doctype html><html lang="en" data-theme="{theme}"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width"><title>Figures</title>'
        f"<style>html[data-theme=dark] {{ background: #121212; color: #ddd }} {style_text()}</style></head>"
        f"<body><main><h1>Figures</h1>{body}</main>{loaded}</body></html>"
    )


@pytest.fixture
def show(browser: Browser, tmp_path: Path) -> Iterator[Callable[..., Page]]:
    """`show(figure, ...)` opens a page, on which nothing may complain.

    Options: dark, width; javascript=False switches it off; scripts=False loads none of ours.
    """
    complaints: list[str] = []

    def open_page(*figures: Figure, dark=False, width=900, javascript=True, scripts=True) -> Page:
        path = tmp_path / "figures.html"
        theme = "dark" if dark else "light"
        path.write_text(document(figures, theme, scripts), encoding="utf-8")
        context = browser.new_context(
            viewport={"width": width, "height": 800}, java_script_enabled=javascript
        )
        page = context.new_page()
        page.set_default_timeout(60_000)
        page.on("console", lambda message: complaints.append(message.text))
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.goto(path.as_uri())
        return page

    yield open_page
    for context in browser.contexts:
        context.close()
    assert complaints == []
