"""What a server can send instead of the file that was asked for."""

import io
import random
import struct
import tarfile
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import repeat

from .program import some_text
from .server import Site, tarred, zipped

TEXT = some_text(2_000).encode()
OUTSIDE = ("../b.txt", "d/../../b.txt", "/b.txt", "..\\b.txt", "C:\\b.txt", "\\b.txt")


@dataclass(frozen=True)
class Answer:
    """What the server sends, and what it should have sent."""

    body: bytes | Callable[[], Iterator[bytes]] = TEXT
    headers: dict[str, str | int | None] | None = None
    status: int = 200
    expected: bytes | None = TEXT
    member: str | None = None
    url: str | None = None
    kept: int = 0  # archives that may stay in the cache: their hash is right


def groups(site: Site, draw: random.Random, often: int) -> dict[str, dict[str, Answer]]:
    """All of them by name; `often` says how many cuts and flips are drawn."""
    return {
        "offline": offline(),
        "another answer": statuses(),
        "another content": contents(draw, often),
        "broken off, stalled or without end": broken(draw, often),
        "sent on": redirects(site),
        "an archive that reaches outside": outside(),
        "an archive that cannot be unpacked": unpackable(draw, often),
    }


def offline() -> dict[str, Answer]:
    """Nobody there, in several ways."""
    return {
        "nobody listens": Answer(url="http://127.0.0.1:9/thing.txt"),
        "no such host": Answer(url="http://nowhere.invalid/thing.txt"),
        "no such scheme": Answer(url="gopher://127.0.0.1/thing.txt"),
        "no host": Answer(url="http:///thing.txt"),
        "no port": Answer(url="http://127.0.0.1:99999/thing.txt"),
    }


def statuses() -> dict[str, Answer]:
    """Answers that are no file."""
    codes = (204, 304, 400, 401, 403, 404, 407, 410, 418, 429, 500, 502, 503, 504)
    return {f"status {code}": Answer(b"", status=code) for code in codes}


def contents(draw: random.Random, often: int) -> dict[str, Answer]:
    """Files that are others, from a login page to one bit."""
    page = b"<!doctype html><title>Log in</title>"
    flips = (bytearray(TEXT) for _ in range(often))
    answers = {
        "empty": Answer(b""),
        "a login page": Answer(page),
        "one byte more": Answer(TEXT + b"!"),
    }
    for n, flipped in enumerate(flips):
        flipped[draw.randrange(len(TEXT))] ^= 1 << draw.randrange(8)
        answers[f"one bit, {n}"] = Answer(bytes(flipped))
    return answers


def broken(draw: random.Random, often: int) -> dict[str, Answer]:
    """Files that stop before their end, or never."""

    def slow() -> Iterator[bytes]:
        yield TEXT[:100]
        time.sleep(1.5)

    def silent() -> Iterator[bytes]:
        time.sleep(1.5)
        yield b""

    answers = {
        "stalled in the middle": Answer(slow, {"Content-Length": len(TEXT)}),
        "stalled before the file": Answer(silent, {"Content-Length": len(TEXT)}),
        "without end": Answer(lambda: repeat(TEXT)),
        "announced as vast": Answer(lambda: repeat(TEXT), {"Content-Length": 10**15}),
        "chunks that are none": Answer(
            TEXT, {"Content-Length": None, "Transfer-Encoding": "chunked"}
        ),
        "gzip that is none": Answer(TEXT, {"Content-Encoding": "gzip"}),
        "a length that is none": Answer(TEXT[:50], {"Content-Length": "many"}),
    }
    for n in range(often):
        size = draw.randrange(len(TEXT))
        answers[f"cut after {size} bytes, announced"] = Answer(
            TEXT[:size], {"Content-Length": len(TEXT)}
        )
        answers[f"cut after {size} bytes, unannounced, {n}"] = Answer(
            TEXT[:size], {"Content-Length": None}
        )
    return answers


