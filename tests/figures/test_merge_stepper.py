"""The merge stepper: module and class agree with a training by hand, and a reader can choose."""

import random
from collections import Counter
from itertools import pairwise

import pytest
from axe_playwright_python.sync_playwright import Axe
from node import ask

from minigpt.errors import FigureError
from minigpt.figures import MergeStepper
from minigpt.figures.merge_stepper import shown
from minigpt.tokenizer import PATTERN, BPETokenizer

RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
HERD = "the bird heard the herd"
TEXTS = [
    HERD,
    "weather heard area rain",
    "aaaaaaa aa aaaaa",
    "Ann's 1066 apples, we've 10 or 1,066!  \t\n  'll it's",
    "Το πουλί, το πουλί",
    "🐦🐦🟥 e\u0301 é é é",
    "那只鸟是红色的，那只鸟",
    "x",
    "",
]


def by_hand(text, cut, merges):
    """Tokens as texts of bytes, and the pairs in order, without a line of the library's."""
    pieces = PATTERN.findall(text) if cut else [text]
    pieces = [[chr(byte) for byte in piece.encode()] for piece in pieces if piece]
    order = [chr(byte) for byte in range(256)]
    for left, right in merges:
        if left + right not in order:
            order.append(left + right)
        for parts in pieces:
            i = 0
            while i < len(parts) - 1:
                if (parts[i], parts[i + 1]) == (left, right):
                    parts[i : i + 2] = [left + right]
                i += 1
    counts = Counter((a, b) for parts in pieces for a, b in pairwise(parts))
    pairs = [(-n, order.index(a), order.index(b), a, b) for (a, b), n in counts.items()]
    return pieces, [[a, b, -n] for n, _, _, a, b in sorted(pairs)]


def chosen(text, cut, seed, most=12):
    """Some merges: at every second step the most frequent pair, else any."""
    draws, merges = random.Random(seed), []
    for n in range(most):
        _, pairs = by_hand(text, cut, merges)
        if not pairs:
            break
        merges.append((pairs[0] if n % 2 else draws.choice(pairs))[:2])
    return merges


def latin(pieces):
    return [[part.decode("latin-1") for part in parts] for parts in pieces]


@pytest.mark.parametrize("cut", [True, False])
@pytest.mark.parametrize("text", TEXTS)
def test_module_class_and_hand_agree(text, cut):
    for seed in range(3):
        merges = chosen(text, cut, seed)
        figure = MergeStepper([text], cut=cut, merges=merges)
        pieces, pairs = by_hand(text, cut, merges)
        assert latin(figure.pieces) == pieces
        assert latin([pair[:2] for pair in figure.counts]) == [pair[:2] for pair in pairs]
        assert [pair[2] for pair in figure.counts] == [pair[2] for pair in pairs]
        there = ask("merge_stepper", "stateAfter(...state)", state=[text, cut, merges])
        assert there == {"pieces": pieces, "pairs": pairs, "size": sum(map(len, pieces))}
        assert ask("merge_stepper", "standing(state)", state=figure.state) == figure.standing


@pytest.mark.parametrize("text", TEXTS)
def test_training_is_the_same_and_always_takes_the_most_frequent(text):
    there = ask("merge_stepper", "trained(text, true, 9)", text=text)
    figure = MergeStepper([text])
    for n, pair in enumerate(there):
        assert latin([figure.counts[0][:2]]) == [pair]
        assert figure.counts[0][2] == max(count for *_, count in figure.counts)
        figure.merges = there[: n + 1]
    if len(there) < 9:
        assert figure.counts == []
    sizes = ask("merge_stepper", "sizesOf(text, true, merges)", text=text, merges=there)
    assert sizes[0] == len(text.encode())
    assert sizes[-1] == sum(map(len, figure.pieces))
    assert sorted(sizes, reverse=True) == sizes


def test_the_merges_make_a_tokenizer_of_the_library():
    figure = MergeStepper([HERD])
    figure.merges = ask("merge_stepper", "trained(text, true, 9)", text=HERD)
    tokenizer = BPETokenizer.from_merges(figure.pairs_made, specials=())
    for text in (HERD, "the birds heard of it", "Ä"):
        figure.text = text
        ids = tokenizer.encode(text)
        assert list(map(tokenizer.token_bytes, ids)) == [t for p in figure.pieces for t in p]
    assert figure.vocabulary[256:] == [left + right for left, right in figure.pairs_made]


def test_tokens_are_written_alike():
    tokens = [b"he", b" h", b"\xc3", "é".encode(), b"\n", b"\x9f\x90", "🐦".encode(), b"\xc2\xa0"]
    tokens += ["\ufeff".encode(), b"\xed\xa0\x80", b"\x7f", b"  "]
    texts = [token.decode("latin-1") for token in tokens]
    assert ask("merge_stepper", "texts.map(shownToken)", texts=texts) == list(map(shown, tokens))
    assert list(map(shown, tokens[:6])) == ["he", "·h", "C3", "é", "0A", "9F 90"]


