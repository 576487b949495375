"""A run is killed at any moment, and goes on as if it had not been."""

import os
import random
import time
from collections.abc import Callable
from functools import partial
from itertools import takewhile
from pathlib import Path
from signal import SIGKILL, SIGTERM

from .hooks import in_row, in_save, in_step
from .program import SAVE_EVERY, Ended, finish, fresh, resume
from .straight import Straight, again, each_call, logged, some
from .tally import Row, require

EXACT = "the end bit for bit; at most one interval again"


def kills(folder: Path, draw: random.Random, long: bool) -> list[Row]:
    """Kill runs of all kinds: at random, at each call of a save, within a row of metrics."""
    straight = some(folder, long)
    text, stories, stride = straight[0], straight[-1], 1 if long else 16
    return [
        *at_random(straight, folder, draw, 100 if long else 11),
        each_call(Row("kill -9 at each call of a save", EXACT), text, stride, strike(), killed),
        in_saves_asked_for(stories, stride, 2 * SAVE_EVERY + 2),
        in_saves_asked_for(text, stride, 3 * SAVE_EVERY),
        in_rows_of_metrics(stories, folder, 10 if long else 2),
        of_fresh_processes(straight, draw, 12 if long else 1),
    ]


def strike(step: int = 3 * SAVE_EVERY) -> Callable[[int], Callable[[], None]]:
    """Kill at a call of the save of a step."""
    return lambda number: partial(in_save, step, number, (SIGKILL,))


def killed(ended: Ended, out: Path) -> None:
    """Insist that the process died of it, and that no more than one interval comes again."""
    require(ended.status == -SIGKILL, ended)
    require(again(out) <= SAVE_EVERY, f"{again(out)} steps come again")


def at_random(straight: list[Straight], folder: Path, draw: random.Random, times: int):
    """Kill until there are so many, and a fifth of them inside a save; five to a run.

    One in three comes at a time drawn from the whole run; one waits until a save has begun and
    one until a step has been logged, and comes a little later.
    """
    rows = {
        where: Row(f"kill -9 at a random moment, {where}", EXACT)
        for where in ("inside a save", "between two saves", "before the first new step")
    }
    runs, most = 0, 0
    while sum(r.times for r in rows.values()) < times or rows["inside a save"].times < times / 5:
        of, out, runs = straight[runs % len(straight)], folder / f"random-{runs}", runs + 1
        deaths = list(takewhile(bool, (_kill(of, out, draw) for _ in range(5))))
        most = max([most, *(steps for _, steps in deaths)])
        whole = Row("", "")
        with whole.trial(out.name):
            require(all(steps <= SAVE_EVERY for _, steps in deaths), deaths)
            of.compare(out)
        for where, _ in deaths:
            rows[where].times += 1
            rows[where].held += whole.held
        rows["inside a save"].lost += whole.lost
    rows["inside a save"].note = f"at most {most} steps of {SAVE_EVERY} came again after any kill"
    return list(rows.values())


def _kill(of: Straight, out: Path, draw: random.Random) -> tuple[str, int] | None:
    """Kill once; return where, and the steps that come again; None if the run came to its end."""
    before, known = _unfinished(out), logged(out)
    program = of.go_on(out)
    awaited = draw.choice(("nothing", "a save", "a step"))
    while program.running() and not (
        awaited == "nothing"
        or (awaited == "a save" and _unfinished(out) - before)
        or (awaited == "a step" and logged(out) not in (0, known))
    ):
        time.sleep(0.0005)
    program.send(SIGKILL, after=draw.uniform(0, of.seconds if awaited == "nothing" else 0.01))
    ended = program.ended()
    if ended.status == 0:
        return None
    require(ended.status == -SIGKILL, ended)
    where = "between two saves" if logged(out) != known else "before the first new step"
    return ("inside a save" if _unfinished(out) - before else where), again(out)


def _unfinished(out: Path) -> set[tuple[str, int]]:
    """The folders of saves that are under way, or were when the process died."""
    entries = os.scandir(out) if out.exists() else ()
    return {(entry.name, entry.inode()) for entry in entries if entry.name.startswith(".step-")}


def in_saves_asked_for(of: Straight, stride: int, step: int) -> Row:
    """Asked to end in a step, and killed while it saves that step."""
    often = "for a step that is saved anyway" if step % SAVE_EVERY == 0 else "between two others"
    row = Row(f"kill -9 at each call of the save that SIGTERM asks for, {often}", EXACT)
    return each_call(row, of, stride, strike(step), killed, step, partial(in_step, step, SIGTERM))


def in_rows_of_metrics(of: Straight, folder: Path, times: int) -> Row:
    """Kill when half of a row has been written."""
    row = Row("kill -9 in the middle of a row of metrics", EXACT)
    for n in range(times):
        out = folder / f"row-{n}"
        with row.trial(out.name):
            killed(of.go_on(out, partial(in_row, 1 + 3 * n)).ended(), out)
            require(not (out / "metrics.jsonl").read_bytes().endswith(b"\n"), "a whole row")
            of.compare(out)
    return row


def of_fresh_processes(straight: list[Straight], draw: random.Random, times: int) -> Row:
    """Resume with `python -m minigpt` itself, and kill that once it has taken a step or two."""
    row, runs = Row("kill -9 of a fresh python -m minigpt", EXACT), 0
    while row.times < times:
        of, runs = straight[runs % len(straight)], runs + 1
        out = of.killed("fresh")
        known, process = logged(out), fresh(resume(out))
        while process.poll() is None and logged(out) <= known:
            time.sleep(0.001)
        time.sleep(draw.uniform(0, of.seconds / 2))
        process.kill()
        ended = finish(process)
        if ended.status != 0:  # otherwise it was quicker
            with row.trial(out.name):
                killed(ended, out)
                of.compare(out)
    return row
