"""Set up in a process before it runs: a signal at a chosen place, or a world without room."""

import os
import resource
import shutil
from collections.abc import Callable
from pathlib import Path
from signal import SIGKILL

import minigpt.run
from minigpt.data import DOWNLOADS, Download
from minigpt.train import Trainer

from .saves import Act, at, watched

NOBODY = 65_534  # the user and group that own nothing


def all_of(*hooks: Callable[[], None]) -> None:
    """Set up several."""
    for hook in hooks:
        hook()


def in_save(step: int, number: int, signals: tuple[int, ...]) -> None:
    """In the save of a step: one signal at its number-th call to the system, one at the next."""
    acts = [at(number + i, _sending(each)) for i, each in enumerate(signals)]
    _watch_save(step, lambda name: [act(name) for act in acts])


def failing_save(step: int, number: int, error: int) -> None:
    """In the save of a step: the system refuses its number-th call."""

    def refuse(_name: str) -> None:
        raise OSError(error, os.strerror(error))

    _watch_save(step, at(number, refuse))


def _watch_save(step: int, act: Act) -> None:
    save = minigpt.run.Run.save

    def saving(run):
        if run.trainer.step != step:
            return save(run)
        with watched(act):
            return save(run)

    minigpt.run.Run.save = saving


def listing(step: int, path: str) -> None:
    """Write down the names of the calls that the saves of a step make."""
    file = os.open(path, os.O_CREAT | os.O_WRONLY | os.O_TRUNC)
    _watch_save(step, lambda name: os.write(file, f"{name}\n".encode()))


def in_step(step: int, signal: int) -> None:
    """At the beginning of a step."""
    _before_step(step, lambda _trainer: os.kill(os.getpid(), signal))


def _before_step(step: int, action: Callable[[Trainer], object]) -> None:
    train_step = Trainer.train_step

    def taking(trainer):
        if trainer.step == step - 1:
            action(trainer)
        return train_step(trainer)

    Trainer.train_step = taking


def in_row(number: int) -> None:
    """Kill when half of the number-th row of metrics has been written."""
    log, act = minigpt.run.Run._log, at(number, _sending(SIGKILL))

    def logging(run, row):
        size = run.metrics.stat().st_size
        log(run, row)
        whole = run.metrics.read_bytes()
        os.truncate(run.metrics, (size + len(whole)) // 2)
        act("write")
        run.metrics.write_bytes(whole)

    minigpt.run.Run._log = logging


def on_calling(name: str, number: int, signal: int) -> None:
    """When a run calls one of its functions for the number-th time."""
    call, act = getattr(minigpt.run, name), at(number, _sending(signal))

    def calling(*args, **options):
        act(name)
        return call(*args, **options)

    setattr(minigpt.run, name, calling)


def _sending(signal: int) -> Callable[[str], None]:
    return lambda _name: os.kill(os.getpid(), signal)


def limit_files(size: int) -> None:
    """Let no file grow beyond a size."""
    hard = resource.getrlimit(resource.RLIMIT_FSIZE)[1]
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, hard))


def as_nobody() -> None:
    """Give up being root, who may do anything."""
    if os.geteuid() == 0:
        os.setgroups([])
        os.setgid(NOBODY)
        os.setuid(NOBODY)


def losing(path: str, step: int) -> None:
    """Lose a directory at the beginning of a step."""
    _before_step(step, lambda _trainer: shutil.rmtree(path))


def spoiling_loss(step: int, factor: float, only_gradient: bool) -> None:
    """Multiply the loss of a step, or its gradient alone, by something that is no number."""

    def spoil(trainer: Trainer) -> None:
        good = trainer.loss

        def loss(x, y):
            if only_gradient:
                found = good(x, y)
                found.register_hook(lambda gradient: gradient * factor)
                return found
            return good(x, y) * factor

        trainer.loss = loss

    _before_step(step, spoil)


def full_stdout() -> None:
    """Write what is printed to a device that is always full."""
    os.dup2(os.open("/dev/full", os.O_WRONLY), 1)


def declare_large(characters: int) -> None:
    """Call a text large that has more characters than these; begin to measure memory."""
    minigpt.run.LARGE = characters
    Path("/proc/self/clear_refs").write_text("5")  # the peak is the server's, until now


def knowing(cache: str, entry: Download) -> None:
    """Know a download by the name of "thing", and keep it in a cache of its own."""
    os.environ["MINIGPT_CACHE"] = cache
    DOWNLOADS["thing"] = entry
