"""How the page counts that says how the book is checked.

That it says what is counted, tests/exercises/test_mutants.py finds: there the mutants are judged.
"""

import re
from dataclasses import replace

import pytest
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook, new_output

from minigpt.exercises.exercise import Slip, Variant
from minigpt.exercises.registry import EXERCISES
from minigpt.exercises.verdict import PASSED, Verdict
from tools import report, tables
from tools.mutations import Mutant
from tools.stored import notebook_paths, read, stored_text

FIRST = next(iter(EXERCISES.values()))


def of(count, all):
    return f"{count}\u00a0of\u00a0{all}"


@pytest.fixture(scope="module")
def stored():
    return report.REPORT.read_text(encoding="utf-8")


def test_the_times_and_the_machine_may_differ(stored):
    elsewhere = re.sub(r"\d+ s \|$", "999 s |", stored, flags=re.MULTILINE)
    elsewhere = re.sub(r"a machine with .*", "another machine.", elsewhere)
    assert elsewhere.count("999 s |") == len(notebook_paths())
    assert report.differences(stored, elsewhere) == []


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (r"\| (\d+)\sof", r"| 1\1 of"),
        (r"of\s(\d+) \|", r"of 1\1 |"),
        (r"\[7\.2\]", "[7.5]"),
        ("Quiz", "Quizz"),
        (r"\| (\d+) \| (\d+\sof)", r"| 1\1 | \2"),
        (r"\n\| \[.*solutions.*", ""),
        ("No number in the tables", "Any number in the tables"),
        ("The times are those of", "The times are these of"),
        (r"\Z", "One more line.\n"),
    ],
)
def test_an_edited_page_differs(stored, old, new):
    edited = re.sub(old, new, stored, count=1)
    assert edited != stored
    assert report.differences(stored, edited)


def test_a_slip_more_is_another_row():
    more = Slip("none at all", lambda *args: 0.125, "A number, whatever came.")
    with_it = replace(FIRST, slips=(*FIRST.slips, more))
    before, after = tables.exercise_row(FIRST, []), tables.exercise_row(with_it, [])
    n = len(FIRST.slips)
    assert (before[4], after[4]) == (of(n, n), of(n + 1, n + 1))


def test_a_slip_that_is_given_anothers_message_is_not_told_by_name():
    first, second, *_ = FIRST.slips
    twin = replace(second, function=first.function)
    assert tables.told(replace(FIRST, slips=(first, twin))) == 1
    right = replace(second, function=FIRST.reference)
    assert tables.told(replace(FIRST, slips=(first, right))) == 1
    assert tables.told(replace(FIRST, slips=(first, second))) == 2


def test_a_variant_that_is_wrong_is_not_counted():
    wrong = Variant("a slip", FIRST.slips[0].function)
    assert tables.passed(replace(FIRST, right=(wrong, *FIRST.right))) == len(FIRST.right)


def test_mutants_that_pass_are_shown_with_their_reason_or_without(monkeypatch):
    verdicts = [("a → b", PASSED), ("b → c", PASSED), ("c → d", "not yet")]
    tried = [(Mutant(name, FIRST.reference), Verdict("", status)) for name, status in verdicts]
    monkeypatch.setattr(tables, "EXERCISES", {FIRST.id: FIRST})
    monkeypatch.setattr(tables, "EQUIVALENT", {FIRST.id: {"a → b": "Both are right."}})
    monkeypatch.setattr(tables, "judged", lambda exercise: tried)
    exercises, equivalent = tables.exercises_tables()
    assert exercises.count(f"| {of(1, 3)} | 2 |\n") == 1
    place = f"[{FIRST.id}](#ex-{FIRST.number.replace('.', '-')})"
    assert equivalent.splitlines()[2:] == [
        f"| {place} | `a → b` | Both are right. |",
        f"| {place} | `b → c` | {tables.UNEXCUSED} |",
    ]


def test_counts_are_added_up():
    rows = [[of(1, 2), "30"], [of(4, 8), "16"]]
    assert tables.total(rows) == ["All", "", "", "", "5 of 10", "46"]


def test_tables_are_aligned_and_a_bar_in_a_cell_ends_none():
    assert tables.table(["A", "B"], [["a | b", "1 of 2"], ["c", "3"]]).splitlines() == [
        "| A | B |",
        "| --- | ---: |",
        r"| a \| b | 1 of 2 |",
        "| c | 3 |",
    ]


def test_a_notebook_is_counted_and_run_and_left_as_it_is(tmp_path):
    text = '# Halves\n\nIt is 0.5, not 0.7; "about 0.4" they say in section 3.2, 12 times 1.25.'
    output = new_output("stream", name="stdout", text="0.50 and 1.25\n")
    cells = [new_markdown_cell(text), new_code_cell("print(1 / 4)", outputs=[output])]
    path = tmp_path / "chapters" / "98_halves.ipynb"
    path.parent.mkdir()
    path.write_text(stored_text(new_notebook(cells=cells)), encoding="utf-8")
    before = path.read_bytes()
    expected = ["[Halves](../chapters/98_halves.ipynb)", "2", of(2, 3), "2"]
    assert tables.notebook_row(path, measure=False) == [*expected, "0 s"]
    row = tables.notebook_row(path, measure=True)
    assert row[:-1] == expected
    assert re.fullmatch(r"\d+ s", row[-1])
    assert path.read_bytes() == before


def test_every_figure_is_found_where_it_stands(stored):
    row = next(line for line in stored.splitlines() if "| `Quiz` |" in line)
    homes = [
        f"../{path.parent.name}/{path.name}"
        for path in notebook_paths()
        if any("\nQuiz(" in f"\n{cell.source}" for cell in read(path).cells)
    ]
    assert homes
    assert re.findall(r"\]\((\S+)\)", row) == homes


def test_the_command_checks_or_writes(tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(report, "REPORT", tmp_path / "appendices" / "report.md")
    monkeypatch.setattr(report, "page", lambda measure: f"counted\n| {measure * 7} s |\n")
    assert report.main([]) == 0
    assert report.REPORT.read_text() == "counted\n| 7 s |\n"
    assert report.main(["--check"]) == 0
    report.REPORT.write_text("typed\n| 7 s |\n")
    capsys.readouterr()
    assert report.main(["--check"]) == 1
    assert "-typed\n+counted" in capsys.readouterr().out
    assert report.REPORT.read_text() == "typed\n| 7 s |\n"
