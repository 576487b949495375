"""What `make mutants` says of the library's mutants, without waiting for them."""

import ast
import subprocess

import pytest

from tools import mutants
from tools.survivors import SURVIVORS

SAID = """
    minigpt.norms.x_rms_norm__mutmut_1: killed
    minigpt.norms.xǁRMSNormǁforward__mutmut_12: survived
    minigpt.tokenizer.base.x__by_id__mutmut_3: timeout
    minigpt.tokenizer.base.x__by_id__mutmut_4: no tests
    minigpt.tokenizer.base.x__by_id__mutmut_5: check was interrupted by user
    minigpt.cache.x_append__mutmut_1: not checked
"""
DIFF = """# minigpt.norms.x_rms_norm__mutmut_1: survived
--- src/minigpt/norms.py
+++ src/minigpt/norms.py
@@ -12,3 +12,3 @@
     mean = x.mean()
-    y = f(
-        x, -1
-    )
+    y = f(
+        x, +1
+    )
     return y
"""
REMOVED = DIFF.replace("+    y = f(\n+        x, +1\n+    )\n", "")


def test_outcomes_are_read_and_counted():
    found = mutants.outcomes(SAID)
    assert len(found) == 5 and not any("cache" in name for name in found)
    assert mutants.counts(found) == [
        {"module": "norms", "mutants": 2, "killed": 1, "survivors": 1},
        {"module": "tokenizer.base", "mutants": 3, "killed": 1, "survivors": 2},
    ]


def test_a_mutant_goes_by_its_function_and_its_changes():
    assert mutants.function_of("norms.x_rms_norm__mutmut_1") == "norms.rms_norm"
    assert mutants.function_of("a.b.x__by_id__mutmut_12") == "a.b._by_id"
    assert mutants.function_of("norms.xǁRMSNormǁ__init____mutmut_2") == "norms.RMSNorm.__init__"
    assert mutants.changes(DIFF) == "y = f(\nx, +1\n)"
    assert mutants.changes(REMOVED) == "- y = f(\n- x, -1\n- )"


def test_survivors_are_shown_by_mutmut(monkeypatch):
    asked = []
    monkeypatch.setattr(mutants, "mutmut", lambda *told: asked.append(told) or REMOVED)
    lived = mutants.survivors(mutants.outcomes(SAID))
    assert {name for name, _ in lived} == {"norms.RMSNorm.forward", "tokenizer.base._by_id"}
    assert [told[0] for told in asked] == ["show"] * 3


def test_only_listed_survivors_pass_and_all_of_them_must_live(monkeypatch):
    reasons = {"norms.f": {"x = 1": "why", "x = 2": "why"}, "cache.g": {"x = 3": "not tried"}}
    monkeypatch.setattr(mutants, "SURVIVORS", reasons)
    both = {("norms.f", "x = 1"), ("norms.f", "x = 2")}
    assert mutants.complaints(both, ["norms"]) == []
    assert mutants.complaints(both | {("norms.h", "x = 1")}, ["norms"]) == [
        "No reason in tools/survivors.py: norms.h\nx = 1"
    ]
    assert mutants.complaints(both, ["norms", "cache"]) == [
        "Listed, but killed or gone: cache.g\nx = 3"
    ]


@pytest.mark.parametrize(
    ("killed", "wrong", "well"),
    [(19, [], True), (18, [], False), (20, [], True), (20, ["Listed, but killed: f"], False)],
)
def test_nineteen_of_twenty_are_enough(capsys, killed, wrong, well):
    rows = [
        {"module": "norms", "mutants": 12, "killed": killed - 8, "survivors": 20 - killed},
        {"module": "a.b", "mutants": 8, "killed": 8, "survivors": 0},
    ]
    assert mutants.report(rows, wrong) == well
    said = capsys.readouterr().out
    assert ["all", "20", str(killed), str(20 - killed)] in [s.split() for s in said.splitlines()]
    assert all(line in said for line in wrong)


def test_mutmut_finds_the_library_the_tests_and_its_settings(tmp_path, monkeypatch):
    monkeypatch.setattr(mutants, "FOLDER", tmp_path / "below" / "mutants")
    for _ in range(2):
        mutants.lay_out()
        (mutants.FOLDER / "left.over").touch()
    assert (mutants.FOLDER / "src" / "minigpt" / "norms.py").is_file()
    assert (mutants.FOLDER / "tests" / "test_norms.py").is_file()
    assert "[tool.mutmut]" in (mutants.FOLDER / "pyproject.toml").read_text(encoding="utf-8")


def test_a_failure_of_mutmut_is_one(tmp_path, monkeypatch):
    monkeypatch.setattr(mutants, "FOLDER", tmp_path)
    with pytest.raises(subprocess.CalledProcessError):
        mutants.mutmut("show", "minigpt.norms.x_none__mutmut_1")


def functions(tree, above):
    for node in tree.body:
        if isinstance(node, ast.FunctionDef):
            yield f"{above}.{node.name}"
        elif isinstance(node, ast.ClassDef):
            yield from functions(node, f"{above}.{node.name}")


def test_every_survivor_is_of_the_library_and_has_a_reason(root):
    for function, reasons in SURVIVORS.items():
        parts = function.split(".")
        folder = 2 if parts[0] == "tokenizer" else 1
        path = root.joinpath("lib", "minigpt", *parts[:folder]).with_suffix(".py")
        tree = ast.parse(path.read_text(encoding="utf-8"))
        assert function in functions(tree, ".".join(parts[:folder]))
        assert all(change and reason for change, reason in reasons.items())
