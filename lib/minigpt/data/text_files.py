"""UTF-8 text files of any size, read in blocks."""

import codecs
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from minigpt.errors import DataError, problem

CHUNK_BYTES = 1 << 20
PATH = "another path, or its permissions"


def check_text_file(path: Path) -> None:
    """Refuse what cannot be a text, before any of it is read.

    Raises: DataError when `path` is a directory, does not exist, is empty, or may not be
        looked at.
    Source: this book.
    """
    with _readable(path):
        _check(path)


def _check(path: Path) -> None:
    if path.is_dir():
        files = sorted(child.name for child in path.iterdir() if child.is_file())
        hint = f"a file in it, such as {path / files[0]}" if files else "a file"
        raise DataError(problem("a text file is needed", f"the directory {path}", hint))
    if not path.exists():
        raise DataError(
            problem(
                "a text file is needed",
                f"{path}, which does not exist",
                "another path; a relative one starts from the current directory",
            )
        )
    if path.stat().st_size == 0:
        raise DataError(problem("a text with words in it is needed", f"{path}, empty", "another"))


def read_text(path: Path) -> Iterator[str]:
    """Yield the file's text a block at a time; a character may straddle two blocks.

    Line endings stay as they are.

    Raises: DataError when the file cannot be read, or is not UTF-8, with the first byte
        that is not.
    Source: this book.
    """
    decoder = codecs.getincrementaldecoder("utf-8")()
    offset = 0
    for block in _blocks(path):
        held_back = len(decoder.getstate()[0])
        try:
            text = decoder.decode(block, final=not block)
        except UnicodeDecodeError as error:
            raise _not_utf8(path, offset - held_back + error.start) from error
        offset += len(block)
        if text:
            yield text


def _blocks(path: Path) -> Iterator[bytes]:
    """Yield the file's bytes in blocks; the last is empty and marks the end."""
    with _readable(path), path.open("rb") as file:
        while block := file.read(CHUNK_BYTES):
            yield block
    yield b""


@contextmanager
def _readable(path: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise DataError(
            problem("a readable file is needed", f"{path} ({error.strerror})", PATH)
        ) from error


def _not_utf8(path: Path, offset: int) -> DataError:
    return DataError(
        problem(
            "a text file is read as UTF-8",
            f"{path}, whose byte {offset} is not",
            f"converting it, for example with `iconv -f latin1 -t utf-8 {path.name}`",
        )
    )
