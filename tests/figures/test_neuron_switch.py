"""The neuron switch: module and class answer alike, and the page follows keys and mouse."""

import itertools

import numpy as np
import pytest
from axe_playwright_python.sync_playwright import Axe
from node import ask

from minigpt.errors import FigureError
from minigpt.figures import NeuronSwitch

RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]


def some(**changes):
    rng = np.random.default_rng(13)
    state = {
        "subjects": ["Odo", "Kate", "Una"],
        "kinds": ["town", "day"],
        "words": ["Saltby", "Windlow", "Monday", "Sunday", "never"],
        "neurons": ["neuron 3", "neuron 4", "neuron 15", "neuron 92"],
        "stream": rng.normal(size=(6, 7)),
        "hidden": np.maximum(rng.normal(size=(6, 4)), 0) ** 2,
        "writes": rng.normal(size=(4, 7)),
        "head": rng.normal(size=(5, 7)),
    }
    h = state["stream"] + state["hidden"] @ state["writes"]
    state["answers"] = (h @ state["head"].T).argmax(axis=1).tolist()
    return NeuronSwitch(**state | changes)


def there(figure, expression):
    return ask("neuron_switch", expression, state=figure.state)


def test_module_and_class_agree_whatever_is_off():
    figure = some()
    for off in itertools.chain.from_iterable(itertools.combinations(range(4), n) for n in range(5)):
        figure.off = list(off)
        scores = there(figure, "scoresWithout(state)")
        np.testing.assert_allclose(scores, figure.scores, rtol=0, atol=1e-12)
        assert there(figure, "wordsSaid(state)") == figure.said
        first = "switchedIn(state, wordsSaid(state), lostIn(state, wordsSaid(state)))"
        assert there(figure, first) == figure.in_words.splitlines()[0]


def test_off_is_as_if_the_neuron_had_said_nothing():
    figure, hidden = some(off=[2]), np.array(some().hidden)
    hidden[:, 2] = 0
    np.testing.assert_array_equal(figure.scores, some(hidden=hidden).scores)
    assert figure.said != some().said


def test_words_and_picture_name_what_is_lost():
    whole = some()
    assert whole.in_words == "Off: no neuron. Right: 6 of 6."
    assert "aw-lost" not in whole.picture
    figure = some(off=[1, 2])
    wrong = [i for i in range(6) if figure.said[i] != figure.answers[i]]
    first, *lines = figure.in_words.splitlines()
    assert first == f"Off: neuron 4, neuron 15. Right: {6 - len(wrong)} of 6."
    assert len(lines) == len(wrong) == figure.picture.count("aw-lost") > 0
    i = wrong[0]
    place = f"{figure.subjects[i // 2]}, {figure.kinds[i % 2]}"
    said, right = figure.words[figure.said[i]], figure.words[figure.answers[i]]
    assert lines[0] == f"{place}: {said}, not {right}."


def test_sizes_that_do_not_fit_are_refused():
    for wrong in (
        {"answers": [0]},
        {"answers": [9] * 6},
        {"off": [4]},
        {"stream": np.ones((5, 7))},
        {"hidden": np.ones((6, 3))},
        {"writes": np.ones((7, 4))},
    ):
        with pytest.raises(FigureError):
            some(**wrong)


def test_the_page_follows_keys_and_mouse(show):
    page, said = show(some()), "p[aria-live]"
    page.get_by_label("neuron 4").press("Space")
    assert page.locator(said).inner_text() == some(off=[1]).in_words.splitlines()[0]
    page.get_by_text("neuron 15").click()
    figure = some(off=[1, 2])
    assert page.locator(said).inner_text() == figure.in_words.splitlines()[0]
    assert page.locator("td.aw-lost").count() == figure.picture.count("aw-lost")
    page.get_by_role("button", name="all on").press("Enter")
    assert page.locator(said).inner_text() == some().in_words


@pytest.mark.parametrize("dark", [False, True])
def test_it_can_be_used_by_everyone_and_fits_a_telephone(show, dark):
    page = show(some(off=[1, 2]), dark=dark, width=320)
    assert page.evaluate("document.documentElement.scrollWidth") <= 320
    found = Axe().run(page, options={"runOnly": {"type": "tag", "values": RULES}})
    assert found.violations_count == 0, found.generate_report()
