"""Every exercise keeps its promise: what is right passes, and each slip hears its own name."""

import ast
import copy
import inspect
import re
import textwrap

import numpy as np
import pytest

from minigpt.exercises import running
from minigpt.exercises.judge import judge
from minigpt.exercises.registry import EXERCISES, in_order
from minigpt.exercises.running import differ
from minigpt.exercises.verdict import NOT_ATTEMPTED, NOT_YET, PASSED

FEWEST_SLIPS, FEWEST_RIGHT = 4, 2
MOST_SENTENCES = {"message": 2, "hint": 4}  # a hint may have to serve several parts
SHORTEST_CODE = 12  # characters; shorter pieces of the reference are anybody's


@pytest.fixture(autouse=True)
def in_this_thread(monkeypatch):
    """Where coverage sees what is run; how others' answers are stopped is test_running's."""
    monkeypatch.setattr(running, "within", lambda seconds, work: work())


def sentences(text: str) -> int:
    without_code = re.sub(r"`[^`]*`|\$[^$]*\$", "code", text)
    return len(re.findall(r"[.?!:](?=[\"”)]*\s+[A-Z]|[\"”)*]*$)", without_code))


def code_of(function) -> set[str]:
    """The statements of a function, and the expressions in them, written without spaces."""
    tree = ast.parse(textwrap.dedent(inspect.getsource(function)))
    nodes = [n for n in ast.walk(tree) if isinstance(n, ast.stmt | ast.expr) and n is not tree]
    pieces = {re.sub(r"\s", "", ast.unparse(node)) for node in nodes}
    calls_or_sums = {p for p in pieces if re.search(r"[-+*/@(\[]", p)}
    return {piece for piece in calls_or_sums if len(piece) >= SHORTEST_CODE}


def test_the_sentences_are_counted():
    assert sentences("One. Is this `a. B` two?") == 2
    assert sentences("The sum is 1.5, not *one.*") == 1


def test_there_are_exercises_in_the_order_of_the_book():
    assert list(EXERCISES) == sorted(EXERCISES, key=in_order)
    assert in_order("5.2b") < in_order("5.10") < in_order("10.1")


def test_the_reference_passes(exercise):
    verdict = judge(exercise, exercise.reference)
    assert (verdict.status, verdict.lines) == (PASSED, (f"Notice: {exercise.notice}",))


def test_every_right_variant_passes(exercise):
    verdicts = {variant.name: judge(exercise, variant.function) for variant in exercise.right}
    assert {name: v.status for name, v in verdicts.items()} == dict.fromkeys(verdicts, PASSED)
    assert len(verdicts) == len(exercise.right) >= FEWEST_RIGHT


def test_every_slip_hears_its_own_message_and_leaves_the_cases_alone(exercise):
    """With -s, the table of all slips."""
    print(f"\n{exercise.id} {exercise.name}")
    cases = copy.deepcopy([case.args for case in exercise.cases])
    for slip in exercise.slips:
        verdict = judge(exercise, slip.function)
        print(f"  {slip.name:<34} {' '.join(verdict.lines)}")
        assert (verdict.status, verdict.lines) == (NOT_YET, (slip.message,)), slip.name
    assert len({slip.name for slip in exercise.slips}) == len(exercise.slips) >= FEWEST_SLIPS
    for case, args in zip(exercise.cases, cases, strict=True):
        for now, then in zip(case.args, args, strict=True):
            assert not differ(now, then)


def test_no_two_slips_share_a_message(exercise):
    messages = [slip.message for slip in exercise.slips]
    assert sorted(messages) == sorted(set(messages))


def test_a_stub_is_not_attempted(exercise):
    scope = {}
    for body in ("raise NotImplementedError", "...", "pass", '"""What it should do."""'):
        exec(f"def {exercise.name}{inspect.signature(exercise.reference)}: {body}", scope)
        assert judge(exercise, scope[exercise.name]).status == NOT_ATTEMPTED, body


def test_the_words_are_few_and_give_nothing_away(exercise):
    words = [("message", slip.message) for slip in exercise.slips]
    words += [("message", exercise.notice)]
    words += [("hint", hint.text) for hint in exercise.hints]
    secret = code_of(exercise.reference)
    for kind, text in words:
        assert text.strip() == text and len(text) > 20
        assert sentences(text) <= MOST_SENTENCES[kind], text
        given = {
            code for code in re.findall(r"`([^`]+)`", text) if re.sub(r"\s", "", code) in secret
        }
        assert not given, text


def test_there_are_three_different_hints(exercise):
    assert len({hint.title for hint in exercise.hints}) == 3
    assert len({hint.text for hint in exercise.hints}) == 3
    for other in EXERCISES.values():
        same = {h.text for h in exercise.hints} & {h.text for h in other.hints}
        assert len(same) == (3 if other.number == exercise.number else 0)
        if other.number == exercise.number:
            for shared in ("title", "minutes", "difficulty"):
                assert getattr(other, shared) == getattr(exercise, shared)


def test_the_cases_tell_axes_apart(exercise):
    assert len(exercise.cases) > 1
    names = list(inspect.signature(exercise.reference).parameters)
    for case in exercise.cases:
        assert len(case.args) == len(case.axes) == len(names)
        sizes = {}
        for name, value, axes in zip(names, case.args, case.axes, strict=True):
            if axes is None:
                assert not isinstance(value, np.ndarray), f"{name}: which axes has it?"
                continue
            assert len(axes.split()) == value.ndim, f"{name}: {axes}, but {value.shape}"
            for axis, size in zip(axes.split(), value.shape, strict=True):
                assert sizes.setdefault(axis, size) == size > 1, f"{name}: {axis}"
            assert "bias" not in name or np.all(value), f"{name} has zeros"
        assert len(set(sizes.values())) == len(sizes), sizes
        heads = [v for n, v in zip(names, case.args, strict=True) if n in ("n_heads", "n_kv_heads")]
        assert all(n > 1 for n in [*heads, sizes.get("n_heads", 2)])
