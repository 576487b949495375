"""The answers in RIGHT and WRONG of every chapter: odd right ones pass, odd wrong ones do not."""

from importlib import import_module
from pathlib import Path

import pytest

from minigpt.exercises.judge import judge
from minigpt.exercises.registry import EXERCISES
from minigpt.exercises.verdict import NOT_YET, PASSED

CHAPTERS = [path.stem for path in sorted(Path(__file__).parent.glob("test_answers_*.py"))]


def odd(kind):
    return [
        pytest.param(id, answer, id=f"{id}-{n}")
        for chapter in CHAPTERS
        for id, answers in getattr(import_module(chapter), kind).items()
        for n, answer in enumerate(answers)
    ]


@pytest.mark.parametrize(("id", "answer"), odd("RIGHT"))
def test_an_odd_right_answer_passes(id, answer):
    verdict = judge(EXERCISES[id], answer)
    assert verdict.status == PASSED, str(verdict)


@pytest.mark.parametrize(("id", "answer"), odd("WRONG"))
def test_an_odd_wrong_answer_does_not_pass(id, answer):
    verdict = judge(EXERCISES[id], answer)
    assert verdict.status == NOT_YET
    assert len(str(verdict)) > 60, "it should say more than that it is wrong"
