"""What the tests of the whole book look at."""

import subprocess
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
