"""What the chapters say of their exercises is what the registry says, and every one is solved."""

import ast
import inspect
import re

import pytest

from minigpt.exercises.judge import judge
from minigpt.exercises.registry import EXERCISES
from minigpt.exercises.verdict import NOT_ATTEMPTED
from tools.prose import visible_text
from tools.stored import ROOT, notebook_paths, read

CHECK = re.compile(r"""check\(["']([^"']*)["'], (\w+)\)""")
HINT = re.compile(r"^```\{dropdown\} Hint (\d): (.*?)\n(.*?)^```", re.MULTILINE | re.DOTALL)


@pytest.fixture(params=EXERCISES.values(), ids=EXERCISES.keys())
def exercise(request):
    return request.param


def notebook(folder, exercise):
    (path,) = (ROOT / folder).glob(f"{exercise.chapter:02}_*.ipynb")
    return read(path)


def sources(notebook, kind):
    return [cell.source for cell in notebook.cells if cell.cell_type == kind]


def outputs(notebook):
    return [visible_text(output) for cell in notebook.cells for output in cell.get("outputs", [])]


def anchor(exercise):
    return exercise.number.replace(".", "-")


def the_question(exercise):
    label = f":label: ex-{anchor(exercise)}\n"
    texts = sources(notebook("chapters", exercise), "markdown")
    (text,) = (text for text in texts if label in text)
    return text


def test_the_heading_is_the_registrys(exercise):
    text = the_question(exercise)
    assert text.startswith(f"````{{exercise}} {exercise.number}. {exercise.title}\n")
    number, folder = anchor(exercise), f"../solutions/{exercise.chapter:02}_"
    time = rf"{exercise.difficulty}, (about {exercise.minutes} minutes|{exercise.minutes} minutes or more)"
    link = rf"\[Solution, explained\]\({re.escape(folder)}\w+\.ipynb#solution-{number}\)"
    assert re.search(rf"^\*{time}\. {link}\.\*", text, re.MULTILINE)


def test_the_hints_are_the_registrys(exercise):
    ours = [(str(n), hint.title, hint.text) for n, hint in enumerate(exercise.hints, start=1)]
    shown = HINT.findall(the_question(exercise))
    assert [(n, title, " ".join(text.split())) for n, title, text in shown] == ours


def the_stub(exercise):
    functions = [
        node
        for source in sources(notebook("chapters", exercise), "code")
        if f"def {exercise.name}(" in source
        for node in ast.parse(re.sub(r"^%", "#", source, flags=re.MULTILINE)).body
        if isinstance(node, ast.FunctionDef) and node.name == exercise.name
    ]
    return functions[-1]  # a chapter may build a function of this name on its way


def test_the_stub_takes_what_the_reference_takes_and_waits(exercise):
    stub, scope = the_stub(exercise), {}
    assert ast.get_docstring(stub)
    assert ast.unparse(stub.body[-1]) == "raise NotImplementedError"
    names = [argument.arg for argument in stub.args.args]
    assert names == list(inspect.signature(exercise.reference).parameters)
    exec(compile(ast.Module([stub], []), "stub", "exec"), scope)
    assert judge(exercise, scope[exercise.name]).status == NOT_ATTEMPTED


def test_the_check_stands_below_it_and_waits(exercise):
    chapter = notebook("chapters", exercise)
    call = f'check("{exercise.id}", {exercise.name})'
    assert sum(call in source for source in sources(chapter, "code")) == 1
    waits = f"○ {exercise.number}, {exercise.name}: not attempted"
    assert any(waits in text for text in outputs(chapter))


def test_the_solution_stands_where_the_link_leads_and_passes(exercise):
    solutions = notebook("solutions", exercise)
    number = anchor(exercise)
    text = "\n".join(sources(solutions, "markdown"))
    assert re.search(rf"^## Solution {re.escape(exercise.number)}$", text, re.MULTILINE)
    assert re.search(rf"^`+\{{solution\}} ex-{number}$", text, re.MULTILINE)
    call = f'check("{exercise.id}", {exercise.name})'
    assert any(call in source for source in sources(solutions, "code"))
    passed = f"✓ {exercise.number}, {exercise.name}: passed"
    assert any(passed in text for text in outputs(solutions))


def test_no_chapter_asks_what_the_registry_does_not_know():
    asked = re.compile(r"^`+\{exercise\} (\d+\.\d+)", re.MULTILINE)
    texts = [text for path in notebook_paths() for text in sources(read(path), "markdown")]
    numbers = {number for text in texts for number in asked.findall(text)}
    assert numbers == {exercise.number for exercise in EXERCISES.values()}


@pytest.mark.parametrize(
    "path", notebook_paths(), ids=lambda path: f"{path.parent.name}/{path.stem}"
)
def test_a_notebook_checks_what_is_registered_and_shows_no_progress(path):
    code = "\n".join(sources(read(path), "code"))
    assert {id for id, _ in CHECK.findall(code)} <= set(EXERCISES)
    if CHECK.search(code):
        assert len(re.findall(r"^from minigpt\.exercises import .*\bcheck\b", code, re.M)) == 1
    assert not re.search(r"^progress\(", code, re.M), "its output belongs to one machine"
