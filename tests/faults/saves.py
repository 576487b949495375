"""What a save asks of the operating system, call by call, so that each can be made to fail."""

import io
import os
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from itertools import count
from pathlib import Path
from unittest.mock import patch

import minigpt.checkpoint

Act = Callable[[str], None]  # is told each call's name just before the call is made
CALLS = ("mkdir", "open", "fsync", "rename", "scandir", "unlink", "rmdir")


@contextmanager
def watched(act: Act) -> Iterator[None]:
    """Tell `act` of every call inside: of a write, once half of it has been written."""
    with ExitStack() as patches:
        for name in CALLS:
            patches.enter_context(patch.object(os, name, _told(name, getattr(os, name), act)))
        patches.enter_context(patch.object(io, "open", _opening(act)))
        save_file = _tensors(minigpt.checkpoint.save_file, act)
        patches.enter_context(patch.object(minigpt.checkpoint, "save_file", save_file))
        yield


def at(number: int, action: Act) -> Act:
    """Do something at one of the calls, the first being number 1, and nothing at the others."""
    numbers = count(1)

    def act(name: str) -> None:
        if next(numbers) == number:
            action(name)

    return act


def _told(name: str, call: Callable, act: Act) -> Callable:
    def told(*args, **options):
        act(name)
        return call(*args, **options)

    return told


def _opening(act: Act) -> Callable:
    real = io.open

    class Raw(io.FileIO):
        def write(self, content) -> int:
            half = len(content) // 2
            super().write(content[:half])
            act("write")
            return half + super().write(content[half:])

    def opening(file, mode="r", *args, **options):
        act("open")
        if mode != "w":
            return real(file, mode, *args, **options)
        return io.TextIOWrapper(io.BufferedWriter(Raw(file, "w")), encoding="utf-8")

    return opening


def _tensors(save_file: Callable, act: Act) -> Callable:
    def saving(tensors, path: Path) -> None:
        act("create")
        save_file(tensors, path)
        os.truncate(path, path.stat().st_size // 2)
        act("write")
        save_file(tensors, path)

    return saving
