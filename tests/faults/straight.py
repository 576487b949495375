"""A run that nobody disturbs, and whether a disturbed one ends as it does.

What is compared is every byte that a run leaves but the picture: all losses and gradient
norms, the weights, the optimisers' memory. And nothing more is left.
"""

import json
import shutil
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from signal import SIGKILL

from minigpt.checkpoint import KEEP, checkpoints

from .hooks import all_of, in_step, listing
from .program import KINDS, SAVE_EVERY, STEPS, Ended, Program, begin, resume
from .tally import Row, require

CALLS_OF_A_SAVE = 30  # at least; a hook that no longer sees them should not go unnoticed


class Straight:
    """A run from its beginning to its end: what it leaves, and how long it takes."""

    def __init__(self, kind: str, folder: Path):
        self.kind, self.folder = kind, folder
        out, start = folder / f"{kind}-straight", time.monotonic()
        ended = Program(begin(kind, folder, out), folder / "log").ended()
        self.seconds = time.monotonic() - start
        require(ended.status == 0, ended)
        self.left = left(out)
        dead = self.go_on(folder / f"{kind}-killed", partial(in_step, 2 * SAVE_EVERY + 2, SIGKILL))
        require(dead.ended().status == -SIGKILL, "not killed")

    def killed(self, name: str) -> Path:
        """Copy what is left of a run that was killed after its second save."""
        out = self.folder / f"{self.kind}-{name}"
        shutil.rmtree(out, ignore_errors=True)
        return shutil.copytree(self.folder / f"{self.kind}-killed", out)

    def go_on(self, out: Path, hook: Callable[[], None] | None = None) -> Program:
        """Resume a run where it has a checkpoint; otherwise begin it again."""
        argv = resume(out) if checkpoints(out) else begin(self.kind, self.folder, out)
        return Program(argv, self.folder / out.name, hook)

    def compare(self, out: Path) -> None:
        """Let a run go on to its end, which must be the end of this one."""
        ended = self.go_on(out).ended()
        require(ended.status == 0 and "Falling back" not in ended.err, ended)
        self.same(out)

    def same(self, out: Path) -> None:
        """Insist that a run has ended as this one, and left nothing else.

        It may have kept other checkpoints before the last, and one more where it was killed
        between writing the newest and deleting the oldest.
        """
        found, newest = left(out), f"step-{STEPS:08d}/"
        needed = [n for n in self.left if n.startswith((newest, "metrics.jsonl"))]
        other = [n for n in {*needed, *found} if found.get(n) != self.left.get(n, found.get(n))]
        require(not other, f"other bytes in {other}")
        strangers = {n.split("/")[0] for n in found} - {"metrics.jsonl"}
        require(len(strangers) <= KEEP + 1 and all(n[:5] == "step-" for n in strangers), strangers)


def some(folder: Path, all_kinds: bool) -> list[Straight]:
    """Texts and stories, Muon and AdamW: each with each, or each once."""
    kinds = KINDS if all_kinds else ("text-muon", "stories-adamw")
    return [Straight(kind, folder) for kind in kinds]


def left(out: Path) -> dict[str, bytes]:
    """All files of a run but the picture, which has other names for its parts every time."""
    found = (path for path in out.rglob("*") if path.is_file() and path.suffix != ".svg")
    return {str(path.relative_to(out)): path.read_bytes() for path in found}


def logged(out: Path) -> int:
    """The last step that has a whole row in the metrics, 0 where there is none."""
    metrics = out / "metrics.jsonl"
    lines = metrics.read_bytes().splitlines(keepends=True) if metrics.exists() else []
    return max((json.loads(line)["step"] for line in lines if line.endswith(b"\n")), default=0)


def again(out: Path) -> int:
    """How many logged steps the newest checkpoint does not know: they must be taken again."""
    return logged(out) - int(checkpoints(out)[0].name[5:] if checkpoints(out) else 0)


def each_call(
    row: Row,
    of: Straight,
    stride: int,
    strike: Callable[[int], Callable[[], None]],
    check: Callable[[Ended, Path], None],
    step: int = 3 * SAVE_EVERY,
    hook: Callable[[], None] = all_of,
) -> Row:
    """Strike at each stride-th call of a step's save; every run must end as it should.

    `strike` makes the hook for a call's number; `hook` is set up before it.
    """
    log = of.folder / "calls"
    of.go_on(of.killed("list"), partial(all_of, hook, partial(listing, step, str(log)))).ended()
    calls = log.read_text().split()
    require(len(calls) >= CALLS_OF_A_SAVE, f"{len(calls)} calls: {calls}")
    for number in range(1, len(calls) + 1, stride):
        out = of.killed(f"call-{number}")
        with row.trial(f"call {number}, {calls[number - 1]}"):
            check(of.go_on(out, partial(all_of, hook, strike(number))).ended(), out)
            of.compare(out)
    return row
