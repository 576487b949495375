"""Every notebook of the book keeps the rules; that its outputs are true is nbval's part."""

from tools.linter import check_book
from tools.stored import notebook_paths


def test_there_are_notebooks_and_all_are_in_order():
    paths = notebook_paths()
    problems = check_book(paths)
    assert paths
    assert not problems, "\n".join(problems)


def test_every_chapter_has_its_solutions():
    names = {folder: set() for folder in ("chapters", "solutions")}
    for path in notebook_paths():
        names[path.parent.name].add(path.name)
    assert names["chapters"] == names["solutions"]
