"""Change the library in one small place at a time, and see whether a test notices.

python -m tools.mutants                     every module that pyproject.toml names
python -m tools.mutants norms tokenizer     these alone
python -m tools.mutants --json FILE         and write the counts

mutmut makes the changed versions, the *mutants*, and runs for each the tests that call the
changed function. A mutant that passes them all *survives*: either it is as right as the original
and stands in tools/survivors.py with the reason, or a test is missing. Decorated functions, and
what stands outside of functions, mutmut leaves alone.
"""

import argparse
import json
import os
import re
import resource
import shutil
import subprocess
import sys
import time
from collections.abc import Collection
from pathlib import Path

from tools.notebooks import PINNED
from tools.stored import ROOT
from tools.survivors import SURVIVORS

FOLDER = ROOT / "_build" / "mutants"
# mutmut knows the modules of src/ by their names, but not those of lib/.
LAYOUT = {"src": "lib", "tests": "tests", "pyproject.toml": "pyproject.toml"}
ENOUGH = 0.95
MEMORY = 8 << 30  # bytes; some mutants make lists without end
KILLED = {"killed", "timeout", "segfault", "suspicious"}  # by a test, a limit, or itself

Outcomes = dict[str, str]  # by mutmut's name of the mutant
Row = dict[str, str | int]
Survivor = tuple[str, str]  # the function, and what changes() gives


def lay_out() -> None:
    """Make a fresh folder in which mutmut finds what it copies.

    Raises: OSError when it cannot be made.
    Source: this book.
    """
    shutil.rmtree(FOLDER, ignore_errors=True)
    FOLDER.mkdir(parents=True)
    for name, target in LAYOUT.items():
        (FOLDER / name).symlink_to(ROOT / target)


def mutmut(*arguments: str, quiet: bool = True) -> str:
    """Run mutmut in its folder, and return what it writes; or let it write.

    Raises: subprocess.CalledProcessError when it fails.
    Source: this book.
    """
    told = subprocess.run(
        [Path(sys.executable).with_name("mutmut"), *arguments],
        cwd=FOLDER,
        env={**os.environ, **PINNED},
        stdout=subprocess.PIPE if quiet else None,
        check=True,
        text=True,
    )
    return told.stdout or ""


def outcomes(said: str) -> Outcomes:
    """Read mutmut's list of results; what it was not asked to try is left out.

    Raises: nothing.
    Source: this book.
    """
    found = dict(re.findall(r"^ +minigpt\.(\S+): (.+)$", said, re.MULTILINE))
    return {name: outcome for name, outcome in found.items() if outcome != "not checked"}


def function_of(mutant: str) -> str:
    """Give the name of the function that a mutant changes.

    Example: that of `norms.xǁRMSNormǁforward__mutmut_9` is `norms.RMSNorm.forward`.

    Raises: nothing.
    Source: this book.
    """
    module, _, function = mutant.partition("__mutmut_")[0].rpartition(".")
    return f"{module}.{re.sub('^x[_ǁ]', '', function).replace('ǁ', '.')}"


def changes(diff: str) -> str:
    """Give the lines that a mutant puts in or, where it puts none, those that it leaves out.

    Raises: nothing.
    Source: this book.
    """
    lines = re.findall(r"^([+-]) *(?!\1\1 )(.*)$", diff, re.MULTILINE)
    into, out = ([line for mark, line in lines if mark == sign] for sign in "+-")
    return "\n".join(into or [f"- {line}" for line in out])


def survivors(found: Outcomes) -> set[Survivor]:
    """Give the mutants that lived.

    Raises: subprocess.CalledProcessError when mutmut does not know one of them.
    Source: this book.
    """
    lived = [mutant for mutant, outcome in found.items() if outcome not in KILLED]
    return {(function_of(m), changes(mutmut("show", f"minigpt.{m}"))) for m in lived}


def counts(found: Outcomes) -> list[Row]:
    """Count each module's mutants: all, those killed, and those that lived.

    Raises: nothing.
    Source: this book.
    """
    modules: dict[str, list[bool]] = {}
    for mutant, outcome in sorted(found.items()):
        modules.setdefault(mutant.rpartition(".")[0], []).append(outcome in KILLED)
    return [
        {"module": m, "mutants": len(k), "killed": sum(k), "survivors": len(k) - sum(k)}
        for m, k in modules.items()
    ]


def complaints(lived: set[Survivor], modules: Collection[str]) -> list[str]:
    """Say who lives without a reason, and who of these modules has a reason and does not live.

    Raises: nothing.
    Source: this book.
    """
    listed = {(function, change) for function, reasons in SURVIVORS.items() for change in reasons}
    listed = {s for s in listed if s[0].startswith(tuple(f"{module}." for module in modules))}
    unlisted = [f"No reason in tools/survivors.py: {f}\n{c}" for f, c in sorted(lived - listed)]
    return unlisted + [f"Listed, but killed or gone: {f}\n{c}" for f, c in sorted(listed - lived)]


def report(rows: list[Row], wrong: list[str]) -> bool:
    """Print the counts and what is wrong; say whether all is well.

    Raises: nothing.
    Source: this book.
    """
    total = {key: sum(row[key] for row in rows) for key in ("mutants", "killed", "survivors")}
    print(f"{'module':24} {'mutants':>9} {'killed':>9} {'survivors':>9}")
    for row in [*rows, {"module": "all", **total}]:
        print("{module:24} {mutants:9} {killed:9} {survivors:9}".format(**row))
    killed = total["killed"] / total["mutants"]
    print(f"{killed:.1%} killed, {ENOUGH:.0%} asked for.", *wrong, sep="\n\n")
    return killed >= ENOUGH and not wrong


def main() -> int:
    """Try the modules that are named, or all; 1 says that too many live, or one without reason.

    Raises: subprocess.CalledProcessError when mutmut fails.
    Source: this book.
    """
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("modules", nargs="*", help="such as norms or tokenizer; all if none")
    parser.add_argument("--json", metavar="FILE", type=Path, help="where to write the counts")
    parser.add_argument("--processes", metavar="N", default="1", help="how many mutants at a time")
    arguments = parser.parse_args()
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, resource.getrlimit(resource.RLIMIT_AS)[1]))
    lay_out()
    start = time.perf_counter()
    named = [f"minigpt.{module}.*" for module in arguments.modules]
    mutmut("run", "--max-children", arguments.processes, *named, quiet=False)
    found = outcomes(mutmut("results", "--all", "true"))
    told = {"rows": counts(found), "seconds": round(time.perf_counter() - start)}
    if arguments.json:
        arguments.json.write_text(json.dumps(told, indent=1) + "\n", encoding="utf-8")
    modules = [row["module"] for row in told["rows"]]
    return 0 if report(told["rows"], complaints(survivors(found), modules)) else 1


if __name__ == "__main__":
    sys.exit(main())
