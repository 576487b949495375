"""Who follows the guides in CONTRIBUTING.md word for word arrives: a test does, in a copy."""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tools.stored import ROOT

HERE_ALONE = shutil.ignore_patterns(".*", "_build", "runs", "__pycache__")
GUIDES = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")
COMMANDS = re.findall(r"^```bash\n(.*?)^```", GUIDES, re.MULTILINE | re.DOTALL)
(PAGES,) = re.findall(r"^```yaml\n(.*?)^```", GUIDES, re.MULTILINE | re.DOTALL)
IMPORT, REASON = re.findall(r"^```python\n(.*?)^```", GUIDES, re.MULTILINE | re.DOTALL)

pytestmark = pytest.mark.skipif(
    (ROOT / "chapters" / "99_shares.ipynb").exists(), reason="somebody follows the guides here"
)


@pytest.fixture(scope="module")
def book(tmp_path_factory):
    copy = tmp_path_factory.mktemp("guides") / "book"
    return shutil.copytree(ROOT, copy, ignore=HERE_ALONE)


def run(book, command):
    bin = Path(sys.executable).parent
    path = os.pathsep.join([str(book / "lib"), str(book)])
    here = re.sub(r"^git .*$", "", command, flags=re.MULTILINE).replace(".venv/bin", str(bin))
    return subprocess.run(
        ["bash", "-ec", here],
        cwd=book,
        env={**os.environ, "PYTHONPATH": path},
        capture_output=True,
        text=True,
    )


def insert(path, line, before):
    text = path.read_text(encoding="utf-8")
    assert text.count(before) == 1
    path.write_text(text.replace(before, line + before), encoding="utf-8")


def test_the_guides_lead_to_a_chapter_with_an_exercise_and_a_figure(book):
    begin, execute, compare, exercise, pages, figure = COMMANDS
    assert run(book, begin).returncode == 0
    chapter, solutions = PAGES.splitlines(keepends=True)
    insert(book / "_toc.yml", chapter, "  - caption: Solutions\n")
    insert(book / "_toc.yml", solutions, "  - caption: Appendices\n")
    figures = book / "lib" / "minigpt" / "figures" / "__init__.py"
    insert(figures, IMPORT, "from minigpt.figures.softmax_sculptor")
    insert(figures, '    "Shares",\n', '    "SoftmaxSculptor",')

    done = run(book, execute)
    assert done.stdout.endswith("In order: 2 notebooks.\n"), done.stderr
    first = run(book, exercise)
    failed = re.findall(r"^FAILED .*::(\w+)", first.stdout, re.MULTILINE)
    assert failed == ["test_every_mutant_is_turned_away_or_is_right_for_a_reason"], first.stdout
    assert "return x / x.sum(axis=1, keepdims=True)" in first.stdout
    insert(book / "tools" / "equivalent.py", REASON, '    "5.1": {')
    together = " ".join(c.replace(".venv/bin/pytest", "") for c in (compare, pages, figure))
    for command in (exercise, ".venv/bin/pytest " + re.sub(r'\n|-k "99"', " ", together)):
        done = run(book, command)
        assert done.returncode == 0, done.stdout


def test_the_tests_that_the_guides_name_are_there():
    there = {
        path.name
        for folder in ("tests", "tools/example")
        for path in (ROOT / folder).rglob("test_*.py")
    }
    named = set(re.findall(r"\btest_[a-z_0-9]+\.py", GUIDES))
    assert len(named) > 5
    assert named - there == set()


def test_the_example_is_a_chapter_of_its_own():
    paths = [p.relative_to(ROOT / "tools/example") for p in (ROOT / "tools/example").rglob("*.*")]
    assert [str(path) for path in paths if (ROOT / path).is_file()] == []
