"""One environment: pyproject.toml says what is needed, the lock file what it is, all else agrees."""

import re
import tomllib
from importlib import metadata
from itertools import chain

import pytest
import yaml
from packaging.requirements import Requirement
from packaging.specifiers import SpecifierSet
from packaging.utils import canonicalize_name


@pytest.fixture(scope="module")
def project(root):
    return tomllib.loads((root / "pyproject.toml").read_text(encoding="utf-8"))["project"]


@pytest.fixture(scope="module")
def needed(project):
    lines = chain(project["dependencies"], *project["optional-dependencies"].values())
    return {canonicalize_name(r.name): r for r in map(Requirement, lines)}


@pytest.fixture(scope="module")
def locked(root):
    """The packages of the lock file that this machine installs."""
    lines = re.findall(r"^[\w.-]+==.*?(?= \\?$)", (root / "requirements.lock").read_text(), re.M)
    here = [r for r in map(Requirement, lines) if r.marker is None or r.marker.evaluate()]
    return {canonicalize_name(r.name): next(iter(r.specifier)).version for r in here}


@pytest.fixture(scope="module")
def conda(root):
    return yaml.safe_load((root / "environment.yml").read_text(encoding="utf-8"))


def test_the_lock_file_satisfies_the_project(needed, locked):
    wanting = [
        name
        for name, requirement in needed.items()
        if name != "torch" and not requirement.specifier.contains(locked.get(name, "0"))
    ]
    assert wanting == []


def test_torch_is_exact_and_left_out_of_the_lock_file(needed, locked):
    assert re.fullmatch(r"==[\d.]+", str(needed["torch"].specifier))
    assert "torch" not in locked


def test_the_installed_packages_are_those_of_the_lock_file(locked):
    assert len(locked) > 100
    installed = {name: metadata.version(name) for name in locked}
    assert installed == locked


def test_conda_takes_the_same_python_and_torch(project, needed, conda):
    python = conda["dependencies"][0].removeprefix("python=")
    assert SpecifierSet(project["requires-python"]).contains(python)
    assert conda["dependencies"][-1]["pip"][-1] == str(needed["torch"])


def test_make_and_binder_then_install_the_lock_file_alike(root):
    after_torch = (root / "postBuild").read_text(encoding="utf-8")
    assert re.findall(r"-r (\S+)|(-e \.)", after_torch) == [("requirements.lock", ""), ("", "-e .")]
    assert "--require-hashes --no-deps -r requirements.lock" in after_torch
    assert re.search(r"\$\(TORCH\)\n.*bash postBuild\n", (root / "Makefile").read_text("utf-8"))
