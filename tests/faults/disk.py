"""A disk that is full, read-only, gone or forbidden: nothing that was saved suffers."""

import errno
import os
import random
import shutil
import subprocess
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path

from minigpt.checkpoint import KEEP

from .hooks import NOBODY, as_nobody, failing_save, full_stdout, limit_files, losing
from .program import SAVE_EVERY, Ended, Program, begin, resume
from .straight import Straight, each_call, left
from .tally import Row, require

KEPT = "checkpoints intact, one line, status 2; then the end bit for bit"
NO_MOUNT = "not tried: this process may not mount a disk"
ERRORS = (errno.ENOSPC, errno.EACCES, errno.EROFS, errno.EIO)
IS_ROOT = os.name == "posix" and os.geteuid() == 0


def disk(folder: Path, draw: random.Random, long: bool) -> list[Row]:
    """Take room and permission away, at each call of a save and for good."""
    of = Straight("text-muon", folder)
    folder.chmod(0o755)  # for those who are not root
    return [
        *(failing_calls(of, error, 1 if long else 16) for error in ERRORS),
        files_that_may_not_grow(of, draw, 30 if long else 3),
        full_disk(of, 40 if long else 3),
        read_only(of),
        forbidden(of),
        lost_directory(of),
        full_output(of),
    ]


def kept(of: Straight, ended: Ended, out: Path) -> None:
    """Insist on one line, a status, and the checkpoints that there were; or on the end.

    One may be missing when so many newer ones are there as a run keeps.
    """
    if ended.status == 0:  # it could do without
        return
    refused(ended)
    after = left(out)
    newest = sorted({path.split("/")[0] for path in after if path.startswith("step-")})[-KEEP:]
    for name, content in left(of.folder / f"{of.kind}-killed").items():
        if "/" not in name or (len(newest) == KEEP and name < newest[0]):
            continue
        require(after.get(name) == content, f"{name} is lost or another")
    require(not list(out.glob(".step-*")), "something half-written is left")


def refused(ended: Ended) -> None:
    """Insist on one line and a status."""
    lines = ended.err.splitlines()
    require(ended.status == 2 and len(lines) == 1, ended)
    require(lines[0].startswith("minigpt ") and "but got" in lines[0], ended)


def failing_calls(of: Straight, error: int, stride: int) -> Row:
    """Refuse each call of a save in turn."""
    row = Row(f"each call of a save fails: {os.strerror(error)}", KEPT)

    def strike(number: int) -> Callable[[], None]:
        return partial(failing_save, 3 * SAVE_EVERY, number, error)

    return each_call(row, of, stride, strike, partial(kept, of))


def files_that_may_not_grow(of: Straight, draw: random.Random, times: int) -> Row:
    """Let no file be longer than so many bytes, from too few for the metrics to nearly enough."""
    row = Row("no file may grow beyond some bytes (RLIMIT_FSIZE)", KEPT)
    longest = max(len(content) for content in of.left.values())
    for most in (draw.randrange(1_000, longest) for _ in range(times)):
        out = of.killed("limit")
        with row.trial(f"{most} bytes"):
            kept(of, of.go_on(out, partial(limit_files, most)).ended(), out)
            of.compare(out)
    return row


