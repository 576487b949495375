"""Reading files that may be damaged, or made to do harm: whole, or refused by name."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

from safetensors import SafetensorError
from torch import Tensor

from minigpt.errors import CheckpointError, MiniGPTError, problem

T = TypeVar("T")
# What such a file can bring up in those who read it.
UNREADABLE = (OSError, ValueError, LookupError, TypeError, ArithmeticError, RuntimeError)


def intact(path: Path, read: Callable[[Path], T]) -> T:
    """Return what `read` makes of a file; whatever goes wrong, say which file it is.

    Raises: CheckpointError when there is no such file, or `read` fails.
    Source: this book.
    """
    try:
        if not path.is_file():  # a pipe could keep us waiting, a device never end
            raise FileNotFoundError(path)
        return read(path)
    except (*UNREADABLE, SafetensorError) as error:
        if isinstance(error, CheckpointError):
            raise
        kind = error if isinstance(error, MiniGPTError) else type(error).__name__
        needed, came = f"an intact {path}", f"one that cannot be read ({kind})"
        raise CheckpointError(problem(needed, came, "an older checkpoint")) from error


def read_json(path: Path) -> dict[str, Any]:
    """Read a file that holds one JSON object.

    Raises: ValueError, TypeError or RecursionError when it holds something else.
    Source: this book.
    """
    found = json.loads(path.read_text(encoding="utf-8"))
    if not isinstance(found, dict):
        raise TypeError("no JSON object")
    return found


def outline(tensors: dict[str, Tensor]) -> dict[str, str]:
    """Say of each tensor, of any shape, by name, what JSON can hold: its shape and type.

    Raises: nothing.
    Source: this book.
    """
    return {
        name: f"{tuple(t.shape)} of {str(t.dtype).removeprefix('torch.')}"
        for name, t in sorted(tensors.items())
    }


def check_tensors(tensors: dict[str, Tensor], expected: dict[str, str], path: Path) -> None:
    """Compare the tensors of a file, of any shape, with the outline that they should have.

    Raises: CheckpointError, naming the first that is missing, surplus or another.
    Source: this book.
    """
    found = outline(tensors)
    if wrong := sorted(n for n in {**found, **expected} if found.get(n) != expected.get(n)):
        name = wrong[0]
        needed = f"{name} with shape {expected.get(name, 'none')}"
        came = f"{found.get(name, 'none')} in {path}"
        raise CheckpointError(problem(needed, came, "the checkpoint's own state.json"))
