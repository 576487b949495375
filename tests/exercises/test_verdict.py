"""A verdict says the same in a box and in plain text, and hints climb."""

import html
import re

import pytest
from toy import TOY, shares

from minigpt import exercises
from minigpt.exercises import check, hint
from minigpt.exercises.registry import EXERCISES, guidance
from minigpt.exercises.verdict import HINT, LOOKS, PASSED, Verdict, marked


def words(page: str) -> str:
    return " ".join(html.unescape(re.sub(r"<[^>]+>", " ", page)).split())


@pytest.mark.parametrize("status", LOOKS)
def test_the_box_and_the_text_say_the_same(status):
    lines = ("Is `a < b` *really* so?", "Second & last.")
    verdict = Verdict("5.1, attend", status, lines, "x <b>1</b>\n… and 5 more lines")
    page = verdict._repr_html_()
    text = repr(verdict).replace("|", "").replace("`", "").replace("*", "")
    assert words(page) == " ".join(text.split())
    assert 'role="status"' in page
    assert f"{LOOKS[status][0]} 5.1, attend" in page
    assert status in page or status == HINT
    assert "<code>a &lt; b</code>" in page and "<em>really</em>" in page
    assert "<b>" not in page
    assert "\n" not in repr(Verdict("5.1", status))


def test_signs_and_colours_are_all_different():
    for looks in zip(*LOOKS.values(), strict=True):
        assert len(set(looks)) == len(LOOKS)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("2 * 3 * 4 is 24", "2 * 3 * 4 is 24"),
        ("*bird* and *red*.", "<em>bird</em> and <em>red</em>."),
        ("`a * b * c` is <code>", "<code>a * b * c</code> is &lt;code&gt;"),
        ("$x * y * z$ and *so* on", "$x * y * z$ and <em>so</em> on"),
    ],
)
def test_marks_are_read_as_in_markdown(text, expected):
    assert marked(text) == expected


def test_outside_a_notebook_it_is_printed(monkeypatch, capsys):
    monkeypatch.setitem(exercises.EXERCISES, TOY.id, TOY)
    assert check(TOY.id, shares) is None
    assert capsys.readouterr().out == "✓ 0.1, shares: passed\n  Notice: it is right.\n"


def test_a_verdict_is_the_same_twice(monkeypatch, capsys):
    monkeypatch.setitem(exercises.EXERCISES, TOY.id, TOY)
    for answer in (lambda x, order: x, lambda x, order: 1 / 0, 3):
        check(TOY.id, answer)
        first = capsys.readouterr().out
        check(TOY.id, answer)
        assert capsys.readouterr().out == first
        assert " at 0x" not in first and "/" not in first.replace("1 / 0", "")


# Ids and hints.


def test_an_id_may_be_a_number_or_carry_spaces(monkeypatch, capsys):
    monkeypatch.setitem(exercises.EXERCISES, TOY.id, TOY)
    for id in (0.1, " 0.1 ", "0.1"):
        check(id, shares)
        assert PASSED in capsys.readouterr().out


def test_an_unknown_id_is_guided(capsys):
    check("5.9", shares)
    printed = capsys.readouterr().out
    assert printed.startswith("? Exercise 5.9: no such exercise\n")
    assert all(id in printed for id in EXERCISES if id.startswith("5."))
    assert not any(id in printed for id in EXERCISES if id.startswith("7."))
    hint("5.9")
    assert capsys.readouterr().out == printed


def test_an_exercise_of_parts_names_them():
    assert guidance("5.2") == ("It has parts: 5.2a (break_even), 5.2b (rival).",)


def test_another_chapter_or_nonsense_is_told_what_there_is():
    chapters = sorted({exercise.chapter for exercise in EXERCISES.values()})
    for id in ("1234.1", "attend", ""):
        first, second = guidance(id)
        assert first == f'An id is written like "{next(iter(EXERCISES))}".'
        assert second == f"There are exercises in the chapters {str(chapters)[1:-1]}."


def test_the_arguments_in_the_other_order(capsys):
    check(shares, "5.1")
    assert capsys.readouterr().out.startswith("? Exercise: no such exercise")


def test_hints_climb_and_end(monkeypatch, capsys):
    monkeypatch.setitem(exercises.EXERCISES, TOY.id, TOY)
    monkeypatch.setattr(exercises, "_given", {})
    printed = []
    for _ in range(5):
        hint(TOY.id)
        printed.append(capsys.readouterr().out)
    for step, given in enumerate(TOY.hints):
        assert printed[step] == (f"→ 0.1, hint {step + 1} of 3: {given.title}\n  {given.text}\n")
    assert "There are no more." in printed[3] and "solutions/" in printed[3]
    assert printed[4] == printed[3]


def test_parts_share_their_hints(monkeypatch, capsys):
    monkeypatch.setattr(exercises, "_given", {})
    for id in ("5.2b", "5.2", "5.2a"):
        hint(id)
    printed = capsys.readouterr().out
    assert [f"5.2, hint {n} of 3" in printed for n in (1, 2, 3)] == [True] * 3
