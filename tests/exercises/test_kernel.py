"""In a real kernel: the verdict is a box, and nothing that an answer does ends the session."""

import os

import pytest
from nbclient import NotebookClient
from nbformat.v4 import new_code_cell, new_notebook

from minigpt.exercises import record
from minigpt.exercises.registry import EXERCISES

FIRST = EXERCISES["5.1"]
ANSWERS = {
    "right": "attend = EXERCISES['5.1'].reference",
    "stub": "def attend(x):\n    raise NotImplementedError",
    "undefined": "# a remark\ndef attend(x):\n    weights = softmx(x)\n    return weights @ x, weights",
    "endless": "def attend(x):\n    while True:\n        try:\n            x = x + 1\n        except:\n            pass",
    "exit": "def attend(x):\n    exit()",
    "sys_exit": "import sys\ndef attend(x):\n    sys.exit(1)",
    "input": "def attend(x):\n    return input('? ')",
    "prints": "def attend(x):\n    for n in range(3000):\n        print(n)\n    return x, x",
    "interrupts": "def attend(x):\n    raise KeyboardInterrupt",
}
SET_UP = """
import threading
from minigpt.exercises import check, hint, progress, running
from minigpt.exercises.registry import EXERCISES
running.SECONDS = 0.5
"""


@pytest.fixture(scope="module")
def outputs(tmp_path_factory):
    """Run each answer and its check, then what is left; give the outputs by name."""
    cells = {"set up": SET_UP}
    for name, source in ANSWERS.items():
        cells[f"write {name}"] = source
        cells[name] = 'check("5.1", attend)'
    cells["hint"] = 'hint("5.1")'
    cells["progress"] = "progress()"
    cells["alive"] = "print([t.name for t in threading.enumerate() if 'quietly' in t.name])"
    notebook = new_notebook(cells=[new_code_cell(source) for source in cells.values()])
    place = tmp_path_factory.mktemp("record")
    client = NotebookClient(notebook, kernel_name="python3", timeout=120, coalesce_streams=True)
    client.execute(env={**os.environ, record.VARIABLE: str(place)})
    by_name = dict(zip(cells, notebook.cells, strict=True))
    return {name: cell.outputs for name, cell in by_name.items()} | {"place": place}


@pytest.mark.parametrize("name", ANSWERS)
def test_the_verdict_is_one_box_with_its_text(outputs, name):
    (output,) = outputs[name]
    assert output.output_type == "display_data"
    assert output.data["text/html"].startswith('<div role="status"')
    assert output.data["text/plain"][2:].startswith("5.1, attend: ")
    assert not outputs[f"write {name}"]


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("right", "✓ 5.1, attend: passed\n  Notice: "),
        ("stub", "○ 5.1, attend: not attempted"),
        (
            "undefined",
            "It stops in line 3: `weights = softmx(x)`\n  NameError: name 'softmx' is not defined\n",
        ),
        ("endless", "It was stopped after "),
        ("exit", "It calls exit, "),
        ("sys_exit", "It calls exit, "),
        ("input", "it asks for input"),
        ("prints", "  It printed:\n    | 0\n    | 1\n    | 2\n    | … and 2997 more lines"),
        ("interrupts", "It stops in line 2"),
    ],
)
def test_what_it_says(outputs, name, words):
    text = outputs[name][0].data["text/plain"]
    assert words in text
    assert "ipykernel" not in text and "<ipython" not in text


def test_a_hint_is_a_box_too(outputs):
    (output,) = outputs["hint"]
    assert FIRST.hints[0].title in output.data["text/html"]


def test_what_was_passed_is_on_record(outputs):
    assert [path.name for path in outputs["place"].iterdir()] == ["5.1"]
    assert f"✓ 5.1   {FIRST.title}" in outputs["progress"][0].text


def test_the_session_lives_and_nothing_runs_on(outputs):
    assert outputs["alive"][0].text == "[]\n"
