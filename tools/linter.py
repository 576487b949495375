"""What must hold in every notebook, and what nbval does not see."""

import re
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

from nbformat import NotebookNode

from tools.prose import claims, stray_numbers, visible_text, without_code
from tools.stored import normalise, read, stored_text

MOST_CELLS = 60
MOST_LINES = 20
SHORTEST_ALT = 20
# What both Jupyter Book 1 and MyST read.
DIRECTIVES = set(
    "note tip hint important warning caution seealso admonition dropdown exercise solution figure "
    "image math table list-table code-block grid grid-item grid-item-card card tab-set tab-item "
    "glossary bibliography".split()
)
ROLES = set("eq ref numref cite cite:t cite:p term doc prf:ref math sub sup abbr kbd".split())
DIRECTIVE = re.compile(r"^[ \t]*(?:`{3,}|:{3,}|~{3,})\{([^}\n]+)\}", re.MULTILINE)
ROLE = re.compile(r"\{([a-z][\w:.-]*)\}`")
BANNED = re.compile(r"\b(?:simply|just|obviously|powerful|let[’']s dive in)\b", re.IGNORECASE)
QUIZ = re.compile(r'\bQuiz\(\s*"""((?:.|\n)*?)"""')
QUOTED = re.compile(r'"""(?:.|\n)*?"""')  # a quiz, a story: text, not code
BLINDFOLD = re.compile(r"(?:nbval|remove)-|(?:NBVAL|PYTEST_VALIDATE)_")
# Each is looked for in what an output says.
UNWANTED = {
    "a warning": re.compile(r"\b\w*Warning:"),
    "a memory address": re.compile(r"\bat 0x[0-9a-fA-F]+"),
    "a progress bar": re.compile(r"\r|\d%\|"),
    "a timing": re.compile(
        r"\b\d+(?:\.\d+)?\s?(?:ns|µs|us|ms|secs?|seconds?|minutes?)\b|\b\d+\.\d+\s?s\b|\b\d+ s\b"
        r"|\b(?:it/s|s/it|per loop|CPU times|Wall time)\b"
    ),
    "an absolute path": re.compile(
        r"(?<![\w<.])/(?:home|Users|root|tmp|var|usr|opt|work|mnt|private|content)/|\b[A-Z]:\\\w"
    ),
}

Problems = Iterator[tuple[int, str]]  # the cell, counted from 1, and what is wrong with it


def counts_in_order(notebook: NotebookNode) -> Problems:
    """Every code cell was run, top to bottom, in one go: nbval skips a cell without a count.

    Raises: nothing.
    Source: this book.
    """
    expected = 1
    for position, cell in _cells(notebook, "code"):
        if cell.source.strip():
            if cell.execution_count != expected:
                yield position, f"execution count {cell.execution_count}, not {expected}"
            expected += 1


def errors_are_meant(notebook: NotebookNode) -> Problems:
    """A cell ends in an error when, and only when, it is tagged `raises-exception`.

    Raises: nothing.
    Source: this book.
    """
    for position, cell in _cells(notebook, "code"):
        raised = any(output.output_type == "error" for output in cell.outputs)
        if raised != ("raises-exception" in cell.metadata.get("tags", [])):
            yield position, "an error that no tag announces, or a tag raises-exception for none"


def outputs_are_clean(notebook: NotebookNode) -> Problems:
    """No output says what belongs to one machine or one moment.

    Raises: nothing.
    Source: this book.
    """
    for position, cell in _cells(notebook, "code"):
        for output in cell.outputs:
            if output.get("name") == "stderr":
                yield position, "something on stderr in an output"
            text = visible_text(output)
            for name, pattern in UNWANTED.items():
                if found := pattern.search(text):
                    yield position, f"{name} in an output: {found.group()!r}"


def nothing_is_hidden(notebook: NotebookNode) -> Problems:
    """No tag or comment keeps nbval from comparing a cell, or a reader from seeing it.

    Raises: nothing.
    Source: this book.
    """
    for position, cell in enumerate(notebook.cells, start=1):
        for text in [*cell.metadata.get("tags", []), *re.findall("#.*", cell.source)]:
            if BLINDFOLD.search(text):
                yield position, f"{text!r} hides the cell from the tests or from the reader"


def images_have_words(notebook: NotebookNode) -> Problems:
    """Every picture has a text alternative, and printed numbers beside or right after it.

    Raises: nothing.
    Source: this book.
    """
    cells = list(_cells(notebook, "code"))
    for index, (position, cell) in enumerate(cells):
        if not any(_has_image(output) for output in cell.outputs):
            continue
        alt = cell.metadata.get("mystnb", {}).get("image", {}).get("alt", "")
        if len(alt) < SHORTEST_ALT:
            yield position, f"an image whose mystnb.image.alt has under {SHORTEST_ALT} characters"
        near = [output for _, near in cells[index : index + 2] for output in near.outputs]
        text = "\n".join(map(visible_text, near))
        if not re.search(r"\d", re.sub(r"<Figure size.*>", "", text)):
            yield position, "an image with no printed number in its cell or the next"