def redirects(site: Site) -> dict[str, Answer]:
    """Sent on to strangers, to files, in circles."""
    places = {
        "to another host": site.url("/login", host="localhost"),
        "to another host, by //": f"//localhost:{site.port}/login",
        "to a name within the own": site.url("/login", host="127.0.0.1.localhost"),
        "to a file": "file:///etc/hostname",
        "to a file of the own host": "file://127.0.0.1/etc/hostname",
        "to ftp": "ftp://127.0.0.1/thing.txt",
        "in a circle": "/thing.txt",
        "to no address": "http://[::1",
        "to nothing": "",
    }
    site.answers["/login"] = (200, {}, TEXT)
    return {name: Answer(b"", {"Location": place}, 302) for name, place in places.items()}


def outside() -> dict[str, Answer]:
    """Archives with names, links and devices that lead elsewhere."""
    answers = {}
    for pack in (zipped, tarred):
        for name in OUTSIDE:
            box = pack(**{"d/b.txt": TEXT, name: b"harm"})
            answers[f"{pack.__name__} {name}"] = Answer(box, None, 200, None, "d/b.txt", kept=1)
    for kind in (
        tarfile.SYMTYPE,
        tarfile.LNKTYPE,
        tarfile.CHRTYPE,
        tarfile.FIFOTYPE,
        tarfile.DIRTYPE,
    ):
        box = special(kind, "../../../etc/hostname")
        answers[f"a member of type {kind!r}"] = Answer(box, None, 200, None, "d/b.txt", kept=1)
    return answers


def special(kind: bytes, target: str) -> bytes:
    """Make a tar archive of one member that is no file."""
    box = io.BytesIO()
    with tarfile.open(fileobj=box, mode="w") as archive:
        entry = tarfile.TarInfo("d/b.txt")
        entry.type, entry.linkname = kind, target
        archive.addfile(entry)
    return box.getvalue()


def unpackable(draw: random.Random, often: int) -> dict[str, Answer]:
    """Archives whose hash is right and whose inside is not, and bombs."""
    good, vast = zipped(**{"d/b.txt": TEXT}), zipped(**{"d/b.txt": bytes(3_000_000)})
    boxes = {
        "no archive": TEXT,
        "nothing": b"",
        "without the member": zipped(**{"d/c.txt": TEXT}),
        "locked": _patched(good, 6, 1),
        "packed in an unknown way": _patched(good, 8, 77),
        "a bomb (zip)": vast,
        "a bomb (tar)": tarred(**{"d/b.txt": bytes(3_000_000)}),
        "a bomb that says it is small": _smaller(vast),
    }
    for _ in range(often):
        size, at = draw.randrange(len(good)), draw.randrange(45, len(good) // 2)
        boxes[f"cut after {size} bytes"] = good[:size]
        boxes[f"byte {at} is another"] = good[:at] + bytes([good[at] ^ 0xFF]) + good[at + 1 :]
        tar = tarred(**{"d/b.txt": draw.randbytes(3_000)})
        boxes[f"tar cut after {size} bytes"] = tar[: size % len(tar)]
    return {name: Answer(box, None, 200, None, "d/b.txt", kept=1) for name, box in boxes.items()}


def _patched(box: bytes, at: int, value: int) -> bytes:
    """Change a field of the member's header, and of its twin in the directory 2 bytes later."""
    changed, directory = bytearray(box), box.index(b"PK\x01\x02")
    struct.pack_into("<H", changed, at, value)
    struct.pack_into("<H", changed, directory + at + 2, value)
    return bytes(changed)


def _smaller(box: bytes) -> bytes:
    """Say of the member that it is 100 bytes long."""
    changed, directory = bytearray(box), box.index(b"PK\x01\x02")
    struct.pack_into("<I", changed, 22, 100)
    struct.pack_into("<I", changed, directory + 24, 100)
    return bytes(changed)
