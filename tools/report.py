"""Write the page that says how the book is checked; every number on it is counted anew.

python -m tools.report            count, measure, write appendices/report.md
python -m tools.report --check    count, and compare with the page; the times are left out
"""

import argparse
import difflib
import re
import sys

from tools.stored import ROOT
from tools.tables import exercises_tables, figures_table, machine, notebooks_table

REPORT = ROOT / "appendices" / "report.md"
# What is measured differs from run to run: the times, and the machine that took them.
MEASURED = re.compile(r"\d+ s(?= \|$)|(?<=^The times are those of )[^\n]*", re.MULTILINE)
PAGE = """\
# How this book is checked

A book that corrects its readers had better be corrected first. Each exercise knows some wrong
versions that people really write, its *slips*. Every slip has been handed to the check, as you
would hand in yours, and the check had to answer with the words meant for that slip and for no
other. Right answers written in odd ways had to pass. And since nobody thinks of every mistake, a
program made more: it changed each reference answer in one small place, a sign, an axis, a number,
or handed over what it gives in a wrong way, as another type or without its last row. All of these
*mutants* had to be turned away, unless one is as right as the original; then it stands below, with
the reason.

The pages are held to the same. Each notebook is run anew whenever the book is tested, and every
number that its text claims must stand in one of its outputs. None of this proves that a chapter
is clear, or that we have thought of *your* mistake. If a check turns away a right answer of
yours, it is the check that is wrong, and we should like to know.

No number in the tables is typed. `make report` counts them all by running what they count, and a
test does so again: add a slip, or change a digit on this page, and it fails. Only the times are
taken as they stand.

## Exercises

Each count says how many of how many: slips rejected with their own message and no other's; right
versions passed; mutants rejected, and how many are left that are as right as the reference. The
minutes are for the whole exercise, where it asks for several functions.

{exercises}

```{{dropdown}} The equivalent mutants, each with the reason
{equivalent}
```

## Figures

Every figure is one module with three homes: JupyterLab with a kernel, this site without one, and
paper, where a still picture and words carry the same numbers. Its mathematics, where it has any, is
compared with Python's through Node, to twelve decimals.

{figures}

## Notebooks

The decimal numbers in the text are looked up in the outputs of the same notebook, to the digit and
with their sign: so many found of so many. Those in a quotation, a citation or a name (section 3.2)
are exempt. The time is that of all cells in a fresh kernel, its start included.

{notebooks}

The times are those of {machine}, to whole seconds.
"""


def page(measure: bool) -> str:
    """Write the page; without measuring, all times are 0 s.

    Raises: what `notebook_row` raises.
    Source: this book.
    """
    exercises, equivalent = exercises_tables()
    return PAGE.format(
        exercises=exercises,
        equivalent=equivalent,
        figures=figures_table(),
        notebooks=notebooks_table(measure),
        machine=machine(),
    )


def differences(stored: str, counted: str) -> list[str]:
    """List the lines in which two pages differ, the measured parts apart.

    Raises: nothing.
    Source: this book.
    """
    before, after = (MEASURED.sub("…", text).splitlines() for text in (stored, counted))
    return list(difflib.unified_diff(before, after, "stored", "counted", lineterm="", n=0))


def main(arguments: list[str] | None = None) -> int:
    """Run the command; the result is the exit status.

    Raises: what `page` raises; OSError when there is no page to compare with.
    Source: this book.
    """
    parser = argparse.ArgumentParser(prog="python -m tools.report")
    parser.add_argument("--check", action="store_true", help="compare only, write nothing")
    options = parser.parse_args(arguments)
    counted = page(measure=not options.check)
    if not options.check:
        REPORT.parent.mkdir(exist_ok=True)
        REPORT.write_text(counted, encoding="utf-8")
    differ = differences(REPORT.read_text(encoding="utf-8"), counted)
    print("\n".join(differ) or "In order: the page says what is counted.")
    return 1 if differ else 0


if __name__ == "__main__":
    sys.exit(main())
