"""Every registered exercise, whatever its chapter: a new one is tested without a new test."""

import pytest
import torch  # noqa: F401 - imported before anything is run against the clock

from minigpt.exercises.registry import EXERCISES


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    if "exercise" in metafunc.fixturenames:
        metafunc.parametrize("exercise", EXERCISES.values(), ids=EXERCISES.keys())
