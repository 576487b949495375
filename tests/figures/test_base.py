"""Every figure has its three homes; what they share is the same in Python and in the modules."""

import json
import re
from types import SimpleNamespace

import numpy as np
import pytest
from nbformat import NotebookNode
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook, new_output
from node import ask, check

import minigpt.figures
from minigpt.errors import FigureError
from minigpt.figures import AttentionMap
from minigpt.figures.base import FOLDER, Figure, Numbers, lab_text, labels_of, number, page_text
from minigpt.figures.base import shade as style
from tools.figure_pages import load_where_used
from tools.linter import RULES
from tools.prose import visible_text

FIGURES = [getattr(minigpt.figures, name) for name in minigpt.figures.__all__]
NASTY = "</script><script>alert(1)</script> & é “x”"


def bundle(figure):
    return figure._repr_mimebundle_()[0]


def two_words(first="a"):
    return AttentionMap([first, "b"], np.array([[0.1 + 0.2, 0.123456789], [-1, 0]]))


def in_a_notebook(figure, *prose):
    data = {kind: bundle(figure)[kind] for kind in ("text/html", "text/plain")}
    shown = new_output("execute_result", data=data, execution_count=1)
    cell = new_code_cell("figure", execution_count=1, outputs=[shown])
    return new_notebook(cells=[cell, *map(new_markdown_cell, prose)])


@pytest.mark.parametrize("figure", FIGURES)
def test_the_texts_for_lab_and_page_stand_alone(figure):
    for text, kind in [(lab_text(figure.module), ".mjs"), (page_text(figure.module), ".cjs")]:
        assert "import " not in re.sub(r"//.*", "", text)
        assert check(text, kind) == ""
    assert str(figure._esm) == lab_text(figure.module)
    assert lab_text(figure.module).count("export ") == 1


@pytest.mark.parametrize("figure", FIGURES)
def test_the_page_text_draws_nothing_where_there_is_nothing(figure):
    run = "new Function('document', text)({ querySelectorAll: () => [] }) ?? 'done'"
    assert ask("loader", run, text=page_text(figure.module)) == "done"


def test_every_module_has_a_use():
    joined = "".join(page_text(figure.module) for figure in FIGURES)
    for path in FOLDER.glob("*.mjs"):
        first = path.read_text(encoding="utf-8").splitlines()[0]
        assert first.startswith("// ")
        assert first in joined, path.name


def test_three_homes_in_one_bundle():
    figure = two_words()
    data = bundle(figure)
    assert {"text/plain", "text/html", "application/vnd.jupyter.widget-view+json"} == set(data)
    assert data["text/plain"] == figure.in_words
    assert figure.picture in data["text/html"]
    assert figure.model_id not in data["text/html"] + data["text/plain"]
    assert {k: bundle(two_words())[k] for k in ("text/html", "text/plain")} == {
        k: data[k] for k in ("text/html", "text/plain")
    }


def stored_state(page):
    (text,) = re.findall(r'<script type="application/json">(.*?)</script>', page, re.DOTALL)
    return text, json.loads(text)


def test_the_stored_state_is_the_figures_own_and_nothing_ends_its_script():
    figure = two_words(NASTY)
    page = bundle(figure)["text/html"]
    text, state = stored_state(page)
    assert not set("<>&") & set(text)
    assert text.isascii()
    assert state == {**figure.state, "scores": [[0.3, 0.123456789], [-1.0, 0.0]]}
    assert set(state) == {"words", "looking", "scores", "temperature", "mask", "cursor"}
    assert page.count("<script") == page.count("</script>") == 1


def test_the_last_digits_of_a_machine_are_not_stored():
    here, there = two_words(), two_words()
    there.scores = np.nextafter(here.scores, 9)
    assert there.scores != here.scores
    assert bundle(there)["text/html"] == bundle(here)["text/html"]


