"""The tables of the page that says how the book is checked: each counts by running."""

import os
import platform
import re
import time
from collections.abc import Iterable
from pathlib import Path

import minigpt.figures
from minigpt.exercises.exercise import Exercise
from minigpt.exercises.judge import judge
from minigpt.exercises.registry import EXERCISES
from minigpt.exercises.verdict import NOT_YET, PASSED, Verdict
from minigpt.figures.base import Figure
from tools.equivalent import EQUIVALENT
from tools.mutations import Mutant, judged
from tools.notebooks import execute
from tools.prose import PROSE_NUMBER, claims, stray_numbers, visible_text
from tools.stored import notebook_paths, read

OF = "\N{NO-BREAK SPACE}of\N{NO-BREAK SPACE}"
UNEXCUSED = "**It is not.** The check should turn it away."

Row = list[str]
Judged = list[tuple[Mutant, Verdict]]


def table(head: Row, rows: Iterable[Row]) -> str:
    """Write a Markdown table; columns of numbers stand on the right.

    Raises: nothing.
    Source: this book.
    """
    rows = [[cell.replace("|", r"\|") for cell in row] for row in rows]
    columns = zip(*rows, strict=True)
    numbers = [all(cell[:1].isdigit() or not cell for cell in column) for column in columns]
    line = ["---:" if right else "---" for right in numbers]
    return "\n".join(f"| {' | '.join(row)} |" for row in [head, line, *rows])


def link(path: Path) -> str:
    """Point from the page to a notebook, by its title.

    Raises: OSError when there is no such notebook.
    Source: this book.
    """
    title = re.search(r"^# (.*)$", read(path).cells[0].source, re.MULTILINE)
    return f"[{title[1]}](../{path.parent.name}/{path.name})"


def pointer(exercise: Exercise) -> str:
    """Point from the page to an exercise; the build fails where no chapter has it.

    Raises: nothing.
    Source: this book.
    """
    return f"[{exercise.id}](#ex-{exercise.number.replace('.', '-')})"


def exercise_row(exercise: Exercise, mutants: Judged) -> Row:
    """Say what an exercise asks for, and how its check did.

    Raises: nothing.
    Source: this book.
    """
    away = sum(verdict.status != PASSED for _, verdict in mutants)
    return [
        pointer(exercise),
        f"{exercise.title} `{exercise.name}`",
        str(exercise.minutes),
        exercise.difficulty,
        f"{told(exercise)}{OF}{len(exercise.slips)}",
        f"{passed(exercise)}{OF}{len(exercise.right)}",
        f"{away}{OF}{len(mutants)}",
        str(len(mutants) - away),
    ]


def told(exercise: Exercise) -> int:
    """Count the slips that are rejected with their own message and no other's.

    Raises: nothing.
    Source: this book.
    """
    messages = {slip.message for slip in exercise.slips}
    verdicts = [(judge(exercise, slip.function), slip.message) for slip in exercise.slips]
    return sum(
        verdict.status == NOT_YET and messages & set(verdict.lines) == {own}
        for verdict, own in verdicts
    )


def passed(exercise: Exercise) -> int:
    """Count the right variants that pass.

    Raises: nothing.
    Source: this book.
    """
    return sum(judge(exercise, right.function).status == PASSED for right in exercise.right)


def reason(exercise: Exercise, mutant: Mutant) -> str:
    """Say why a mutant that passes is as right as the reference; or that nobody has said so.

    Raises: nothing.
    Source: this book.
    """
    return EQUIVALENT.get(exercise.id, {}).get(mutant.name, UNEXCUSED)


def total(rows: list[Row]) -> Row:
    """Add up the columns of counts: "3 of 4", "5".

    Raises: nothing.
    Source: this book.
    """
    counts = [[map(int, cell.split(OF)) for cell in column] for column in zip(*rows, strict=True)]
    sums = [" of ".join(str(sum(part)) for part in zip(*column, strict=True)) for column in counts]
    return ["All", "", "", "", *sums]


def exercises_tables() -> tuple[str, str]:
    """Give a row for each function that is asked for; and one for each mutant that passes.

    Raises: nothing.
    Source: this book.
    """
    tried = [(exercise, judged(exercise)) for exercise in EXERCISES.values()]
    head = ["No.", "Function", "Min.", "Difficulty", "Slips", "Right", "Mutants", "As right"]
    equivalent = [
        [pointer(exercise), f"`{mutant.name}`", reason(exercise, mutant)]
        for exercise, mutants in tried
        for mutant, verdict in mutants
        if verdict.status == PASSED
    ]
    rows = [exercise_row(*pair) for pair in tried]
    return (
        table(head, [*rows, total([row[4:] for row in rows])]),
        table(["Exercise", "Equivalent mutant", "Why it is as right"], equivalent),
    )


def figures_table() -> str:
    """Give a row for each figure, with the notebooks whose stored outputs hold it.

    Raises: nothing.
    Source: this book.
    """
    pages = [(path, path.read_text(encoding="utf-8")) for path in notebook_paths()]

    def row(figure: type[Figure]) -> Row:
        mark = rf"data-figure=\"{figure.module}\""  # as it stands in JSON
        homes = [link(path) for path, text in pages if mark in text]
        name = figure.module.replace("_", " ").capitalize()
        shows = figure.__doc__.splitlines()[0]
        return [name, f"`{figure.__name__}`", shows, ", ".join(homes) or "–"]

    figures = [getattr(minigpt.figures, name) for name in minigpt.figures.__all__]
    return table(["Figure", "Class", "What it shows", "Where it stands"], map(row, figures))


def notebook_row(path: Path, measure: bool) -> Row:
    """Say how long a notebook is, how many of its numbers stand in its outputs, what it takes.

    Raises: what `execute` raises.
    Source: this book.
    """
    notebook = read(path)
    texts = [cell.source for cell in notebook.cells if cell.cell_type == "markdown"]
    outputs = [output for cell in notebook.cells for output in cell.get("outputs", [])]
    shown = "\n".join(map(visible_text, outputs))
    every = sum(len(PROSE_NUMBER.findall(text)) for text in texts)
    claimed = sum(len(PROSE_NUMBER.findall(claims(text))) for text in texts)
    stray = sum(len(stray_numbers(text, shown)) for text in texts)
    start = time.perf_counter()
    if measure:
        execute(notebook, path)
    seconds = f"{time.perf_counter() - start:.0f} s"
    cells, found = str(len(notebook.cells)), f"{claimed - stray}{OF}{claimed}"
    return [link(path), cells, found, str(every - claimed), seconds]


def notebooks_table(measure: bool) -> str:
    """Give a row for each notebook.

    Raises: what `notebook_row` raises.
    Source: this book.
    """
    head = ["Notebook", "Cells", "Numbers", "Exempt", "Time"]
    return table(head, [notebook_row(path, measure) for path in notebook_paths()])


def machine() -> str:
    """Say what can be seen of the machine, and of what runs on it.

    Raises: nothing.
    Source: this book.
    """
    system, python = f"{platform.system()} on {platform.machine()}", platform.python_version()
    return f"a machine with {os.cpu_count()} cores ({system}) and Python {python}"
