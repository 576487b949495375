"""What must not be in the repository, and what must not be kept out of it."""

import re
import subprocess

import pytest

LARGEST = 2_000_000  # bytes
TEXT = {
    ".py",
    ".md",
    ".toml",
    ".yml",
    ".yaml",
    ".ipynb",
    ".cff",
    ".bib",
    ".mjs",
    ".css",
    ".svg",
    "",
}
PNG = re.compile(r'"iVBORw0KGgo[^"]*"')  # a stored picture, in whose letters anything may stand
# Written in two parts, so that they are not found here.
LEFT_OVER = re.compile(r"\b(?:TO" + r"DO|FIX" + r"ME|XX" + r"X)\b")
ELSEWHERE = re.compile(r"(?<![\w.<:/])/(?:home|Users|root|work)/" + r"\w")
UNSAFE = re.compile(
    r"^\s*(?:import|from)\s+(?:c?[pP]ickle|dill|joblib|shelve|marshal)\b"
    r"|torch\.load\(|allow_pickle\s*=\s*True",
    re.MULTILINE,
)


@pytest.fixture(scope="module")
def texts(root, tracked):
    return {
        str(path): PNG.sub('""', (root / path).read_text(encoding="utf-8"))
        for path in tracked
        if path.suffix in TEXT
    }


def found(texts, pattern):
    return {path: hit.group() for path, text in texts.items() if (hit := pattern.search(text))}


def test_no_large_file_is_tracked(root, tracked):
    """But for the models, which tests/book/test_models.py bounds together."""
    others = [path for path in tracked if path.parts[0] != "models"]
    assert [path for path in others if (root / path).stat().st_size > LARGEST] == []


def test_nothing_is_left_to_do(texts):
    assert found(texts, LEFT_OVER) == {}


def test_no_path_belongs_to_one_machine(texts):
    allowed = "tests/book/test_linter.py"  # it shows the linter such a path
    assert set(found(texts, ELSEWHERE)) - {allowed} == set()


def test_nothing_is_unpickled(texts):
    ours = {
        path: text
        for path, text in texts.items()
        if path.startswith(("lib/", "tools/", "chapters/", "solutions/"))
    }
    assert found(ours, UNSAFE) == {}


@pytest.mark.parametrize("line", ["import pickle", "    from pickle import loads", "torch.load(x)"])
def test_the_pattern_for_unpickling_finds_it(line):
    assert UNSAFE.search(line)


def test_the_library_is_not_ignored(root):
    paths = ["lib/minigpt/attention.py", "lib/minigpt/figures/figure.mjs", "chapters/x.ipynb"]
    check = subprocess.run(
        ["git", "check-ignore", "--no-index", *paths], cwd=root, capture_output=True, text=True
    )
    assert check.stdout == ""


def test_what_the_targets_make_is_ignored(root):
    paths = [".venv/x", "_build/html/x", "runs/hello/x", "lib/minigpt/__pycache__/x"]
    check = subprocess.run(
        ["git", "check-ignore", "--no-index", *paths], cwd=root, capture_output=True, text=True
    )
    assert check.stdout.split() == paths


def test_actions_are_pinned_by_commit_and_may_do_little(root):
    for path in (root / ".github" / "workflows").glob("*.yml"):
        text = path.read_text(encoding="utf-8")
        assert re.findall(r"uses:(?! \S+@[0-9a-f]{40} # v)", text) == [], path.name
        assert "\npermissions: {}\n" in text, path.name
        assert "secrets." not in text, path.name
