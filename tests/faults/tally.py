"""Counts of what was done to a run, and of how often it bore it."""

import json
from collections.abc import Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from pathlib import Path

HEADINGS = ("What was done", "Times", "What was required", "Held")


class Lost(AssertionError):
    """What was required did not hold; the message says what was seen."""


def require(holds: object, seen: object) -> None:
    """Insist on something, whatever Python's flags: `assert` falls silent under -O."""
    if not holds:
        raise Lost(str(seen))


@dataclass
class Row:
    """One thing that is done again and again, and what must hold each time."""

    what: str
    required: str
    times: int = 0
    held: int = 0
    note: str = ""
    lost: list[str] = field(default_factory=list)

    @contextmanager
    def trial(self, name: object, times: int = 1):
        """Count what happens inside; whatever is raised there, did not hold."""
        self.times += times
        try:
            yield
            self.held += times
        except Exception as error:  # of any kind: an attack must not end at the first loss
            seen = " ".join(str(error).split())
            self.lost.append(f"{name}: {type(error).__name__}: {seen}")


def table(rows: Sequence[Row]) -> str:
    """Lay the rows out in columns, with what was lost below."""
    cells = [HEADINGS, *((r.what, str(r.times), r.required, str(r.held)) for r in rows)]
    widths = [max(len(cell[i]) for cell in cells) for i in range(3)]
    lines = [
        f"{what:<{widths[0]}}  {times:>{widths[1]}}  {required:<{widths[2]}}  {held}"
        for what, times, required, held in cells
    ]
    notes = [f"{row.what}: {row.note}" for row in rows if row.note]
    return "\n".join([*lines, *notes, *(f"LOST {row.what}: {x}" for row in rows for x in row.lost)])


def write_json(path: str, rows: Sequence[Row], **about: object) -> None:
    """Write the rows, and what is known about the run that counted them."""
    content = {**about, "rows": [asdict(row) for row in rows]}
    Path(path).write_text(json.dumps(content, indent=1) + "\n", encoding="utf-8")
