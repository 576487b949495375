"""What the tests of the whole book look at."""

import fcntl
import re
import subprocess
import sys
from pathlib import Path

import pytest

from tools.prose import visible_text
from tools.stored import ROOT, read


@pytest.fixture(scope="session")
def root() -> Path:
    return ROOT


@pytest.fixture(scope="session")
def tracked() -> list[Path]:
    """Every file under version control that is there, relative to the root."""
    listing = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, text=True)
    if listing.returncode:
        pytest.skip("this is no git checkout: no list of tracked files")
    paths = (Path(name) for name in listing.stdout.split("\0") if name)
    return [path for path in paths if (ROOT / path).is_file()]


@pytest.fixture(scope="module")
def chapter(request) -> list:
    """The cells of the chapter that the test module names as its NOTEBOOK."""
    return read(ROOT / "chapters" / request.module.NOTEBOOK).cells


@pytest.fixture(scope="module")
def solution(request) -> list:
    """The cells of that chapter's solutions."""
    return read(ROOT / "solutions" / request.module.NOTEBOOK).cells


@pytest.fixture(scope="module")
def text(chapter) -> str:
    """What the chapter says, with single spaces."""
    return says(chapter)


@pytest.fixture(scope="module")
def output(chapter) -> str:
    """What the chapter prints, line by line, with single spaces."""
    return shows(chapter)


@pytest.fixture(scope="module")
def answers(solution) -> str:
    """What the solutions say, with single spaces."""
    return says(solution)


@pytest.fixture(scope="module")
def worked(solution) -> str:
    """What the solutions print, line by line, with single spaces."""
    return shows(solution)


def says(cells: list) -> str:
    return " ".join(" ".join(c.source for c in cells if c.cell_type == "markdown").split())


def shows(cells: list) -> str:
    texts = (visible_text(o) for c in cells for o in c.get("outputs", []))
    return "\n".join(re.sub(r" +", " ", text) for text in texts)


@pytest.fixture(scope="session")
def site(root, tmp_path_factory, worker_id) -> Path:
    """The book as a site: built once a run, by whichever worker asks first."""
    own = tmp_path_factory.getbasetemp()
    out = (own if worker_id == "master" else own.parent) / "site"
    out.mkdir(exist_ok=True)
    with (out / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not (out / "built").exists():
            build(root, out)
            (out / "built").touch()
    return out / "_build" / "html"


def build(root: Path, out: Path) -> None:
    book = [Path(sys.executable).with_name("jupyter-book"), "build", root, "--path-output", out]
    command = [*book, "-W", "-n", "--keep-going"]
    done = subprocess.run(command, cwd=out, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr + done.stdout