def full_disk(of: Straight, times: int) -> Row:
    """Leave so many pages of a real, small disk free, from none to enough for a save."""
    row = Row("a disk that is full (tmpfs)", KEPT)
    if not may_mount(of.folder / "try"):
        row.note = NO_MOUNT
        return row
    with mounted(of.folder / "small", "-t", "tmpfs", "-o", "size=1m", "tmpfs") as disk:
        for pages in range(0, 40, 40 // times):
            out = shutil.copytree(of.folder / f"{of.kind}-killed", disk / "run")
            with row.trial(f"{pages} pages"):
                with filled(disk, pages):
                    ended = of.go_on(out).ended()
                kept(of, ended, out)
                of.compare(out)
            shutil.rmtree(out)
    return row


def may_mount(where: Path) -> bool:
    """Whether this process may mount a disk; most must be root."""
    where.mkdir(exist_ok=True)
    tried = subprocess.run(["mount", "-t", "tmpfs", "tmpfs", where], capture_output=True)
    return tried.returncode == 0 and not subprocess.run(["umount", where]).returncode


@contextmanager
def mounted(where: Path, *options: str) -> Iterator[Path]:
    """Mount something for a while."""
    where.mkdir()
    subprocess.run(["mount", *options, where], check=True)
    try:
        yield where
    finally:
        subprocess.run(["umount", where], check=True)


@contextmanager
def filled(disk: Path, pages: int) -> Iterator[None]:
    """Fill a disk up to so many free pages, for a while."""
    state = os.statvfs(disk)
    filler = disk / "filler"
    filler.write_bytes(bytes(max(0, state.f_bavail - pages - 1) * state.f_bsize))
    try:
        yield
    finally:
        filler.unlink()


def read_only(of: Straight) -> Row:
    """Resume, begin and evaluate on a disk that takes no writing; evaluating needs none."""
    row = Row("a read-only disk (bind mount)", KEPT)
    if not may_mount(of.folder / "try"):
        row.note = NO_MOUNT
        return row
    out, there = of.killed("read-only"), of.folder / "mounted"
    with mounted(there, "--bind", str(out)):
        subprocess.run(["mount", "-o", "remount,ro,bind", there], check=True)
        with row.trial("resume"):
            kept(of, ended(of, resume(there)), out)
        with row.trial("begin"):
            refused(ended(of, begin(of.kind, of.folder, there / "new")))
        with row.trial("sample"):
            require(ended(of, ["sample", "--checkpoint", str(there)]).status == 0, "no sample")
    with row.trial("then"):
        of.compare(out)
    return row


def ended(of: Straight, argv: list[str], hook: Callable[[], None] | None = None) -> Ended:
    """Run a command to its end."""
    return Program(argv, of.folder / "command", hook).ended()


def forbidden(of: Straight) -> Row:
    """Run as somebody who may not do what it takes."""
    row = Row("permission denied", KEPT)
    places = {
        "a run that may not be written": ("", 0o555, resume),
        "a run that may not be entered": ("", 0o000, resume),
        "a checkpoint that may not be entered": (f"step-{2 * SAVE_EVERY:08d}", 0o000, resume),
        "metrics that may not be written": ("metrics.jsonl", 0o444, resume),
        "a folder where no run may begin": (
            "",
            0o555,
            lambda out: begin(of.kind, of.folder, out / "new"),
        ),
        "a folder that may not be entered": (
            "",
            0o000,
            lambda out: begin(of.kind, of.folder, out / "new"),
        ),
        "a run that may not be sampled": (
            "",
            0o000,
            lambda out: ["sample", "--checkpoint", str(out)],
        ),
    }
    for name, (place, mode, argv) in places.items():
        out = of.killed("forbidden")
        for path in (out, *out.rglob("*")):
            if IS_ROOT:
                os.chown(path, NOBODY, NOBODY)
        (out / place).chmod(mode)
        with row.trial(name):
            found = ended(of, argv(out), as_nobody)
            if (out / place).exists():
                (out / place).chmod(0o755)
            kept(of, found, out)
            of.compare(out)
    return row


def lost_directory(of: Straight) -> Row:
    """Delete the run while it trains, and resume what is not there."""
    row = Row("a directory that is gone", "one line, status 2")
    out = of.killed("lost")
    with row.trial("while it trains"):
        refused(ended(of, resume(out), partial(losing, str(out), 3 * SAVE_EVERY + 2)))
    with row.trial("before it resumes"):
        refused(ended(of, resume(of.folder / "never")))
    return row


def full_output(of: Straight) -> Row:
    """Print to a disk that is full."""
    row = Row("standard output on a full disk (/dev/full)", KEPT)
    if not Path("/dev/full").exists():
        row.note = "not tried: there is no /dev/full"
        return row
    out = of.killed("output")
    with row.trial("train"):
        found = ended(of, resume(out), full_stdout)
        require(found.status == 2 and found.err.count("\n") == 1, found)
        of.compare(out)
    return row
