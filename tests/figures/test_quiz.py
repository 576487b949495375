"""The quiz: read from plain text, answered by mouse, by keyboard and without JavaScript."""

import re

import pytest
from axe_playwright_python.sync_playwright import Axe
from node import ask

from minigpt.errors import FigureError
from minigpt.figures import Quiz

TEXT = """
    Every row of the weights sums to 1. What do the
    columns sum to?
    ( ) Also 1, because the scores are *symmetric*
        No. Each row is then divided by its own sum:
        `scores / sum` is not symmetric.
    (x) It varies
        Right. All columns together come to *T*.
    ( ) Each to *T*
        No. That is the whole table.

    Is 2 * 3 * 4 < `a < b & c`, "really"?
    (x) </script><b>Yes</b>
        It is.
    ( ) No: (x) is no mark within a line
        It is not (it never was).
    ( ) Perhaps
        Hardly.
    ( ) Never
        Hardly ever.
"""
WORDS = """1. Every row of the weights sums to 1. What do the columns sum to?
   a) Also 1, because the scores are *symmetric*
   b) It varies
   c) Each to *T*

2. Is 2 * 3 * 4 < `a < b & c`, "really"?
   a) </script><b>Yes</b>
   b) No: (x) is no mark within a line
   c) Perhaps
   d) Never

Answers: 1 b, 2 a."""
RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]


def test_the_text_is_read_as_questions():
    first, second = Quiz(TEXT).questions
    assert first["text"] == "Every row of the weights sums to 1. What do the columns sum to?"
    assert first["options"][0] == {
        "text": "Also 1, because the scores are *symmetric*",
        "why": "No. Each row is then divided by its own sum: `scores / sum` is not symmetric.",
        "right": False,
    }
    assert [option["right"] for option in first["options"]] == [False, True, False]
    assert [option["right"] for option in second["options"]] == [True, False, False, False]
    assert second["options"][1]["text"] == "No: (x) is no mark within a line"


def test_in_plain_words_the_answers_come_last():
    assert Quiz(TEXT).in_words == WORDS


GOOD = "Q?\n( ) a\n  no\n(x) b\n  yes\n( ) c\n  never\n"
BAD = [
    ("", "no text before its options"),
    (GOOD[3:], "no text before its options"),
    ("Q?", "question 1 .* 0 options: 'Q.'"),
    (GOOD + "\nR?\n(x) a\n  yes\n( ) b\n  no", "question 2 .* 2 options: 'R.'"),
    (GOOD.replace("(x)", "( )"), "0 right ones"),
    (GOOD.replace("( ) c", "(x) c"), "2 right ones"),
    (GOOD.replace("  yes\n", ""), "no explanation of 'b'"),
    (GOOD.replace("never", "no"), "the same explanation twice"),
    (GOOD.replace(") c", ") a"), "the same option twice"),
    (GOOD.replace("(x) b", "(X) b"), r"question 1 an option.*'\(X\) b'"),
    (GOOD.replace("  yes", "yes"), "an indented explanation, but got 'yes'"),
    (GOOD + "R?\n", "an indented explanation, but got 'R.'"),
]


@pytest.mark.parametrize(("text", "message"), BAD)
def test_what_is_no_quiz_is_refused(text, message):
    with pytest.raises(FigureError, match=f"(?s){message}.* Try: .*whale") as caught:
        Quiz(text)
    assert "question" in str(caught.value)


def test_the_form_that_an_error_shows_is_a_quiz():
    with pytest.raises(FigureError) as caught:
        Quiz("")
    form = str(caught.value).split("\n\n", 1)[1]
    assert Quiz(form).questions[0]["options"][1]["text"] == "A whale"


@pytest.mark.parametrize(
    ("choices", "score", "line"),
    [
        ([[], []], 0, ""),
        ([[1], []], 1, "1 of 1 right at the first try; 1 to go."),
        ([[], [1, 0]], 0, "0 of 1 right at the first try; 1 to go."),
        ([[1, 0], [0]], 2, "2 of 2 right at the first try."),
        ([[0, 1], [3, 2, 0]], 0, "0 of 2 right at the first try."),
    ],
)
def test_only_the_first_try_scores(choices, score, line):
    quiz = Quiz(TEXT)
    quiz.choices = choices
    assert quiz.score == score
    assert ask("quiz", "score(questions, choices)", **quiz.state) == score
    assert ask("quiz", "scoreLine(questions, choices)", **quiz.state) == line


@pytest.mark.parametrize("choices", [[], [[0]], [[3], []], [[], [4]], [[-1], []], [["a"], []]])
def test_choices_are_among_the_options(choices):
    quiz = Quiz(TEXT)
    with pytest.raises(FigureError, match=r"2 lists of options, counted from 0.* Try: "):
        quiz.choices = choices
    assert quiz.choices == [[], []]


def test_tries_do_not_leak_from_one_quiz_to_another():
    quiz = Quiz(TEXT)
    quiz.choices = [[0], []]
    assert Quiz(TEXT).choices == [[], []]


