"""Questions about a chapter: every answer is explained, the wrong ones too."""

import html
import re
import textwrap
from typing import Any

from traitlets import List, validate

from minigpt.errors import FigureError, problem
from minigpt.figures.base import Figure

OPTION = re.compile(r"\((x| )\) (.*\S)")
SPAN = re.compile(r"(`[^`]+`|\*\S[^*]*\*)")  # `code` and *emphasis*
FEWEST = 3
REMEDY = """this form

Which is a mammal?
( ) A carp
    No. It lays eggs, and never feeds its young.
(x) A whale
    Right. It has milk for its calf.
( ) A penguin
    No. It is a bird, and has no milk"""


class Quiz(Figure):
    """Questions with three options or more, of which one is right; each has its explanation.

    They are written as plain text: questions apart by an empty line, `( )` before a wrong option
    and `(x)` before the right one, and below each option, indented, why. `code` and *emphasis*
    are shown as such. `choices` has, for each question, the options chosen so far, counted from
    0: the first is the first try, the last is what stands.

    Raises: FigureError when a question is not of this form.
    Source: this book.
    """

    module = "quiz"
    questions = List().tag(sync=True)
    choices = List(List()).tag(sync=True)

    def __init__(self, text: str):
        blocks = re.split(r"\n\s*\n", textwrap.dedent(text).strip("\n"))
        questions = [_question(block, n) for n, block in enumerate(blocks, start=1)]
        super().__init__(questions=questions, choices=[[] for _ in questions])

    @property
    def score(self) -> int:
        """How many questions were answered right at the first try.

        Raises: nothing.
        Source: this book.
        """
        pairs = zip(self.questions, self.choices, strict=True)
        return sum(question["options"][tried[0]]["right"] for question, tried in pairs if tried)

    @property
    def picture(self) -> str:
        """The questions, their options, and behind each option why.

        Raises: nothing.
        Source: this book.
        """
        numbered = enumerate(self.questions, start=1)
        parts = [_section(question, n) for n, question in numbered]
        return "\n".join([*parts, f'<p class="aw-answers">{self._answers}</p>'])

    @property
    def still(self) -> str:
        """The picture alone: it is made of words.

        Raises: nothing.
        Source: this book.
        """
        return self.picture

    @property
    def in_words(self) -> str:
        """The questions and options, and the answers below.

        Raises: nothing.
        Source: this book.
        """
        lines = []
        for n, question in enumerate(self.questions, start=1):
            options = [f"   {_letter(i)}) {o['text']}" for i, o in enumerate(question["options"])]
            lines += [f"{n}. {question['text']}", *options, ""]
        return "\n".join([*lines, self._answers])

    @property
    def _answers(self) -> str:
        numbered = enumerate(self.questions, start=1)
        return f"Answers: {', '.join(f'{n} {_letter(_right(q))}' for n, q in numbered)}."

    @validate("choices")
    def _fit_the_questions(self, proposal: dict) -> Any:
        choices, sizes = proposal["value"], [len(q["options"]) for q in self.questions]
        fits = len(choices) == len(sizes) and all(
            isinstance(i, int) and 0 <= i < size
            for tried, size in zip(choices, sizes, strict=True)
            for i in tried
        )
        if not fits:
            needed = f"{len(sizes)} lists of options, counted from 0"
            raise FigureError(problem(needed, str(choices), f"{[[] for _ in sizes]} to start anew"))
        return choices


def _question(block: str, n: int) -> dict[str, Any]:
    """One question as data, from its lines."""
    text, options = [], []
    for line in block.splitlines():
        if found := OPTION.fullmatch(line.rstrip()):
            options.append({"text": found[2], "why": "", "right": found[1] == "x"})
        elif not options:
            text.append(line.strip())
        elif line[0].isspace():
            options[-1]["why"] = f"{options[-1]['why']} {line.strip()}".strip()
        else:
            needed = f"in question {n} an option, ( ) or (x), or an indented explanation"
            raise FigureError(problem(needed, repr(line), REMEDY))
    question = {"text": " ".join(text), "options": options}
    _check(question, n)
    return question


def _check(question: dict[str, Any], n: int) -> None:
    options = question["options"]
    whys, texts = ([option[key] for option in options] for key in ("why", "text"))
    right = sum(option["right"] for option in options)
    faults = {
        "no text before its options": not question["text"],
        f"{len(options)} options": len(options) < FEWEST,
        f"{right} right ones, marked (x)": right != 1,
        f"no explanation of {texts[whys.index('')]!r}" if "" in whys else "": "" in whys,
        "the same option twice": len(set(texts)) < len(texts),
        "the same explanation twice": len(set(whys)) < len(whys),
    }
    for came, wrong in faults.items():
        if wrong:
            needed = f"question {n} with a text and {FEWEST} options or more, one of them right"
            needed += ", each with an explanation of its own"
            raise FigureError(problem(needed, f"{came}: {question['text']!r}", REMEDY))


def _right(question: dict[str, Any]) -> int:
    return [option["right"] for option in question["options"]].index(True)


def _letter(i: int) -> str:
    return chr(ord("a") + i)


def _section(question: dict[str, Any], n: int) -> str:
    options = (
        f"<details><summary>{_letter(i)}) {_inline(option['text'])}</summary>"
        f"<p>{_inline(option['why'])}</p></details>"
        for i, option in enumerate(question["options"])
    )
    heading = f"<h3>Question {n}. {_inline(question['text'])}</h3>"
    return "\n".join(['<section class="aw-question">', heading, *options, "</section>"])


def _inline(text: str) -> str:
    """Escape a text, but for its `code` and *emphasis*."""
    tags = {"`": "code", "*": "em"}
    parts = (
        f"<{tags[part[0]]}>{html.escape(part[1:-1])}</{tags[part[0]]}>"
        if SPAN.fullmatch(part)
        else html.escape(part)
        for part in SPAN.split(text)
    )
    return "".join(parts)