class Drawn(Figure):
    """A figure whose picture is a drawing."""

    module = "attention_map"
    picture = '<svg role="img" aria-label="A line."><path d="M0 0L0.77 1"/></svg>'
    in_words = "a < b, by 0.25\nand more"


def test_below_a_drawing_stand_its_words():
    page = bundle(Drawn())["text/html"]
    assert page.index("</svg>") < page.index("<p>a &lt; b, by 0.25<br>\nand more</p>")


@pytest.mark.parametrize("figure", [two_words(NASTY), Drawn()])
def test_the_notebook_rules_are_kept(figure):
    assert [problem for rule in RULES for problem in rule(in_a_notebook(figure))] == []


def test_the_numbers_shown_count_for_the_prose_and_those_of_the_state_do_not():
    prose = "Shown: 0.544. Not shown: 0.123456789."
    problems = [text for rule in RULES for _, text in rule(in_a_notebook(two_words(), prose))]
    assert problems == ["the number 0.123456789 stands in no output of this notebook"]
    page = visible_text(NotebookNode(data={"text/html": bundle(two_words())["text/html"]}))
    assert "0.544" in page


def test_numbers_are_written_alike():
    values = [0, -0.0, 0.0625, -0.0625, 0.0004, -0.0004, 1.0005, -1e3, 2.5, 12345.6789, 1 / 3]
    values += np.random.default_rng(1).normal(size=50).tolist()
    for digits in (0, 2, 3):
        there = ask("drawing", "values.map((v) => number(v, digits))", values=values, digits=digits)
        assert there == [number(value, digits) for value in values]
    assert [number(v) for v in (-0.0004, -0.0625, 0.0625)] == ["0.000", "−0.063", "0.063"]


def test_labels_are_told_apart_alike():
    words = "the cat sat on the mat".split()
    assert ask("drawing", "labelsOf(words)", words=words) == labels_of(words)
    assert labels_of(words) == ["the (1)", "cat", "sat", "on", "the (5)", "mat"]


def luminance(rgb):
    c = np.array(rgb) / 255
    linear = np.where(c <= 0.04045, c / 12.92, ((c + 0.055) / 1.055) ** 2.4)
    return linear @ [0.2126, 0.7152, 0.0722]


def test_shades_are_alike_and_can_be_read():
    shares = np.linspace(0, 1, 401).tolist()
    there = ask("drawing", "shares.map(shade)", shares=shares)
    brightness = []
    for share, shade in zip(shares, there, strict=True):
        assert style(share) == f"background-color: {shade['background']}; color: {shade['ink']}"
        paper = luminance([int(n) for n in re.findall(r"\d+", shade["background"])])
        ink = {"#000": 0.0, "#fff": 1.0}[shade["ink"]]
        assert (max(paper, ink) + 0.05) / (min(paper, ink) + 0.05) >= 4.5
        brightness.append(paper)
    assert np.diff(brightness).min() > -0.002  # brighter, but for rounding


class Owner(Figure):
    """Traits to try."""

    module = "attention_map"
    vectors = Numbers(2)
    truths = Numbers(1, bool)


@pytest.mark.parametrize(
    ("name", "value", "came"),
    [
        ("vectors", [[1, 2], [3]], "rows of different lengths"),
        ("vectors", [1, 2], r"int64 of shape \(2,\)"),
        ("vectors", [[1, np.inf]], r"float64 of shape \(1, 2\), with inf at \(0, 1\)"),
        ("vectors", [["x"]], "of shape"),
        ("vectors", [[None]], "object"),
        ("vectors", [[True]], "bool"),
        ("truths", [0, 1], "int64"),
        ("truths", [[True]], r"shape \(1, 1\)"),
    ],
)
def test_what_is_no_such_array_is_refused(name, value, came):
    with pytest.raises(FigureError, match=f"{name} with . axes of .*{came}.* Try: "):
        setattr(Owner(vectors=[[0]], truths=[True]), name, value)


