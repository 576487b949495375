"""The book builds without a warning, and its pages ask nothing of anybody else."""

import re

import pytest
import yaml

# What a browser fetches by itself; a link that a reader may follow is no request.
FETCHED = re.compile(
    r"""<(?:script|img|iframe|source|video|audio|embed)\b[^>]*\bsrc=["']?(?:https?:)?//[^\s"'>]*"""
    r"""|<link\b(?=[^>]*\brel=["']?(?:stylesheet|preload|icon|modulepreload))[^>]*"""
    r"""\bhref=["']?(?:https?:)?//[^\s"'>]*"""
)
FETCHED_BY_CSS = re.compile(r"""(?:@import\s+|url\()\s*["']?(?:https?:)?//[^\s"')]*""")


@pytest.fixture(scope="module")
def pages(site):
    return {str(p.relative_to(site)): p.read_text(encoding="utf-8") for p in site.rglob("*.html")}


def test_every_page_of_the_contents_is_there(root, site):
    contents = yaml.safe_load((root / "_toc.yml").read_text(encoding="utf-8"))
    files = [chapter["file"] for part in contents["parts"] for chapter in part["chapters"]]
    missing = [f for f in ["index", contents["root"], *files] if not (site / f"{f}.html").exists()]
    assert missing == []


def test_every_notebook_is_in_the_contents(root):
    contents = (root / "_toc.yml").read_text(encoding="utf-8")
    notebooks = [p for f in ("chapters", "solutions") for p in sorted((root / f).glob("*.ipynb"))]
    assert [p.name for p in notebooks if f"{p.parent.name}/{p.stem}\n" not in contents] == []


def test_no_page_asks_another_site(pages):
    assert {name: hit for name, page in pages.items() if (hit := FETCHED.findall(page))} == {}


def test_no_style_asks_another_site(site):
    styles = {p.name: FETCHED_BY_CSS.findall(p.read_text("utf-8")) for p in site.rglob("*.css")}
    assert styles
    assert {name: hits for name, hits in styles.items() if hits} == {}


@pytest.mark.parametrize(
    "tag",
    [
        '<script defer src="https://cdn.example/x.js">',
        "<img alt='' src=//cdn.example/x.png>",
        '<link href="https://fonts.example/x.css" rel="stylesheet">',
    ],
)
def test_the_pattern_for_requests_finds_them(tag):
    assert FETCHED.search(tag)
    assert not FETCHED.search(tag.replace("https://", "../").replace("//", "../"))


def test_formulas_bring_their_own_mathjax(site, pages):
    assert (site / "_static" / "mathjax" / "tex-chtml.js").exists()
    assert any("_static/mathjax/tex-chtml.js" in page for page in pages.values())


def test_no_widget_manager_and_no_thebe(pages):
    unwanted = re.compile(r"require(?:\.min)?\.js|html-manager|thebe", re.IGNORECASE)
    assert {name: hits for name, page in pages.items() if (hits := unwanted.findall(page))} == {}


def test_there_is_a_favicon_and_a_default_mode(site, pages):
    assert (site / "_static" / "favicon.svg").exists()
    assert 'rel="icon" href="_static/favicon.svg' in pages["intro.html"]
    assert 'data-default-mode="auto"' in pages["intro.html"]


def test_every_picture_has_a_text_alternative(pages):
    without = re.compile(r"<img\b(?![^>]*\balt=)[^>]*>|<img\b[^>]*\balt=[\"']?_images[^>]*>")
    assert {name: hits for name, page in pages.items() if (hits := without.findall(page))} == {}
