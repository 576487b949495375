"""Reading and writing tokenizer files, with errors that say which file and what is wrong."""

import contextlib
import json
import os
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from minigpt.errors import TokenizerError, problem


@contextlib.contextmanager
def naming(path: str | Path) -> Iterator[None]:
    """Put the file's name before the message of any TokenizerError raised inside.

    Raises: nothing of its own.
    Source: this book.
    """
    try:
        yield
    except TokenizerError as error:
        raise TokenizerError(f"{path}: {error}") from None


def read_text(path: str | Path) -> str:
    """Read a UTF-8 file whole.

    Raises: TokenizerError when the file is missing, unreadable, or not UTF-8.
    Source: this book.
    """
    try:
        return Path(path).read_text(encoding="utf-8")
    except OSError as error:
        came, remedy = f"{error.strerror} ({path})", "the path of a file that exists"
    except UnicodeDecodeError as error:
        came, remedy = f"{path}, which is not ({error.reason})", "the file that save() wrote"
    raise TokenizerError(problem("a readable UTF-8 file", came, remedy))


def read_json(path: str | Path) -> Any:
    """Read a JSON file whole.

    Raises: TokenizerError when the file is missing, unreadable, or not JSON.
    Source: this book.
    """
    text = read_text(path)
    try:
        return json.loads(text)
    except (ValueError, RecursionError) as error:
        came = f"{path}, which is not JSON ({error})"
        raise TokenizerError(
            problem("a whole JSON file", came, "saving or downloading it again")
        ) from None


def write_atomically(path: str | Path, text: str) -> None:
    """Write a file beside `path`, then put it in its place in one step.

    Whoever reads `path` finds the old file or the new one, never half of one.

    Raises: TokenizerError when the file cannot be written; what stood there is kept.
    Source: this book.
    """
    unfinished = Path(f"{path}.{os.getpid()}.tmp")
    try:
        with unfinished.open("w", encoding="utf-8") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        os.replace(unfinished, path)
    except OSError as error:
        came, remedy = f"{error.strerror} ({path})", "a folder that exists and can be written to"
        raise TokenizerError(problem("a file that can be written", came, remedy)) from None
    finally:
        with contextlib.suppress(OSError):
            unfinished.unlink()


def entry(data: Mapping[str, Any], name: str, kind: type) -> Any:
    """Return one entry of a tokenizer file, which must be of the JSON type `kind`.

    Raises: TokenizerError when the entry is missing or of another type.
    Source: this book.
    """
    if isinstance(value := data.get(name), kind):
        return value
    needed = f"a tokenizer file has a {kind.__name__} under {name!r}"
    came = f"{value!r:.40}" if name in data else "nothing there"
    raise TokenizerError(problem(needed, came, "the file as save() wrote it"))
