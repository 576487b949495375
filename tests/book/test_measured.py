"""The page of measurements says what the measuring commands have left, and they measure."""

import json
import os
import subprocess
import sys
import tomllib

import pytest
from nbformat.v4 import new_code_cell, new_notebook, new_output

from tools import elsewhere, measured
from tools.stored import ROOT, stored_text
from tools.survivors import SURVIVORS

# --- the page ---------------------------------------------------------------------------------


def test_the_page_says_what_the_files_say(capsys):
    assert measured.main(["--check"]) == 0, capsys.readouterr().out


def test_a_changed_number_is_noticed(monkeypatch, capsys):
    real = measured.read

    def spoilt(name):
        found = real(name)
        if name == "steps":
            found["parts"]["steps"]["targets"][0]["measured"] += 0.1
        return found

    monkeypatch.setattr(measured, "read", spoilt)
    assert measured.main(["--check"]) == 1
    assert "+| training step" in capsys.readouterr().out


def test_a_bound_that_does_not_hold_is_said_aloud():
    target = {"what": "x", "measured": 0.7312, "at_most": 0.65, "holds": False}
    assert measured._targets([target]).splitlines()[-1] == "| x | 0.731 | at most 0.65 | **no** |"


def test_whether_a_bound_holds_is_what_its_numbers_say():
    """No file claims what its own numbers deny."""
    seen = 0
    for name in measured.PARTS:
        for target in measured.read(name)["parts"][name]["targets"]:
            low, high = target.get("at_least", -1e99), target.get("at_most", 1e99)
            assert target["holds"] is (low <= target["measured"] <= high), target
            seen += 1
    assert seen > 15


def test_nothing_was_lost_in_any_attack():
    rows = kept("faults")["rows"]
    assert all(row["held"] == row["times"] > 0 for row in rows)


def test_no_output_differs_elsewhere():
    assert not any(row["differ"] for row in kept("elsewhere")["elsewhere"])


def test_most_mutants_are_killed():
    rows = kept("mutants")["rows"]
    assert sum(row["killed"] for row in rows) >= 0.95 * sum(row["mutants"] for row in rows)


def test_every_mutant_that_lived_has_its_reason():
    """No fewer and no more, module by module; and all that pyproject.toml names were tried."""
    for row in kept("mutants")["rows"]:
        functions = [f for f in SURVIVORS if f.startswith(row["module"] + ".")]
        assert sum(len(SURVIVORS[f]) for f in functions) == row["survivors"], row["module"]
    tried = {row["module"].partition(".")[0] for row in kept("mutants")["rows"]}
    named = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["mutmut"]["only_mutate"]
    assert tried == {path.split("/")[2].removesuffix(".py") for path in named}


def kept(name):
    if not (measured.FOLDER / f"{name}.json").exists():
        pytest.skip(f"{name} was not measured since the last change")
    return measured.read(name)


# --- as if elsewhere --------------------------------------------------------------------------


@pytest.fixture
def notebook(tmp_path):
    """Three cells: one never changes, one tells of threads, one of instructions."""
    sources = {
        "print('the same')": "the same\n",
        "import os\nprint(os.environ['OMP_NUM_THREADS'])": "1\n",
        "print(os.environ.get('ATEN_CPU_CAPABILITY'))": "None\n",
    }
    cells = [
        new_code_cell(source, execution_count=i, outputs=[new_output("stream", text=printed)])
        for i, (source, printed) in enumerate(sources.items(), start=1)
    ]
    path = tmp_path / "chapters" / "99_odd.ipynb"
    path.parent.mkdir()
    path.write_text(stored_text(new_notebook(cells=cells)), encoding="utf-8")
    return path


def test_outputs_that_differ_elsewhere_are_named(notebook, tmp_path, capsys):
    found = tmp_path / "found.json"
    assert elsewhere.main(["--json", str(found), str(notebook)]) == 1
    rows = {row["machine"]: row for row in json.loads(found.read_text())["elsewhere"]}
    cell = "chapters/99_odd.ipynb, cell "
    assert {name: row["differ"] for name, row in rows.items()} == {
        "2 threads": [cell + "2"],
        "4 threads": [cell + "2"],
        "AVX2": [cell + "3"],
        "SSE": [cell + "3"],
        "1 thread, as stored": [],
    }
    assert all((row["notebooks"], row["cells"]) == (1, 3) for row in rows.values())
    assert f"  {cell}2" in capsys.readouterr().out


def test_the_switches_narrow_what_pytorch_uses():
    """Each set of switches is obeyed; otherwise the table would compare a machine with itself."""
    code = "import torch; print(torch.backends.cpu.get_cpu_capability())"
    told = {
        name: subprocess.run(
            [sys.executable, "-c", code],
            env={**os.environ, **settings},
            capture_output=True,
            text=True,
            check=True,
        ).stdout.strip()
        for name, settings in elsewhere.MACHINES.items()
        if "ATEN_CPU_CAPABILITY" in settings
    }
    assert told["SSE"] == "DEFAULT" and told["AVX2"] in ("AVX2", "DEFAULT")


def test_pictures_are_left_out():
    picture = new_output(
        "display_data", data={"image/png": "aGk=", "text/plain": "<Figure>", "image/svg+xml": "x"}
    )
    (told,) = elsewhere.told(new_notebook(cells=[new_code_cell("plot()", outputs=[picture])]))
    assert told[0]["data"] == {"text/plain": "<Figure>"}
