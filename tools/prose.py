"""What the Markdown of a notebook says in its own words, and the numbers in it."""

import html
import re
from decimal import Decimal

from nbformat import NotebookNode

# "section 3.2.3", "exercises 5.1 and 5.2", "GPT-3.5"
POINTER = (
    r"(?<!\w)(?:sections?|§|eqs?\.|equations?|tables?|figures?|fig\.|chapters?|exercises?|"
    r"solutions?|appendix|versions?|pages?|Python|CC BY|GPT)[\s~-]*"
    r"\d+(?:\.\d+)+(?:(?:,\s*|\s+and\s+|\s+or\s+|\s+to\s+|–|-)\d+(?:\.\d+)+)*"
)
# Each pattern takes away what is not the author's own claim about a number.
NOT_A_CLAIM = [
    re.compile(pattern, re.MULTILINE | re.DOTALL | re.IGNORECASE)
    for pattern in (
        r"<!--.*?-->",
        r"^\s*%[^\n]*$",  # a comment
        r"^[ \t]*>[^\n]*$",  # a quoted claim
        r"^[ \t]*:[\w-]+:[^\n]*$",  # a directive's option
        r"^\([\w:.-]+\)=[ \t]*$",  # a label
        r"(?<=\$\$)[ \t]*\([\w:.-]+\)",  # an equation's label
        r"\{(?!math\b)[a-z][\w:.-]*\}`[^`]*`",  # a role: a citation or a pointer
        r"(?<=\])\([^)\s]*\)",  # where a link goes
        r"https?://[^\s>)]+",
        r"“(?:(?!\n\s*\n)[^”])*”",
        r'"(?:(?!\n\s*\n)[^"])*"',
        POINTER,
    )
]
CODE = re.compile(
    r"^([ \t]*)(`{3,}+|~{3,}+)(?!\{)[^\n]*\n.*?^\1\2`*[ \t]*$", re.MULTILINE | re.DOTALL
)
INLINE_CODE = re.compile(r"(?<!`)(`{1,2})(?!`).+?(?<!`)\1(?!`)", re.DOTALL)
THOUSANDS = r"\d{1,3}(?:,\d{3})+|\d+"
EXPONENT = r"(?:[eE][-+−]?\d+)?"
PROSE_NUMBER = re.compile(
    rf"(?:(?<![\w)\]}}])[-−])?(?<![A-Za-z0-9.])(?:{THOUSANDS})\.\d+{EXPONENT}(?!\.?\d)"
)
OUTPUT_NUMBER = re.compile(rf"[-−]?(?:(?:{THOUSANDS})\.\d*|\.\d+){EXPONENT}")


def claims(markdown: str) -> str:
    """Give the text that speaks for itself: no quotations, citations, pointers or options.

    Raises: nothing.
    Source: this book.
    """
    for pattern in NOT_A_CLAIM:
        markdown = pattern.sub(" ", markdown)
    return markdown


def without_code(markdown: str) -> str:
    """Take away code, fenced or inline; directives stay, for they hold prose.

    Raises: nothing.
    Source: this book.
    """
    return INLINE_CODE.sub(" ", CODE.sub(" ", markdown))


def visible_text(output: NotebookNode) -> str:
    """Give what a reader can read of an output; pictures, scripts and styles say nothing.

    Raises: nothing.
    Source: this book.
    """
    data = output.get("data", {})
    page = re.sub(r"<(script|style)\b.*?</\1>", " ", data.get("text/html", ""), flags=re.DOTALL)
    parts = [output.get("text", ""), output.get("evalue", ""), data.get("text/plain", "")]
    parts += [html.unescape(re.sub(r"<[^>]*>", " ", page))]
    parts += [data.get("text/markdown", ""), data.get("text/latex", "")]
    return "\n".join(part for part in parts if part)


def stray_numbers(markdown: str, outputs: str) -> list[str]:
    """List the decimal numbers claimed in a text that stand nowhere in the outputs.

    0.36 stands in an output 0.3600, but not in 0.357; a sign must stand there too.
    Raises: nothing.
    Source: this book.
    """
    shown = {value for found in OUTPUT_NUMBER.findall(outputs) for value in _readings(found)}
    claimed = PROSE_NUMBER.findall(claims(markdown))
    return [number for number in claimed if _value(number) not in shown]


def _readings(number: str) -> set[Decimal]:
    """An output -1.5e-3 also shows 1.5e-3, and -1.5 for those who write the power beside it."""
    mantissa = re.split("[eE]", number)[0]
    values = {_value(number), _value(mantissa)}
    return values | {abs(value) for value in values}


def _value(number: str) -> Decimal:
    return Decimal(number.replace(",", "").replace("−", "-"))