def test_arrays_go_in_and_lists_come_out():
    owner = Owner(vectors=np.eye(2, dtype=np.float32), truths=np.array([True, False]))
    assert owner.state == {"vectors": [[1.0, 0.0], [0.0, 1.0]], "truths": [True, False]}
    json.dumps(owner.state)


MODEL = """(() => {
  const model = makeModel({ a: 1, b: [1] }), heard = [];
  const hear = () => heard.push(model.get("a"));
  model.on("change:a", hear);
  model.set("a", 1); model.set("a", 2); model.set("b", [2]); model.save_changes();
  model.off("change:a", hear);
  model.set("a", 3);
  return [heard, model.get("a"), model.get("b")];
})()"""
START = """(() => {
  const said = [], homes = ["{}", "{oops", '{"x": 1}'].map((textContent) => {
    const fixed = { replaceWith: () => said.push("replaced") };
    return { querySelector: (what) => (what === ".aw-static" ? fixed : { textContent }) };
  });
  const render = ({ model }) => { if (!model.get("x")) throw new Error("no x"); };
  console.error = (message) => said.push(message);
  start("kind", { render }, { querySelectorAll: () => homes, createElement: () => ({}) });
  return said;
})()"""


LISTEN = """(() => {
  const on = [], off = [], saved = [], model = {
    on: (...it) => on.push(it), off: (...it) => off.push(it),
    set: (...it) => saved.push(it), save_changes: () => saved.push("saved"),
  };
  const stop = onChange(model, ["a", "b"], "redraw");
  const before = off.length;
  stop();
  change(model, { a: 1, b: 2 });
  return { on, before, off, saved };
})()"""


def test_a_figure_listens_until_it_goes_and_saves_once():
    heard = ask("drawing", LISTEN)
    both = [["change:a", "redraw"], ["change:b", "redraw"]]
    assert heard == {"on": both, "before": 0, "off": both, "saved": [["a", 1], ["b", 2], "saved"]}


def test_the_pages_model_tells_of_changes_only():
    assert ask("loader", MODEL) == [[2], 3, [2]]


def test_a_figure_that_fails_stays_still_and_stops_no_other():
    still = "The figure kind stays still."
    assert ask("loader", START) == [still, still, "replaced"]


def test_scripts_and_style_are_loaded_only_where_a_figure_is(tmp_path):
    loaded = []
    app = SimpleNamespace(
        outdir=tmp_path,
        add_css_file=loaded.append,
        add_js_file=lambda name, **how: loaded.append(name),
    )
    load_where_used(app, "intro", "page.html", {"body": "<p>aw-figure</p>"}, None)
    load_where_used(app, "genindex", "genindex.html", {}, None)
    assert loaded == []
    assert list(tmp_path.iterdir()) == []
    body = bundle(two_words())["text/html"] * 2
    load_where_used(app, "chapters/x", "page.html", {"body": body}, None)
    assert loaded == ["../figures/figures.css", "../figures/attention_map.js"]
    written = {path.name for path in (tmp_path / "figures").iterdir()}
    assert written == {"figures.css", "attention_map.js"}


@pytest.mark.parametrize("javascript", [True, False])
def test_one_home_at_a_time(show, javascript):
    page = show(two_words(), two_words("c"), javascript=javascript)
    assert page.locator("table").count() == 2
    assert page.locator("input[type=range]").count() == 2 * javascript
    assert page.locator(".aw-static").count() == 2 * (not javascript)


def test_a_figure_prints_without_its_controls(show):
    page = show(two_words(), dark=True)
    page.emulate_media(media="print")
    assert page.locator(".aw-map").is_visible()
    assert not page.get_by_label("Temperature").is_visible()
    ink = page.locator("th").first.evaluate("(node) => getComputedStyle(node).color")
    assert luminance([int(n) for n in re.findall(r"\d+", ink)]) < 0.1
