"""Texts that nobody can train on, and losses that are no number."""

import math
import os
import random
import shutil
from collections.abc import Callable
from functools import partial
from pathlib import Path

from .disk import kept, refused
from .hooks import spoiling_loss
from .program import SAVE_EVERY, begin, resume, said, some_text, within
from .straight import Straight, left
from .tally import Row, require

NOTHING = "one line that names the text, status 2; nothing begun"
KEPT = "checkpoints intact, one line, status 2; then the end bit for bit"
BLOCK = 1 << 20  # bytes: text is read so many at a time
SECONDS = 20
NOISE = random.Random(0).randbytes(5_000)


def texts(folder: Path, draw: random.Random, long: bool) -> list[Row]:
    """Begin and resume runs on texts of every bad kind, and spoil the loss of others."""
    of = Straight("text-muon", folder)
    return [bad_beginnings(of), bad_changes(of), no_numbers(of, 8 if long else 2)]


def _write(content: bytes) -> Callable[[Path], object]:
    return lambda path: path.write_bytes(content)


def _link(target: str) -> Callable[[Path], object]:
    return lambda path: path.symlink_to(target)


KING = some_text().encode()
BAD: dict[str, Callable[[Path], object]] = {
    "missing": lambda path: None,
    "a folder": Path.mkdir,
    "a pipe": os.mkfifo,
    "a link to itself": _link("text.txt"),
    "a link to nothing": _link("gone"),
    "a link to /dev/zero": _link("/dev/zero"),
    "empty": _write(b""),
    "one letter": _write(b"a"),
    "one line's end": _write(b"\n"),
    "shorter than the context": _write(KING[:11]),
    "no longer than the context": _write(KING[:13]),
    "Latin-1": _write("a café in Zürich ".encode("latin-1") * 30),
    "UTF-16": _write(some_text().encode("utf-16")),
    "cut within a character": _write(KING + "é".encode()[:1]),
    "cut where a block ends": _write(b"a" * (BLOCK - 1) + "é".encode()[:1]),
    "wrong where a block ends": _write(b"a" * (BLOCK - 1) + b"\xc3(" + KING),
    "half of a pair (U+D800)": _write(KING + b"\xed\xa0\x80"),
    "a letter in three bytes too many": _write(KING + b"\xf0\x80\x81\x81"),
    "noise": _write(NOISE),
    "a gzip file": _write(b"\x1f\x8b\x08\x00" + NOISE),
}
NAMES = {
    "a name that is too long": "a" * 300,
    "a path that is too long": "a/" * 3_000 + "text.txt",
    "a name with a zero in it": "a\0b.txt",
    "a name in half a character": "\udcc3.txt",
    "a path below a file": "text.txt/text.txt",
}


def bad_beginnings(of: Straight) -> Row:
    """Begin a run on each."""
    row, bad = Row("a text of a bad kind: train", NOTHING), of.folder / "bad"
    for name, make in BAD.items():
        shutil.rmtree(bad, ignore_errors=True)
        bad.mkdir()
        make(bad / "text.txt")
        with row.trial(name):
            _refuse(of, bad / "text.txt", "tokens" if "than the context" in name else "text.txt")
    for name, path in NAMES.items():
        with row.trial(name):
            _refuse(of, of.folder / path, path[-6:])
    return row


def _refuse(of: Straight, text: Path, word: str) -> None:
    out = of.folder / "new"
    shutil.rmtree(out, ignore_errors=True)
    argv = begin(of.kind, of.folder, out)
    argv[argv.index("--data") + 1] = str(text)
    with within(SECONDS):
        ended = said(argv)
    refused(ended)
    require(word in ended.err and not out.exists(), ended)


def bad_changes(of: Straight) -> Row:
    """Resume a run whose text has become each of them; at last it has the right one back."""
    row = Row("a text that has become of a bad kind: train --resume", KEPT)
    out, text, aside = of.killed("changed"), of.folder / "text.txt", of.folder / "aside.txt"
    text.rename(aside)
    for name, make in BAD.items():
        make(text)
        with row.trial(name), within(SECONDS):
            kept(of, said(resume(out)), out)
        text.rmdir() if text.is_dir() else text.unlink(missing_ok=True)
    aside.rename(text)
    with row.trial("the right one"):
        of.compare(out)
    return row


def no_numbers(of: Straight, times: int) -> Row:
    """Let the loss, or the gradient alone, be NaN or infinite at some step."""
    row = Row("a loss or gradient that is NaN or infinite", KEPT)
    for n in range(times):
        for factor in (math.nan, math.inf):
            out = of.killed("spoilt")
            hook = partial(spoiling_loss, 2 * SAVE_EVERY + 1 + n, factor, n % 2 == 1)
            with row.trial(f"step {n}, {factor}"):
                kept(of, of.go_on(out, hook).ended(), out)
                require("nan" not in str(left(out)["metrics.jsonl"]).lower(), "NaN in the metrics")
                of.compare(out)
    return row
