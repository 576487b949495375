"""The one form in which a notebook of the book is stored."""

from pathlib import Path

import nbformat
from nbformat import NotebookNode

ROOT = Path(__file__).resolve().parent.parent
FOLDERS = ("chapters", "solutions")
METADATA = {
    "kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"},
    "language_info": {"name": "python"},
}
KEPT_CELL_METADATA = ("mystnb", "tags")
# It names a widget by an id that is new in every run; the page draws from the other outputs.
WIDGET_VIEW = "application/vnd.jupyter.widget-view+json"


def notebook_paths(root: Path = ROOT) -> list[Path]:
    """List the book's notebooks, chapters first.

    Raises: nothing.
    Source: this book.
    """
    return [path for folder in FOLDERS for path in sorted((root / folder).glob("*.ipynb"))]


def read(path: Path) -> NotebookNode:
    """Read a notebook as it is stored.

    Raises: nbformat.reader.NotJSONError when the file is no notebook.
    Source: this book.
    """
    return nbformat.read(path, as_version=4)


def stored_text(notebook: NotebookNode) -> str:
    """Give the text in which a notebook is stored: sorted keys, one newline at the end.

    Raises: nothing.
    Source: this book.
    """
    return nbformat.writes(notebook, version=4).rstrip("\n") + "\n"


def normalise(notebook: NotebookNode, path: Path) -> NotebookNode:
    """Set in place all that would differ from run to run, or from editor to editor.

    Raises: nothing.
    Source: this book.
    """
    notebook.nbformat, notebook.nbformat_minor = 4, 5
    notebook.metadata = nbformat.from_dict(METADATA)
    for position, cell in enumerate(notebook.cells, start=1):
        cell.id = f"{_id_prefix(path)}-{position:02}"
        cell.metadata = nbformat.from_dict(
            {key: cell.metadata[key] for key in KEPT_CELL_METADATA if key in cell.metadata}
        )
        if "hide-input" in cell.metadata.get("tags", []):  # what the page folds, Lab folds too
            cell.metadata.jupyter = {"source_hidden": True}
        cell.source = cell.source.rstrip()
        for output in cell.get("outputs", []):
            _normalise_output(output)
    return notebook


def _id_prefix(path: Path) -> str:
    suffix = "-solution" if path.parent.name == "solutions" else ""
    return path.stem.replace("_", "-") + suffix


def _normalise_output(output: NotebookNode) -> None:
    if output.output_type == "error":
        # The frames carry paths and colours; the message is what the page is about.
        output.traceback = [f"{output.ename}: {output.evalue}"]
    output.get("data", {}).pop(WIDGET_VIEW, None)
