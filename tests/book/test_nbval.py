"""A plain `pytest` run is red when a notebook is damaged: nbval and the linter together.

A small book with the project's own settings, tools and test of the notebooks; each chapter
but the first is damaged in one way.
"""

import shutil
import subprocess
import sys

import pytest
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook, new_output

from tools.stored import ROOT, normalise, stored_text

BORROWED = ("pyproject.toml", "conftest.py", "tools", "tests/book/test_notebooks.py")


def chapter(printed="0.5\n", count=2, source="print(x)"):
    return new_notebook(
        cells=[
            new_markdown_cell("# A title\n\nThe value is 0.5."),
            new_code_cell("x = 1 / 2\nprint('half')", execution_count=1, outputs=[text("half\n")]),
            new_code_cell(source, execution_count=count, outputs=[text(printed)]),
        ]
    )


def text(printed):
    return new_output("stream", name="stdout", text=printed)


CHAPTERS = {
    "01_good": chapter(),
    "02_digit": chapter(printed="0.50\n"),
    "03_raising": chapter(source="print(x)\n1 / 0"),
    "04_no_count": chapter(count=None),
    "05_error_stored": chapter(source="print(x)"),
    "06_other_svg": chapter(source="from IPython.display import SVG\nSVG(f'<svg>{x}</svg>')"),
}
CHAPTERS["06_other_svg"].cells[2].outputs[0] = new_output(
    "display_data",
    data={"image/svg+xml": "<svg>0.25</svg>", "text/plain": "<IPython.core.display.SVG object>"},
)
CHAPTERS["05_error_stored"].cells[2].outputs.append(
    new_output("error", ename="ZeroDivisionError", evalue="division by zero", traceback=[])
)


@pytest.fixture(scope="module")
def report(tmp_path_factory):
    book = tmp_path_factory.mktemp("book")
    for name in BORROWED:
        copy = shutil.copytree if (ROOT / name).is_dir() else shutil.copy
        (book / name).parent.mkdir(parents=True, exist_ok=True)
        copy(ROOT / name, book / name)
    for folder in ("chapters", "solutions"):
        (book / folder).mkdir()
        for name, notebook in CHAPTERS.items():
            if folder == "solutions":
                notebook = new_notebook(cells=[new_markdown_cell("# Solutions")])
            path = book / folder / f"{name}.ipynb"
            path.write_text(stored_text(normalise(notebook, path)))
    run = [sys.executable, "-m", "pytest", "-rA", "-p", "no:cacheprovider", "--color=no"]
    return subprocess.run(run, cwd=book, capture_output=True, text=True)


def test_the_damaged_book_is_red(report):
    assert report.returncode == 1, report.stdout + report.stderr


def test_the_good_chapter_passes(report):
    for cell in (0, 1):
        assert f"PASSED chapters/01_good.ipynb::Cell {cell}" in report.stdout
    assert "chapters/01_good.ipynb," not in report.stdout


def test_a_drawing_is_not_compared(report):
    assert "PASSED chapters/06_other_svg.ipynb::Cell 1" in report.stdout


@pytest.mark.parametrize("name", ["02_digit", "03_raising", "05_error_stored"])
def test_nbval_sees_another_digit_and_another_error(report, name):
    assert f"PASSED chapters/{name}.ipynb::Cell 0" in report.stdout
    assert f"FAILED chapters/{name}.ipynb::Cell 1" in report.stdout


def test_the_linter_sees_a_cell_that_never_ran(report):
    assert "FAILED tests/book/test_notebooks.py" in report.stdout
    assert "chapters/04_no_count.ipynb, cell 3: execution count None, not 2" in report.stdout


def test_the_linter_sees_an_error_that_no_tag_announces(report):
    assert "chapters/05_error_stored.ipynb, cell 3: an error that no tag announces" in report.stdout
