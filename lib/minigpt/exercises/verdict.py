"""What is said to the learner, and how it looks: a box in a notebook, plain text elsewhere."""

import html
import re
import sys
from dataclasses import dataclass

PASSED, NOT_YET, NOT_ATTEMPTED = "passed", "not yet", "not attempted"
UNKNOWN, HINT = "no such exercise", "hint"
# Sign and word say the same as the colour (after Okabe and Ito, who keep apart what others mix).
LOOKS = {
    PASSED: ("✓", "#009E73"),
    NOT_YET: ("✗", "#D55E00"),
    NOT_ATTEMPTED: ("○", "#8A8A8A"),
    UNKNOWN: ("?", "#CC79A7"),
    HINT: ("→", "#0072B2"),
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
        word = "" if self.status == HINT else f": {self.status}"
        return f"{LOOKS[self.status][0]} {self.subject}{word}"

    def __repr__(self) -> str:
        printed = [f"  | {line}" for line in self.printed.splitlines()]
        said = ["It printed:", *printed] if printed else []
        return "\n  ".join([self.heading, *self.lines, *said])

    def _repr_html_(self) -> str:
        colour = LOOKS[self.status][1]
        box = (
            f"border: 1px solid {colour}; border-left-width: 0.5em; border-radius: 0.3em; "
            f"background: {colour}14; padding: 0.5em 0.8em; line-height: 1.5"
        )
        said = [f"<div>{marked(line)}</div>" for line in self.lines]
        if self.printed:
            pre = "margin: 0; padding: 0; border: 0; background: none; color: inherit"
            kept = html.escape(self.printed)
            said.append(f'<div>It printed:</div><pre style="{pre}">{kept}</pre>')
        heading = f"<div><strong>{html.escape(self.heading)}</strong></div>"
        return f'<div role="status" style="{box}">{heading}{"".join(said)}</div>'

    def show(self) -> None:
        """Show it: in a notebook as a box, elsewhere as text.

        Raises: nothing.
        Source: this book.
        """
        ipython = sys.modules.get("IPython")
        if ipython is not None and ipython.get_ipython() is not None:
            ipython.display.display(self)
        else:
            print(self)


def marked(text: str) -> str:
    """Turn `code` and *emphasis*, written as in Markdown, into HTML.

    Raises: nothing.
    Source: this book.
    """
    pieces = re.split(r"(`[^`]+`|\$[^$]+\$)", html.escape(text, quote=False))
    return "".join(
        f"<code>{piece[1:-1]}</code>"
        if piece.startswith("`")
        else piece
        if piece.startswith("$")
        else re.sub(r"\*(?=\S)([^*]+)(?<=\S)\*", r"<em>\1</em>", piece)
        for piece in pieces
    )
