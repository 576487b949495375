"""The loss reading: module and class agree, and say of each run where its loss lies."""

import json
import math
from pathlib import Path

import numpy as np
import pytest
from axe_playwright_python.sync_playwright import Axe
from node import ask

from minigpt.errors import FigureError
from minigpt.figures import LossReading
from minigpt.figures.base import number

RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
ROOT = Path(__file__).parents[2]
RECORDED = json.loads((ROOT / "appendices" / "measured" / "broken_runs.json").read_text("utf-8"))
STEPS = len(RECORDED["runs"]["sound"]["train"])


def reading(**settings):
    return LossReading(RECORDED, **settings)


def there(figure, expression):
    return ask("loss_reading", expression, state=figure.state)


@pytest.mark.parametrize("run", range(6))
@pytest.mark.parametrize("step", [0, 5, 40, 95, STEPS])
def test_module_and_class_agree(run, step):
    figure = reading(run=run, step=step)
    came = there(figure, "readingOf(state)")
    assert came.keys() == figure.reading.keys()
    for name, value in figure.reading.items():
        assert came[name] == pytest.approx(value, rel=1e-12, abs=1e-12), name


def test_the_reading_is_arithmetic():
    figure = reading(run=4)
    run = RECORDED["runs"]["D"]
    held, floor = run["held"][-1][1], RECORDED["levels"]["floor"]
    per_story = RECORDED["targets"] / RECORDED["stories"]
    assert figure.reading["bits"] == pytest.approx((held - floor) * per_story / math.log(2))
    assert figure.reading["perplexity"] == pytest.approx(math.exp(held))
    assert figure.reading["recent"] == pytest.approx(np.mean(run["train"][-10:]))
    assert figure.reading["lines"] == 4


def test_where_a_loss_lies_is_said():
    assert "That is below the floor." in there(reading(run=4), "saidOf(state)")
    assert "bits a story below the floor" in there(reading(run=4), "saidOf(state)")
    assert "That is below pairs, above floor." in there(reading(run=0), "saidOf(state)")
    assert "That is below single tokens, above pairs." in there(reading(run=3), "saidOf(state)")
    assert "That is above even bet." in there(reading(run=5, step=0), "saidOf(state)")


def test_only_one_run_is_measured_to_two_numbers():
    differ = []
    for run in range(6):
        one, two = (
            there(reading(run=run), "againOf(state)")
            .removesuffix(".")
            .split(": ")[1]
            .split(" and ")
        )
        differ.append(one != two)
    assert differ == [False, True, False, False, False, False]


def test_the_answers_are_collected():
    assert there(reading(), "answersOf(state)") == "Your answers: none yet."
    given = reading(faults=[0, 4, 0, 5, 0, 0])
    assert there(given, "answersOf(state)") == 'Your answers: {"A": 4, "C": 5}'


def test_the_still_picture_has_the_same_numbers():
    figure = reading()
    for name, run in RECORDED["runs"].items():
        assert f"Run {name}:" in figure.in_words
        assert f"{number(run['held'][-1][1], 2)} (step {STEPS}); again" in figure.in_words
    assert figure.picture.count("<polyline") == 6


def test_what_makes_no_reading_is_refused():
    for setting in ({"run": 6}, {"step": -1}, {"step": STEPS + 1}, {"faults": [1]}):
        with pytest.raises(FigureError):
            reading(**setting)
    figure = reading()
    with pytest.raises(FigureError):
        figure.faults = [0, 0, 0, 6, 0, 0]
    assert figure.faults == [0] * 6


def test_the_page_reads_by_keys_and_collects_answers(show):
    page = show(reading())
    said = page.locator("p[aria-live]")
    assert said.inner_text().startswith(f"Run A, step {STEPS}.")
    page.get_by_role("slider").press("ArrowLeft")
    assert f"step {STEPS - 5}." in said.inner_text()
    page.get_by_label("run").select_option(index=4)
    assert "below the floor" in said.inner_text()
    page.get_by_label("what is wrong").select_option(index=2)
    assert page.get_by_text('Your answers: {"D": 2}').count() == 1


@pytest.mark.parametrize("dark", [False, True])
def test_it_can_be_used_by_everyone_and_fits_a_telephone(show, dark):
    page = show(reading(), dark=dark, width=320)
    assert page.evaluate("document.documentElement.scrollWidth") <= 320
    found = Axe().run(page, options={"runOnly": {"type": "tag", "values": RULES}})
    assert found.violations_count == 0, found.generate_report()
