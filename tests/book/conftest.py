"""What the tests of the whole book look at."""

import fcntl
import subprocess
import sys
from pathlib import Path

import pytest

from tools.stored import ROOT


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
