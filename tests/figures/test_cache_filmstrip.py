"""The film of the cache: module and class agree, the counts are the decoder's, the page follows."""

import pytest
import torch
from axe_playwright_python.sync_playwright import Axe
from node import ask

from minigpt.config import ModelConfig
from minigpt.errors import FigureError
from minigpt.figures import CacheFilmstrip
from minigpt.generate import Decoder
from minigpt.model import GPT

WORDS = ["she", "lost", "the", "key", "and", "the", "lock"]
RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
SETTINGS = [
    {"length": 5},
    {"prompt": 3, "length": 3},
    {"prompt": 3, "length": 6},
    {"context": 4, "length": 5},
    {"context": 4, "length": 6},
    {"prompt": 6, "context": 5, "length": 2},
    {"context": 1, "length": 7},
]


def there(figure, expression):
    return ask("cache_filmstrip", expression, state=figure.state)


@pytest.mark.parametrize("settings", SETTINGS, ids=str)
def test_module_and_class_agree(settings):
    figure = CacheFilmstrip(WORDS, **settings)
    film = [
        {
            "n": one.n,
            "start": one.start,
            "kept": one.kept,
            "fed": [one.fed(False), one.fed(True)],
            "scores": [one.scores(False), one.scores(True)],
        }
        for one in figure.film
    ]
    assert there(figure, "filmOf(state)") == film
    assert there(figure, "panelsOf(state)") == figure.panels
    assert there(figure, "saidOf(state)") == figure.in_words.splitlines()
    drawn = figure.panels[0] + figure.panels[1]
    counted = figure.frame.scores(False) + figure.frame.scores(True)
    assert sum(row[1:].count("n") for row in drawn) == counted
    cells = sum(row[: i % 7 + 2].count("n") for i, row in enumerate(drawn))
    assert figure.picture.count('class="aw-new"') == cells


@pytest.mark.parametrize("settings", [{}, {"prompt": 3}, {"context": 4}], ids=str)
def test_the_words_that_go_through_are_the_decoders(settings):
    """A real model is asked; the words that enter its first block are counted."""
    figure = CacheFilmstrip(WORDS, **settings)
    sizes = {"d_model": 8, "n_layers": 1, "n_heads": 2, "context_length": figure.context}
    model = GPT(ModelConfig(vocab_size=9, **sizes)).eval()
    entered = []
    model.blocks[0].register_forward_hook(lambda _m, args, _out: entered.append(args[0].shape[1]))
    for cached in (False, True):
        decoder = Decoder(model, use_cache=cached)
        entered.clear()
        for n in range(figure.prompt, len(WORDS) + 1):
            decoder.next_logits(torch.arange(n)[None] % 9)
        assert entered == [one.fed(cached) for one in figure.film]


def test_numbers_out_of_range_are_refused():
    for wrong in ({"prompt": 0}, {"prompt": 8}, {"context": 0}, {"context": 8}, {"length": 8}):
        with pytest.raises(FigureError):
            CacheFilmstrip(WORDS, **wrong)
    with pytest.raises(FigureError, match="2 to 10 words"):
        CacheFilmstrip(["one"])


def said(page):
    return page.locator("p[aria-live]").inner_text().splitlines()


def test_the_page_follows_keys_and_choices(show):
    page = show(CacheFilmstrip(WORDS, length=3))
    assert said(page) == CacheFilmstrip(WORDS, length=3).in_words.splitlines()
    page.get_by_role("slider").press("ArrowRight")
    assert said(page) == CacheFilmstrip(WORDS, length=4).in_words.splitlines()
    page.get_by_label("prompt").select_option(label="5")
    assert said(page) == CacheFilmstrip(WORDS, prompt=5, length=4).in_words.splitlines()
    page.get_by_label("context").select_option(label="4")
    assert said(page) == CacheFilmstrip(WORDS, 5, 4, length=4).in_words.splitlines()
    page.locator(".aw-frame.aw-without").last.click()
    assert said(page) == CacheFilmstrip(WORDS, 5, 4, length=7).in_words.splitlines()


@pytest.mark.parametrize("dark", [False, True])
def test_it_can_be_used_by_everyone_and_fits_a_telephone(show, dark):
    page = show(CacheFilmstrip(WORDS, length=4), dark=dark, width=320)
    assert page.evaluate("document.documentElement.scrollWidth") <= 320
    found = Axe().run(page, options={"runOnly": {"type": "tag", "values": RULES}})
    assert found.violations_count == 0, found.generate_report()
