"""The rotation dial: module, class and the library agree; moving both changes no rotary score."""

import numpy as np
import pytest
import torch
from axe_playwright_python.sync_playwright import Axe
from node import ask

from minigpt.errors import FigureError
from minigpt.figures import RotationDial
from minigpt.figures.base import number
from minigpt.positions import rotary_angles, rotate, sinusoidal

Q, K = [1.0, 0.3, -0.4, 0.8], [0.7, -0.5, 0.9, 0.2]
RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]


def dial(**settings):
    return RotationDial(Q, K, **{"i": 5, "j": 3, **settings})


def there(figure, expression):
    return ask("rotation_dial", expression, state=figure.state)


@pytest.mark.parametrize("way", ["turned", "added"])
@pytest.mark.parametrize(("i", "j"), [(0, 0), (5, 3), (2, 40), (39, 7)])
@pytest.mark.parametrize("base", [100.0, 10_000.0])
def test_module_and_class_agree(way, i, j, base):
    figure = dial(way=way, i=i, j=j, base=base)
    np.testing.assert_allclose(there(figure, "speedsOf(state)"), figure.speeds, rtol=0, atol=1e-12)
    q = there(figure, "placed(state, state.q, state.i)")
    k = there(figure, "placed(state, state.k, state.j)")
    np.testing.assert_allclose([q, k], figure.placed, rtol=0, atol=1e-12)
    np.testing.assert_allclose(there(figure, "productsOf(state)"), figure.products, atol=1e-12)
    assert there(figure, "scoreOf(state)") == pytest.approx(figure.score, abs=1e-12)
    curve = there(figure, "curveOf(state)")
    assert len(curve) == 81
    assert max(np.abs(curve)) <= there(figure, "mostOf(state)") <= 3 * max(np.abs(curve))
    assert curve[40 + i - j] == pytest.approx(figure.score, abs=1e-12)


def test_the_class_agrees_with_the_library():
    figure = dial()
    q, k = torch.tensor([Q, K], dtype=torch.float64)[:, None, None, None]
    angles = [rotary_angles(torch.tensor([place]), 4, 100.0) for place in (5, 3)]
    turned = [
        rotate(x, *(a.double() for a in angle), pairs="interleaved").numpy().reshape(2, 2)
        for x, angle in zip((q, k), angles, strict=True)
    ]
    np.testing.assert_allclose(turned, figure.placed, atol=1e-6)
    figure.way = "added"
    table = sinusoidal(torch.arange(6), 4, 100.0).numpy()
    expected = [np.reshape(Q + table[5], (2, 2)), np.reshape(K + table[3], (2, 2))]
    np.testing.assert_allclose(figure.placed, expected, atol=1e-6)


def test_only_turning_knows_the_distance_alone():
    turned = [dial(i=5 + n, j=3 + n).score for n in range(35)]
    assert np.ptp(turned) < 1e-12
    assert abs(dial(i=6).score - dial().score) > 0.1
    added = [dial(i=5 + n, j=3 + n, way="added").score for n in range(35)]
    assert np.ptp(added) > 0.5


def test_where_they_stand_is_said():
    assert there(dial(), "saidOf(state)").startswith(
        "The query stands at 5, the key at 3: the query 2 places after the key. Score "
    )
    assert "the query in the same place." in there(dial(i=3), "saidOf(state)")
    assert "1 place before the key" in there(dial(i=2), "saidOf(state)")
    assert "+ \u2212" not in there(dial(i=9), "saidOf(state)")


def test_the_still_picture_has_the_same_numbers():
    figure = dial()
    assert f"Score {number(figure.score)}." in figure.in_words
    for product in figure.products:
        assert f"product {number(product)}." in figure.in_words
    assert figure.picture.count('class="aw-hand-q"') == 2


def test_what_makes_no_dial_is_refused():
    for wrong in ([1.0, 2.0, 3.0], [1.0], []):
        with pytest.raises(FigureError, match="even"):
            RotationDial(wrong, wrong)
    with pytest.raises(FigureError, match="same even"):
        RotationDial(Q, K[:2])
    for setting in ({"i": 41}, {"j": -1}, {"way": "sideways"}, {"base": 0.5}):
        with pytest.raises(FigureError):
            dial(**setting)
    figure = dial()
    with pytest.raises(FigureError):
        figure.k = [1.0, 0.0]
    assert figure.k == K


def test_the_page_moves_it_by_keys_and_buttons(show):
    page = show(dial())
    said = page.locator("p[aria-live]")
    score = number(dial().score)
    assert said.inner_text().endswith(f"= {score}.")
    page.get_by_role("button", name="Both on by 10").click()
    assert "at 15, the key at 13" in said.inner_text()
    assert said.inner_text().endswith(f"= {score}.")
    page.get_by_label("place of the query").press("ArrowRight")
    assert said.inner_text().endswith(f"= {number(dial(i=16, j=13).score)}.")
    page.get_by_label("places are").select_option(index=1)
    assert said.inner_text().endswith(f"= {number(dial(i=16, j=13, way='added').score)}.")


def test_both_stop_where_the_places_end(show):
    page = show(dial(i=40))
    on = page.get_by_role("button", name="Both on by 1", exact=True)
    assert on.get_attribute("aria-disabled") == "true"
    on.click(force=True)
    assert "at 40, the key at 3" in page.locator("p[aria-live]").inner_text()


@pytest.mark.parametrize("dark", [False, True])
def test_it_can_be_used_by_everyone_and_fits_a_telephone(show, dark):
    page = show(dial(), dark=dark, width=320)
    assert page.evaluate("document.documentElement.scrollWidth") <= 320
    found = Axe().run(page, options={"runOnly": {"type": "tag", "values": RULES}})
    assert found.violations_count == 0, found.generate_report()
