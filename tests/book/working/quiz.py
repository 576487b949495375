"""The quiz: a wrong answer, then the right one, and one by keyboard."""

from collections.abc import Iterator

from playwright.sync_api import Locator

from minigpt.figures import Quiz
from minigpt.figures.quiz import SPAN

from . import State, texts


def make(state: State) -> Quiz:
    quiz = Quiz("?\n(x) a\n  1\n( ) b\n  2\n( ) c\n  3")
    quiz.questions = state["questions"]
    return quiz


def right_of(question: State) -> int:
    return [option["right"] for option in question["options"]].index(True)


def act(home: Locator, state: State) -> Iterator[State]:
    first, second, *others = state["questions"]
    rest = [[] for _ in others]
    boxes = [part.locator("input") for part in home.locator("fieldset").all()]
    right = right_of(first)
    wrong = (right + 1) % len(first["options"])
    boxes[0].nth(wrong).check()
    yield {"choices": [[wrong], [], *rest]}
    boxes[0].nth(right).check()
    yield {"choices": [[wrong, right], [], *rest]}
    boxes[1].nth(right_of(second) - 1).focus()  # before the first comes the last
    home.page.keyboard.press("ArrowDown")
    home.page.keyboard.press("Space")
    yield {"choices": [[wrong, right], [right_of(second)], *rest]}


def shown(home: Locator) -> tuple:
    return [why for why in texts(home, ".aw-why") if why], texts(home, ".aw-score")


def due(quiz: Quiz) -> tuple:
    pairs = zip(quiz.questions, quiz.choices, strict=True)
    chosen = [question["options"][tried[-1]] for question, tried in pairs if tried]
    whys = [f"{'✓' if o['right'] else '✗'} {o['why']}" for o in chosen]
    tried, left = len(chosen), len(quiz.questions) - len(chosen)
    score = f"{quiz.score} of {tried} right at the first try; {left} to go." if tried else ""
    return [SPAN.sub(lambda span: span[0][1:-1], why) for why in whys], [score]
