"""A reference spoiled in any one place is turned away, and called by no wrong name."""

import copy
from functools import cache

import numpy as np

from minigpt.exercises.registry import EXERCISES
from minigpt.exercises.verdict import NOT_ATTEMPTED, PASSED
from tools import report, tables
from tools.equivalent import EQUIVALENT
from tools.mutations import judged
from tools.spoiling import spoiled

FEWEST = 12


@cache
def verdicts(id):
    return judged(EXERCISES[id])


def test_every_mutant_is_turned_away_or_is_right_for_a_reason(exercise):
    passed = [mutant.name for mutant, verdict in verdicts(exercise.id) if verdict.status == PASSED]
    assert sorted(passed) == sorted(EQUIVALENT.get(exercise.id, {}))
    assert len(verdicts(exercise.id)) - len(passed) >= FEWEST


def test_no_mutant_is_called_by_a_wrong_name(exercise):
    functions = {slip.message: slip.function for slip in exercise.slips}
    for mutant, verdict in verdicts(exercise.id):
        if verdict.lines[0] in functions:
            for case in exercise.cases:
                came, slip = (
                    behaviour(function, case.args)
                    for function in (mutant.function, functions[verdict.lines[0]])
                )
                assert same(came, slip), mutant.name
                if isinstance(came, type):
                    break


def behaviour(function, args):
    args = copy.deepcopy(args)
    with np.errstate(all="ignore"):
        try:
            value = function(*args)
        except Exception as error:
            return type(error)
    values = value if isinstance(value, tuple) else (value,)
    return [*values, *(arg for arg in args if not callable(arg))]


def same(one, other):
    if isinstance(one, type) or isinstance(other, type):
        return one is other
    return all(equal(a, b) for a, b in zip(one, other, strict=True))


def equal(a, b):
    if isinstance(a, dict):
        return all(equal(a[name], b[name]) for name in a)
    parts = np.ravel(np.asarray(a, dtype=object))
    if any(map(callable, parts)):
        return True  # blocks of functions are nobody's to change
    if any(isinstance(part, str | bytes) for part in parts):
        return a == b
    a, b = flat(a), flat(b)
    return np.shape(a) == np.shape(b) and np.allclose(a, b, atol=2e-6, equal_nan=True)


def flat(value):
    """Put rows of different lengths, which no array can hold, one after the other."""
    ragged = isinstance(value, list) and len(set(map(np.shape, value))) > 1
    return np.hstack(value) if ragged else value


def test_the_report_says_what_is_counted(monkeypatch):
    monkeypatch.setattr(tables, "judged", lambda exercise: verdicts(exercise.id))
    stored = report.REPORT.read_text(encoding="utf-8")
    differ = report.differences(stored, report.page(measure=False))
    assert not differ, "\n".join(["`make report` writes the page anew.", *differ])


def test_mutants_run_to_an_end(exercise):
    statuses = {verdict.status for _, verdict in verdicts(exercise.id)}
    assert NOT_ATTEMPTED not in statuses


def test_every_reason_belongs_to_an_exercise():
    assert set(EQUIVALENT) <= set(EXERCISES)
    assert all(len(reason) > 5 for reasons in EQUIVALENT.values() for reason in reasons.values())


def scored(x, scale=-2):
    return x.sum(axis=0, keepdims=True) / x.max()


def test_one_place_is_changed_at_a_time():
    lines = [line for line, _ in spoiled(scored)]
    assert "return x.max() / x.sum(axis=0, keepdims=True)" in lines
    assert "return x.sum(axis=0) / x.max()" in lines
    assert "return x.mean(axis=0, keepdims=True) / x.max()" in lines
    assert "return x.sum(axis=1, keepdims=True) / x.max()" in lines
    assert "return x.sum(axis=0, keepdims=False) / x.max()" in lines
    assert any(line.startswith("def scored(x, scale=2)") for line in lines)
    assert len(lines) == len(set(lines))


def test_a_mutant_does_what_its_name_says():
    x = np.array([[1.0, 2.0], [3.0, 8.0]])
    mutants = dict(spoiled(scored))
    np.testing.assert_allclose(mutants["return x.sum(axis=0) / x.max()"](x), [0.5, 1.25])
    np.testing.assert_allclose(scored(x), [[0.5, 1.25]])
