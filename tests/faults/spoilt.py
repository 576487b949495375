"""Damaged checkpoints: a named error, or a fall-back that is said aloud; and no code is run."""

import pickle
import random
import shutil
import signal
from collections.abc import Callable
from functools import partial
from pathlib import Path

from minigpt.checkpoint import checkpoints

from .damage import EXECUTED, FILES, MANIFEST, Damage, Payload, damages
from .hooks import in_step
from .program import SAVE_EVERY, Ended, finish, fresh, resume, said, within
from .states import states
from .straight import Straight, left
from .tally import Row, require

NAMED = "one line that names the file; or gives what the intact one gives"
BACK = "falls back, says so, the end bit for bit; or one line that names the file"
SECONDS = 5  # for what should take less than one


def spoilt(folder: Path, draw: random.Random, long: bool) -> list[Row]:
    """Damage the newer of a run's two checkpoints in every way; sample, evaluate, resume."""
    attack = Spoilt(Straight("text-muon", folder))
    ways = [*damages(draw, 12 if long else 1), *states()][:: 1 if long else 3]
    some = ways if long else ways[::4]
    return [
        attack.row("sample", ways, "damaged checkpoint, alone: sample", NAMED, attack.sampled),
        attack.row("evaluate", some, "damaged checkpoint, alone: evaluate", NAMED, attack.sampled),
        attack.row("train", some, "damaged checkpoint, alone: train --resume", NAMED, attack.named),
        attack.row(
            "train",
            some,
            "damaged checkpoint before an older: train --resume",
            BACK,
            attack.went_on,
            older=True,
        ),
        attack.fresh_processes(draw.sample(ways, 12 if long else 1)),
        payload_is_live(folder),
    ]


class Spoilt:
    """A run that was interrupted after its third save, and what is done to its checkpoints."""

    def __init__(self, of: Straight):
        self.of, self.run = of, of.folder / "interrupted"
        stop = partial(in_step, 3 * SAVE_EVERY + 1, signal.SIGTERM)
        require(of.go_on(self.run, stop).ended().status == 130, "not interrupted")
        self.good = {name: said(self.command(name, self.run)) for name in ("sample", "evaluate")}

    def command(self, name: str, out: Path) -> list[str]:
        """Write a command that reads the run's checkpoint."""
        if name == "train":
            return resume(out)
        more = {
            "sample": ["--max-new-tokens", "5", "--seed", "1"],
            "evaluate": ["--data", str(self.of.folder / "text.txt")],
        }
        return [name, "--checkpoint", str(out), *more[name]]

    def damaged(self, damage: Damage, older: bool) -> Path:
        """Copy the run and damage the copy."""
        out = self.of.folder / "damaged"
        shutil.rmtree(out, ignore_errors=True)
        shutil.copytree(self.run, out)
        newer, old = checkpoints(out)
        damage.do(newer)
        if not older:
            shutil.rmtree(old)
        return out

    def row(
        self,
        name: str,
        ways: list[Damage],
        what: str,
        required: str,
        check: Callable,
        older: bool = False,
    ) -> Row:
        """Give the command every damage; `check` says whether it bore it."""
        row = Row(what, required)
        for damage in ways:
            out = self.damaged(damage, older)
            with row.trial(damage.name):
                with within(SECONDS):
                    ended = said(self.command(name, out))
                require(not (out.parent / EXECUTED).exists(), "code was executed")
                check(damage, name, ended, out)
        return row

    def named(self, damage: Damage, name: str, ended: Ended, out: Path) -> None:
        """Insist on one line that says which file is wrong."""
        words = (*(FILES if damage.file == MANIFEST else ()), damage.file, *damage.says)
        require(ended.status == 2 and ended.out == "", ended)
        require(ended.err.startswith(f"minigpt {name}: ") and ended.err.count("\n") == 1, ended)
        require(any(word in ended.err for word in words), ended.err)

    def sampled(self, damage: Damage, name: str, ended: Ended, out: Path) -> None:
        """Insist on that; where the manifest agrees, what the intact one gives is right too."""
        if not damage.signed or ended != self.good[name]:
            self.named(damage, name, ended, out)

    def went_on(self, damage: Damage, name: str, ended: Ended, out: Path) -> None:
        """Insist that it fell back, or that the older checkpoint is as it was."""
        if ended.status == 0:
            words = (*(FILES if damage.file == MANIFEST else ()), damage.file, *damage.says)
            lines = [
                line
                for line in ended.err.splitlines()
                if line.endswith("Falling back to the checkpoint before it.")
            ]
            require(len(lines) == 1 and any(word in lines[0] for word in words), ended)
            return self.of.same(out)
        self.named(damage, name, ended, out)
        older = {
            n: b for n, b in left(self.run).items() if n.startswith(f"step-{3 * SAVE_EVERY:08d}")
        }
        require(older.items() <= left(out).items(), "the older checkpoint is another")

    def fresh_processes(self, ways: list[Damage]) -> Row:
        """Some of them in a Python of its own, where nothing catches a traceback."""
        row = Row("damaged checkpoint, alone: a fresh python -m minigpt", NAMED)
        for n, damage in enumerate(ways):
            name = ("train", "sample", "evaluate")[n % 3]
            out = self.damaged(damage, older=False)
            with row.trial(damage.name):
                ended = finish(fresh(self.command(name, out)))
                (self.named if name == "train" else self.sampled)(damage, name, ended, out)
        return row


def payload_is_live(folder: Path) -> Row:
    """The payload does write its file when it is unpickled; else its absence would say nothing."""
    row = Row("the payload, unpickled on purpose", "writes its file")
    with row.trial("payload"):
        pickle.loads(pickle.dumps(Payload(folder / EXECUTED)))
        require((folder / EXECUTED).read_text() == EXECUTED, "nothing written")
    return row