@pytest.mark.parametrize(
    ("text", "spans"),
    [
        ("plain", ["plain"]),
        ("`a * b` and *so*", [["code", "a * b"], " and ", ["em", "so"]]),
        ("2 * 3 * 4", ["2 * 3 * 4"]),
        ("*T*, `x`", [["em", "T"], ", ", ["code", "x"]]),
        ("", []),
    ],
)
def test_code_and_emphasis_are_the_same_in_both(text, spans):
    assert ask("quiz", "spans(text)", text=text) == spans
    tagged = "".join(s if isinstance(s, str) else f"<{s[0]}>{s[1]}</{s[0]}>" for s in spans)
    option = f"Q?\n(x) a{text}\n  1\n( ) b\n  2\n( ) c\n  3"
    assert f"<summary>a) a{tagged}</summary>" in Quiz(option).picture


def test_without_javascript_every_option_opens(show):
    page = show(Quiz(TEXT), javascript=False)
    questions = page.get_by_role("heading", level=3)
    assert questions.all_inner_texts()[0].startswith("Question 1. Every row")
    assert not page.get_by_text("All columns together").is_visible()
    page.get_by_text("It varies").click()
    assert page.get_by_text("All columns together").is_visible()
    assert page.get_by_text("</script><b>Yes</b>").is_visible()
    assert page.locator("b").count() == 0
    assert not page.get_by_text("Answers:").is_visible()
    page.emulate_media(media="print")
    assert page.get_by_text("Answers: 1 b, 2 a.").is_visible()


def test_texts_are_escaped():
    picture = Quiz(TEXT).picture
    assert "2 * 3 * 4 &lt; <code>a &lt; b &amp; c</code>, &quot;really&quot;?" in picture
    assert "&lt;/script&gt;&lt;b&gt;Yes" in picture


def whys(page):
    return [why for why in page.locator(".aw-why").all_inner_texts() if why]


def test_by_mouse_each_choice_says_why_and_the_first_scores(show):
    page = show(Quiz(TEXT), Quiz(TEXT))
    page.get_by_label("It varies").first.check()
    assert whys(page) == ["✓ Right. All columns together come to T."]
    page.get_by_label("c) Each to T").first.check()
    assert whys(page) == ["✗ No. That is the whole table."]
    assert page.get_by_role("img", name="wrong").count() == 1
    page.get_by_label("Perhaps").first.check()
    score = page.locator(".aw-score")
    assert score.all_inner_texts() == ["1 of 2 right at the first try.", ""]
    assert page.locator("input:checked").count() == 2  # none of them in the other quiz
    page.get_by_label("It varies").nth(1).check()
    assert page.locator("input:checked").count() == 3
    assert page.locator("b").count() == 0


def test_by_keyboard_arrows_move_and_space_chooses(show):
    page = show(Quiz(TEXT))
    for key in ["Tab", "ArrowDown", "ArrowDown"]:
        page.keyboard.press(key)
    assert whys(page) == []
    page.keyboard.press("Space")
    assert whys(page) == ["✗ No. That is the whole table."]
    page.keyboard.press("ArrowDown")  # round to the first
    page.keyboard.press("Enter")
    assert whys(page)[0].startswith("✗ No. Each row is then")
    assert page.url.endswith("figures.html")  # nothing was submitted
    page.keyboard.press("Tab")
    page.keyboard.press("Space")
    assert page.locator(".aw-score").inner_text() == "1 of 2 right at the first try."


def test_a_choice_is_announced_beneath_its_option(show):
    page = show(Quiz(TEXT))
    page.get_by_label("Never").check()
    said = page.locator("[aria-live=polite]", has_text="Hardly ever")
    assert said.count() == 1
    label = page.locator("label", has_text="Never")
    assert 0 < said.bounding_box()["y"] - label.bounding_box()["y"] < 40
    assert page.get_by_role("group", name=re.compile("^Question 2. Is 2")).count() == 1


def test_on_paper_the_answers_stand_at_the_end(show):
    page = show(Quiz(TEXT))
    assert not page.get_by_text("Answers:").is_visible()
    page.emulate_media(media="print")
    assert page.locator("form + * + .aw-answers").inner_text() == "Answers: 1 b, 2 a."
    assert page.get_by_label("Perhaps").is_visible()


@pytest.mark.parametrize("dark", [False, True])
@pytest.mark.parametrize("javascript", [False, True])
def test_everyone_can_use_it(show, dark, javascript):
    page = show(Quiz(TEXT), dark=dark, width=320, javascript=javascript)
    if javascript:
        page.get_by_label("It varies").check()
        page.get_by_label("Perhaps").check()
        page.locator("h1").evaluate("(h1) => h1.insertAdjacentHTML('afterend', '<h2>Recap</h2>')")
        found = Axe().run(page, options={"runOnly": RULES})
        assert found.violations_count == 0, found.generate_report()
        assert page.evaluate("document.documentElement.scrollWidth") <= 320
    targets = page.locator("label, summary").all()
    assert min(target.bounding_box()["height"] for target in targets) >= 24
