"""The command line as a process that can be killed, with runs that last a second.

`Program` starts one in a fork of a server that has imported PyTorch already, which takes
milliseconds; `fresh` starts a Python of its own, as a person would. Both run the library's
own `main`; the fork knows four presets more, texts and stories, with Muon and with AdamW,
and draws no picture.
"""

import io
import multiprocessing
import os
import random
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, redirect_stderr, redirect_stdout
from dataclasses import dataclass
from pathlib import Path
from unittest.mock import patch

from tqdm import tqdm

import minigpt.run
from minigpt import cli
from minigpt.presets import PRESETS, Preset

SAVE_EVERY, STEPS = 5, 30
# What a run would import on its way, a second of it, is imported by the server once.
WARM = ["minigpt.cli", "torch._dynamo", "matplotlib.backends.backend_svg"]
WORDS = "the a king queen horse bank river letter slept lost found sold old blue tired wide".split()


def _preset(context_length: int, optimizer: str) -> Preset:
    shape = {"n_layers": 1, "n_heads": 2, "d_model": 8, "dropout": 0.2}
    train = {"steps": STEPS, "save_every": SAVE_EVERY, "eval_every": 10, "batch_size": 4}
    train |= {"optimizer": optimizer, "warmup_steps": 3, "threads": 1, "device": "cpu"}
    return Preset("for faults", shape | {"context_length": context_length}, train, "char")


MEMORY = ("VmRSS", "VmHWM")
KINDS = {
    f"{data}-{optimizer}": _preset(context_length, optimizer)
    for data, context_length in (("text", 12), ("stories", 96))
    for optimizer in ("muon", "adamw")
}
LARGE = _preset(256, "muon")  # for a text so large that it is seldom measured


@contextmanager
def ours() -> Iterator[None]:
    """Know the presets of this module, and draw no picture: it takes longer than such a run."""
    presets = patch.dict(PRESETS, KINDS, large=LARGE)
    with presets, patch.object(minigpt.run, "plot_metrics", lambda *_: None):
        yield


def some_text(n_words: int = 400, seed: int = 0) -> str:
    """Words at random, nine a line."""
    draw = random.Random(seed)
    words = [draw.choice(WORDS) for _ in range(n_words)]
    return "".join(word + (".\n" if n % 9 == 8 else " ") for n, word in enumerate(words))


def begin(kind: str, folder: Path, out: Path) -> list[str]:
    """Return the arguments that begin a run of a kind, on a text in `folder` or on stories."""
    data = folder / "text.txt"
    if not data.exists():
        data.write_text(some_text(), encoding="utf-8")
    told = ["--data", "kingdom:60", "--vocab-size", "400"]
    source = told if kind.startswith("stories") else ["--data", str(data)]
    return ["train", "--preset", kind, *source, "--out", str(out)]


def resume(out: Path) -> list[str]:
    """Return the arguments that go on with a run."""
    return ["train", "--out", str(out), "--resume"]


@dataclass
class Ended:
    """How a process ended: its status, negative for a signal, and what it wrote."""

    status: int
    out: str
    err: str


class Program:
    """The command line in a forked process, writing to files; `prepare` runs in it first."""

    def __init__(self, argv: list[str], log: Path, prepare: Callable[[], None] | None = None):
        self.log = log
        self._process = _server().Process(target=_child, args=(argv, str(log), prepare))
        self._process.start()

    def send(self, number: int, after: float = 0.0) -> None:
        """Send a signal, some seconds from now unless the program has ended by then."""
        self._process.join(after)
        if self._process.exitcode is None:
            os.kill(self._process.pid, number)

    def running(self) -> bool:
        """Whether it has not ended."""
        return self._process.exitcode is None

    def memory(self) -> dict[str, int]:
        """Its memory now (VmRSS) and at its peak (VmHWM), in kB; empty once it has ended."""
        try:
            lines = Path(f"/proc/{self._process.pid}/status").read_text().splitlines()
        except OSError:
            return {}
        return {line.split(":")[0]: int(line.split()[1]) for line in lines if line[:5] in MEMORY}

    def ended(self) -> Ended:
        """Wait for its end."""
        self._process.join(120)
        if self._process.exitcode is None:
            self._process.kill()
            raise TimeoutError(f"{self.log} did not end")
        return Ended(
            self._process.exitcode, *(_said(self.log, stream) for stream in ("out", "err"))
        )


def _server() -> multiprocessing.context.BaseContext:
    server = multiprocessing.get_context("forkserver")
    server.set_forkserver_preload(WARM)
    return server


def _child(argv: list[str], log: str, prepare: Callable[[], None] | None) -> None:
    for number, stream in enumerate(("out", "err"), start=1):
        os.dup2(os.open(f"{log}.{stream}", os.O_CREAT | os.O_WRONLY | os.O_TRUNC), number)
    default_signals()
    tqdm.set_lock(threading.RLock())  # not one of the system's, which a kill would leave behind
    status = 1
    try:
        with ours():
            if prepare is not None:
                prepare()
            status = cli.main(argv)
    except SystemExit as end:
        status = end.code
    except BaseException:
        sys.excepthook(*sys.exc_info())
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(status)


def default_signals() -> None:
    """Undo what a shell or a server told its children: here Ctrl-C is not ignored."""
    signal.signal(signal.SIGINT, signal.default_int_handler)
    signal.signal(signal.SIGTERM, signal.SIG_DFL)


def _said(log: Path, stream: str) -> str:
    path = Path(f"{log}.{stream}")
    return path.read_text(encoding="utf-8") if path.exists() else ""


def fresh(argv: list[str]) -> subprocess.Popen:
    """Start `python -m minigpt ARGUMENTS` in an interpreter of its own."""
    return subprocess.Popen(
        [sys.executable, "-m", "minigpt", *argv],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
    )


def finish(process: subprocess.Popen) -> Ended:
    """Wait for a fresh process's end."""
    out, err = process.communicate(timeout=120)
    return Ended(process.returncode, out, err)


def said(argv: list[str]) -> Ended:
    """Run a command in this process, which takes milliseconds and can not be killed."""
    out, err = io.StringIO(), io.StringIO()
    with ours(), redirect_stdout(out), redirect_stderr(err):
        status = cli.main(argv)
    return Ended(status, out.getvalue(), err.getvalue())


@contextmanager
def within(seconds: int) -> Iterator[None]:
    """Raise TimeoutError inside when it takes longer, even in a call that waits for ever."""

    def late(_number, _frame):
        raise TimeoutError(f"{seconds} s")

    before = signal.signal(signal.SIGALRM, late)
    signal.alarm(seconds)
    try:
        yield
    finally:
        signal.alarm(0)
        signal.signal(signal.SIGALRM, before)
