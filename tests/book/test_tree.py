"""The README's map of the tree shows what is there, and all of it."""

import re
from pathlib import PurePosixPath

HEADING = "## The tree"


def entries(readme: str) -> set[str]:
    """Read the map: names, two spaces, what they are; indented names are in the folder above."""
    assert HEADING in readme, f"README.md has no heading {HEADING!r}"
    block = re.search(r"^```\w*\n(.*?)^```", readme.split(HEADING, 1)[1], re.M | re.S).group(1)
    found, folders = set(), {}
    for line in filter(str.strip, block.splitlines()):
        indent = len(line) - len(line.lstrip())
        above = [folders[i] for i in sorted(folders) if i < indent][-1:]
        names = re.split(r"\s{2,}", line.strip())[0].split(" ")
        paths = [str(PurePosixPath(*above, name)) for name in names if name != "·"]
        folders = {i: folder for i, folder in folders.items() if i < indent} | {indent: paths[-1]}
        found.update(paths)
    return found


def test_the_map_is_read_as_it_is_drawn():
    block = (
        "a.md b.md  two files\nlib/minigpt/  the library\n  attention.py  it\nout/  end\n  x  y\n"
    )
    expected = {"a.md", "b.md", "lib/minigpt", "lib/minigpt/attention.py", "out", "out/x"}
    assert entries(f"{HEADING}\n\nText.\n\n```\n{block}```\n") == expected


def test_everything_on_the_map_exists(root):
    shown = entries((root / "README.md").read_text(encoding="utf-8"))
    assert [name for name in sorted(shown) if not (root / name).exists()] == []


def test_everything_tracked_at_the_top_is_on_the_map(root, tracked):
    shown = entries((root / "README.md").read_text(encoding="utf-8"))
    tops = {path.parts[0] for path in tracked}
    assert sorted(tops - {PurePosixPath(name).parts[0] for name in shown}) == []


def test_every_module_of_the_library_is_on_the_map(root, tracked):
    shown = entries((root / "README.md").read_text(encoding="utf-8"))
    below = [path.parts[2] for path in tracked if path.parts[:2] == ("lib", "minigpt")]
    modules = {f"lib/minigpt/{name}" for name in below if not name.startswith("_")}
    assert sorted(modules - shown) == []
