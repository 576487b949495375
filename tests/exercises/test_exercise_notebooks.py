"""The notebooks and the registry say the same of every exercise."""

import ast
import re

import pytest
from nbformat import NotebookNode

from minigpt.exercises.judge import judge
from minigpt.exercises.registry import EXERCISES
from minigpt.exercises.verdict import NOT_ATTEMPTED
from tools.stored import ROOT, notebook_paths, read

BLOCK = re.compile(r"^`{4}\{exercise\} (\d+\.\d+)\. (.+)\n((?:.*\n)*?)`{4}$", re.M)
DROPDOWN = re.compile(r"^```\{dropdown\} Hint (\d): (.+)\n((?:.*\n)*?)```$", re.M)
CHECK = re.compile(r"""check\(["']([^"']*)["'], (\w+)\)""")


def notebook(folder: str, exercise) -> NotebookNode:
    """The one notebook of the exercise's chapter in that folder."""
    (path,) = (ROOT / folder).glob(f"{exercise.chapter:02}_*.ipynb")
    return read(path)


def block(exercise) -> tuple[int, str, str]:
    """Where the exercise is set: the cell's index, its heading, and its text."""
    for index, cell in enumerate(notebook("chapters", exercise).cells):
        for number, title, text in BLOCK.findall(cell.source):
            if number == exercise.number:
                return index, title, text
    raise AssertionError(f"chapter {exercise.chapter} has no exercise {exercise.number}")


def code_after(exercise) -> list[NotebookNode]:
    """The code cells from the exercise's block to the next block."""
    start, *_ = block(exercise)
    following = notebook("chapters", exercise).cells[start + 1 :]
    ends = [i for i, cell in enumerate(following) if BLOCK.search(cell.source)]
    return [cell for cell in following[: (ends or [None])[0]] if cell.cell_type == "code"]


def words(text: str) -> str:
    return " ".join(text.split())


def test_the_block_says_how_hard_how_long_and_where_the_solution_is(exercise):
    _, title, text = block(exercise)
    name = next((ROOT / "chapters").glob(f"{exercise.chapter:02}_*.ipynb")).name
    label = exercise.number.replace(".", "-")
    assert title == exercise.title
    assert text.startswith(f":label: ex-{label}\n:nonumber:\n")
    assert re.search(
        rf"^\*{exercise.difficulty}, (about {exercise.minutes} minutes|{exercise.minutes} minutes "
        rf"or more)\. \[Solution, explained\]\(\.\./solutions/{name}#solution-{label}\)\.\*",
        text,
        re.M,
    )
    headings = [cell.source for cell in notebook("solutions", exercise).cells]
    wanted = rf"^(\(solution-{label}\)=\n#+ |#+ Solution {re.escape(exercise.number)}$)"
    assert any(re.search(wanted, source, re.M) for source in headings)


def test_the_three_hints_have_the_registry_s_words(exercise):
    start, *_ = block(exercise)
    found = DROPDOWN.findall(notebook("chapters", exercise).cells[start].source)
    expected = [(str(n), h.title, words(h.text)) for n, h in enumerate(exercise.hints, start=1)]
    assert [(n, title, words(text)) for n, title, text in found] == expected


def test_the_stub_is_there_and_reports_not_attempted(exercise):
    source = "\n".join(cell.source for cell in code_after(exercise) if "%" not in cell.source)
    stubs = [
        node
        for node in ast.parse(source).body
        if isinstance(node, ast.FunctionDef) and node.name == exercise.name
    ]
    assert len(stubs) == 1
    assert ast.get_docstring(stubs[0])
    scope = {}
    exec(compile(ast.Module(stubs, []), "stub", "exec"), scope)
    assert judge(exercise, scope[exercise.name]).status == NOT_ATTEMPTED


def said(cell: NotebookNode, subject: str) -> list[str]:
    """What the stored outputs of a cell say about an exercise."""
    texts = [output.get("data", {}).get("text/plain", "") for output in cell.get("outputs", [])]
    return [text for text in texts if subject in text]


def test_the_stored_check_says_not_attempted(exercise):
    checks = [
        c for c in code_after(exercise) if (exercise.id, exercise.name) in CHECK.findall(c.source)
    ]
    assert len(checks) == 1
    (text,) = said(checks[0], f"{exercise.number}, {exercise.name}:")
    assert text.splitlines()[0] == f"○ {exercise.number}, {exercise.name}: not attempted"


def test_the_solution_passes(exercise):
    subject = f"{exercise.number}, {exercise.name}:"
    cells = [
        cell
        for cell in notebook("solutions", exercise).cells
        if (exercise.id, exercise.name) in CHECK.findall(cell.source)
    ]
    assert cells
    for cell in cells:
        firsts = [text.splitlines()[0] for text in said(cell, subject)]
        assert firsts == [f"✓ {subject} passed"]


@pytest.mark.parametrize(
    "path", notebook_paths(), ids=lambda path: f"{path.parent.name}/{path.stem}"
)
def test_a_notebook_sets_and_checks_only_what_is_registered(path):
    source = "\n".join(cell.source for cell in read(path).cells)
    numbers = {exercise.number for exercise in EXERCISES.values()}
    assert {number for number, _, _ in BLOCK.findall(source)} <= numbers
    assert {id for id, _ in CHECK.findall(source)} <= set(EXERCISES)
    if CHECK.search(source):
        assert len(re.findall(r"^from minigpt\.exercises import .*\bcheck\b", source, re.M)) == 1
    assert not re.search(r"^progress\(", source, re.M), "its output belongs to one machine"