def html_has_words(notebook: NotebookNode) -> Problems:
    """Every picture in an HTML output is named for those who do not see it; a figure has words.

    Raises: nothing.
    Source: this book.
    """
    named = re.compile(r"\baria-(?:label|labelledby|hidden)=|<svg\b[^>]*>\s*<title>|<img\b.*\balt=")
    for position, cell in _cells(notebook, "code"):
        for output in cell.outputs:
            page = output.get("data", {}).get("text/html", "")
            for tag in re.findall(r"<(?:svg|img)\b[^>]*>(?:\s*<title>)?", page):
                if not named.search(tag):
                    yield position, f"a picture without a name in an HTML output: {tag[:60]}"
            if 'class="aw-figure"' in page and not output.data.get("text/plain", "").strip():
                yield position, "a figure without words: its `in_words` is empty"


def syntax_is_shared(notebook: NotebookNode) -> Problems:
    """Directives and roles are those that both Jupyter Book 1 and MyST read.

    Raises: nothing.
    Source: this book.
    """
    for position, cell in _cells(notebook, "markdown"):
        for name in DIRECTIVE.findall(cell.source):
            if name not in DIRECTIVES and not name.startswith("prf:"):
                yield position, f"the directive {{{name}}} is not read by both builders"
        for name in ROLE.findall(cell.source):
            if name not in ROLES:
                yield position, f"the role {{{name}}} is not read by both builders"


def size_is_kept(notebook: NotebookNode) -> Problems:
    """A chapter and its code cells stay short enough to be read.

    Raises: nothing.
    Source: this book.
    """
    if len(notebook.cells) > MOST_CELLS:
        yield len(notebook.cells), f"{len(notebook.cells)} cells; {MOST_CELLS} are the most"
    for position, cell in _cells(notebook, "code"):
        lines = sum(1 for line in QUOTED.sub('""', cell.source).splitlines() if line.strip())
        if lines > MOST_LINES:
            yield position, f"{lines} lines of code; {MOST_LINES} are the most, 15 the aim"


def words_are_ours(notebook: NotebookNode) -> Problems:
    """Nobody is told that anything is easy or impressive.

    Raises: nothing.
    Source: this book.
    """
    for position, text in _prose(notebook):
        for word in BANNED.findall(claims(without_code(text))):
            yield position, f"the word {word!r} in the prose"


def numbers_are_shown(notebook: NotebookNode) -> Problems:
    """Every decimal number in the prose stands in one of the notebook's outputs.

    A quiz is prose: its numbers, too, must stand elsewhere.

    Raises: nothing.
    Source: this book.
    """
    cells = (cell for _, cell in _cells(notebook, "code") if not QUIZ.search(cell.source))
    shown = "\n".join(visible_text(output) for cell in cells for output in cell.outputs)
    for position, text in _prose(notebook):
        for number in stray_numbers(text, shown):
            yield position, f"the number {number} stands in no output of this notebook"


RULES = (
    counts_in_order,
    errors_are_meant,
    outputs_are_clean,
    nothing_is_hidden,
    images_have_words,
    html_has_words,
    syntax_is_shared,
    size_is_kept,
    words_are_ours,
    numbers_are_shown,
)


def check_notebook(path: Path) -> list[str]:
    """List what is wrong with one notebook, each with the file and the cell, counted from 1.

    Raises: nbformat.reader.NotJSONError when the file is no notebook.
    Source: this book.
    """
    name = f"{path.parent.name}/{path.name}"
    notebook = read(path)
    problems = [
        f"{name}, cell {position}: {text}" for rule in RULES for position, text in rule(notebook)
    ]
    if stored_text(normalise(notebook, path)) != path.read_text(encoding="utf-8"):
        problems.append(f"{name}: not as `make notebooks` stores it; run that")
    return problems


def check_book(paths: list[Path]) -> list[str]:
    """List what is wrong with the notebooks, and with all of them together.

    Raises: nbformat.reader.NotJSONError when a file is no notebook.
    Source: this book.
    """
    problems = [problem for path in paths for problem in check_notebook(path)]
    ids = Counter(cell.get("id") for path in paths for cell in read(path).cells)
    return problems + [f"{count} cells share the id {id}" for id, count in ids.items() if count > 1]


def _cells(notebook: NotebookNode, kind: str) -> Iterator[tuple[int, NotebookNode]]:
    numbered = enumerate(notebook.cells, start=1)
    return ((position, cell) for position, cell in numbered if cell.cell_type == kind)


def _prose(notebook: NotebookNode) -> Iterator[tuple[int, str]]:
    yield from ((position, cell.source) for position, cell in _cells(notebook, "markdown"))
    for position, cell in _cells(notebook, "code"):
        yield from ((position, text) for text in QUIZ.findall(cell.source))


def _has_image(output: NotebookNode) -> bool:
    return any(key.startswith("image/") for key in output.get("data", {}))