def test_the_first_steps_can_be_checked_with_a_pencil():
    figure = MergeStepper([HERD], cut=False)
    first, second, third, *_ = figure.counts
    assert first == (b"h", b"e", 4)
    assert figure.in_words.splitlines()[2:4] == [
        "1. h + e, 4x: 19 tokens, t he · b i r d · he a r d · t he · he r d",
        "2. r + d, 3x: 16 tokens, t he · b i rd · he a rd · t he · he rd",
    ]
    assert second[2] == third[2] == 3 or second[2] == 3


def test_the_most_frequent_pairs_can_be_beaten():
    """The chapter's riddle: the greedy merges reach 18 tokens in three steps, others 17."""
    figure = MergeStepper(["weather heard area rain"])
    figure.merges = [["h", "e"], ["a", "r"], ["e", "a"]]
    assert figure.standing == (
        "23 bytes, 3 merges, 17 tokens; 259 in the vocabulary. "
        "You have beaten the most frequent pairs: they give 18."
    )


@pytest.mark.parametrize(
    ("state", "message"),
    [
        ({"merges": [["he", "r"]]}, "pair of tokens that are there.*but got.*he"),
        ({"merges": [["h"]]}, "but got"),
        ({"merges": [["h", "€"]]}, "but got"),
    ],
)
def test_what_is_no_merge_is_refused(state, message):
    with pytest.raises(FigureError, match=message):
        MergeStepper([HERD], **state)
    with pytest.raises(FigureError, match="at least one text"):
        MergeStepper([])


def shown_tokens(page):
    return page.locator(".aw-token").all_inner_texts()


def test_merging_by_keyboard(show):
    page = show(MergeStepper([HERD, "aaa"]))
    assert len(shown_tokens(page)) == 23
    page.get_by_role("button", name="Merge the most frequent").press("Enter")
    assert shown_tokens(page).count("he") == 4
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")  # back
    assert len(shown_tokens(page)) == 23
    second = page.locator(".aw-pairs button").nth(1)
    name = second.get_attribute("aria-label")
    assert name.startswith("merge r and d, 3 times")
    second.press("Enter")
    assert shown_tokens(page).count("rd") == 3
    assert page.evaluate("document.activeElement.closest('.aw-pairs') !== null")
    assert (
        "1 merge, 20 tokens; 257 in the vocabulary. This text's most frequent pairs give 19."
        in (page.locator("[aria-live]").inner_text())
    )
    assert page.locator(".aw-made").inner_text() == "256 rd"


def test_another_text_keeps_the_merges_and_a_chosen_one_begins_again(show):
    page = show(MergeStepper([HERD, "aaa aa"]))
    merge = page.get_by_role("button", name="Merge the most frequent")
    merge.click()
    page.get_by_label("Your text").fill("he had é")
    assert shown_tokens(page) == ["he", "·", "h", "a", "d", "·", "C3", "A9"]
    assert page.get_by_role("combobox").input_value() == "2"
    page.get_by_role("combobox").select_option(index=1)
    assert shown_tokens(page) == ["a", "a", "a", "·", "a", "a"]
    assert page.locator(".aw-due").count() == 4  # the first pair of each run, not the overlap
    assert page.locator(".aw-times").first.inner_text() == "3×"
    merge.click()
    assert shown_tokens(page) == ["aa", "a", "·", "aa"]
    for _ in range(9):
        merge.click(force=True)
    assert page.locator(".aw-pairs button").count() == 0
    assert merge.get_attribute("aria-disabled") == "true"


def test_a_pair_under_the_pointer_shows_its_places(show):
    page = show(MergeStepper([HERD], cut=False))
    assert page.locator(".aw-due").count() == 8
    page.get_by_label("merge r and d, 3 times").hover()
    assert page.locator(".aw-due").all_inner_texts() == ["r", "d"] * 3


@pytest.mark.parametrize(("width", "dark"), [(320, True), (390, False), (1200, True)])
def test_everyone_can_use_it(show, width, dark):
    page = show(MergeStepper([*TEXTS[:4], "a" * 200]), dark=dark, width=width)
    page.get_by_role("button", name="Merge the most frequent").click()
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    found = Axe().run(page, options={"runOnly": RULES})
    assert found.violations_count == 0, found.generate_report()
    for node in page.locator("button, select, textarea, label").all():
        assert node.bounding_box()["height"] >= 24


def test_without_javascript_the_steps_stand_there(show):
    page = show(MergeStepper([HERD]), javascript=False)
    rows = page.locator("tbody tr").all_inner_texts()
    assert rows[1].split("\t")[:4] == ["1", "h + e", "4", "19"]
    assert len(rows) == 9
