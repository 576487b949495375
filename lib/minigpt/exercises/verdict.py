"""What is said to the learner, and how it looks: a box in a notebook, plain text elsewhere."""

import html
import re
import sys
from dataclasses import dataclass

PASSED, NOT_YET, NOT_ATTEMPTED = "passed", "not yet", "not attempted"
UNKNOWN, HINT = "no such exercise", "hint"
SIGNS = {PASSED: "✓", NOT_YET: "✗", NOT_ATTEMPTED: "○", UNKNOWN: "?", HINT: "→"}
COLOURS = {
    PASSED: "#009E73",
    NOT_YET: "#D55E00",
    NOT_ATTEMPTED: "#8A8A8A",
    UNKNOWN: "#CC79A7",
    HINT: "#0072B2",
}


@dataclass(frozen=True)
class Verdict:
    """A word, and up to three lines that explain it; and what the function printed.

    Source: this book.
    """

    subject: str
    status: str
    lines: tuple[str, ...] = ()
    printed: str = ""

    @property
    def heading(self) -> str:
        """The first line: sign, subject, status.

        Raises: nothing.
        Source: this book.
        """
        return f"{SIGNS[self.status]} {self.subject}: {self.status}"

    def __str__(self) -> str:
        printed = [f"Printed: {line}" for line in self.printed.splitlines()]
        return "\n  ".join([self.heading, *self.lines, *printed])

    __repr__ = __str__

    def _repr_html_(self) -> str:
        colour = COLOURS[self.status]
        style = f"border-left: 0.3em solid {colour}; padding: 0.4em 0.8em; margin: 0.3em 0"
        lines = "".join(f"<div>{marked(line)}</div>" for line in self.lines)
        printed = f"<pre>{html.escape(self.printed)}</pre>" if self.printed else ""
        heading = f"<strong>{html.escape(self.heading)}</strong>"
        return f'<div role="status" style="{style}"><div>{heading}</div>{lines}{printed}</div>'

    def show(self) -> None:
        """Show it where it is: in a notebook as a box, elsewhere as text.

        Raises: nothing.
        Source: this book.
        """
        ipython = sys.modules.get("IPython")
        if ipython is not None and ipython.get_ipython() is not None:
            ipython.display.display(self)
        else:
            print(self)


def marked(text: str) -> str:
    """Turn backticks and asterisks into HTML.

    Raises: nothing.
    Source: this book.
    """
    text = re.sub(r"`([^`]+)`", r"<code>\1</code>", html.escape(text))
    return re.sub(r"\*([^*]+)\*", r"<em>\1</em>", text)
