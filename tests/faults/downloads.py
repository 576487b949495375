"""Downloads that fail in every way: a named error, and nothing half-written to be seen.

The other side is a server on this machine; `train --data thing` asks it for a file.
"""

import hashlib
import os
import random
import resource
import shutil
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from functools import partial
from pathlib import Path
from signal import SIGINT, SIGKILL
from unittest.mock import patch

import pooch

from minigpt.data import DOWNLOADS, Download
from minigpt.data import downloads as library

from .answers import TEXT, Answer, groups
from .hooks import knowing
from .program import Ended, Program, begin, said, within
from .server import Site, tarred, zipped
from .tally import Row, require

NAMED = "an error that names the address; nothing half-written"
PROXIES = ("http_proxy", "https_proxy", "HTTP_PROXY", "HTTPS_PROXY", "all_proxy", "ALL_PROXY")
SECONDS = 20


def downloads(folder: Path, draw: random.Random, long: bool) -> list[Row]:
    """Fetch from a server that misbehaves; count what the command line says and leaves."""
    begin("text-muon", folder, folder / "new")  # writes the text that it would train on
    with serving(folder) as site:
        answers = groups(site, draw, 20 if long else 2)
        rows = [group(folder, site, what, some) for what, some in answers.items()]
        return [*rows, no_room(folder, site), stopped(folder, site), right(folder, site)]


@contextmanager
def serving(folder: Path) -> Iterator[Site]:
    """Serve, with a cache of our own, no proxy, and little patience."""
    site = Site()
    with ExitStack() as patches:
        environment = {**os.environ, "MINIGPT_CACHE": str(folder / "cache")}
        environment = {name: value for name, value in environment.items() if name not in PROXIES}
        patches.enter_context(patch.dict(os.environ, environment, clear=True))
        logger = pooch.get_logger()
        patches.callback(logger.setLevel, logger.level)
        logger.setLevel("WARNING")  # it would say each time what it fetches
        patches.enter_context(patch.object(library, "TIMEOUT", 0.5))
        patches.enter_context(patch.object(library, "LARGEST", 1_000_000))
        yield site
    site.server.shutdown()
    site.server.server_close()


def group(folder: Path, site: Site, what: str, answers: dict[str, Answer]) -> Row:
    """Ask for each answer by way of the command line."""
    row = Row(f"a download: {what}", NAMED)
    for name, answer in answers.items():
        with row.trial(name):
            refused(folder, site, answer)
    return row


def offer(folder: Path, site: Site, answer: Answer) -> tuple[list[str], Download]:
    """Put an answer on the server; return how to train on it, and its line for the table."""
    site.answers["/thing.txt"] = (answer.status, answer.headers or {}, answer.body)
    expected = answer.body if answer.expected is None else answer.expected
    entry = Download(
        answer.url or site.url("/thing.txt"),
        f"sha256:{hashlib.sha256(expected).hexdigest()}",
        len(expected),
        member=answer.member,
    )
    argv = begin("text-muon", folder, folder / "new")
    argv[argv.index("--data") + 1] = "thing"
    return argv, entry


def ask(folder: Path, site: Site, answer: Answer) -> Ended:
    """Train on it in this process."""
    argv, entry = offer(folder, site, answer)
    with patch.dict(DOWNLOADS, thing=entry), within(SECONDS):
        return said(argv)


def refused(folder: Path, site: Site, answer: Answer) -> None:
    """Insist on an error by name in one line, and on a world that is as before."""
    around = {path for path in folder.rglob("*") if "cache" not in path.parts}
    cache = set((folder / "cache").glob("*"))
    ended = ask(folder, site, answer)
    new = set((folder / "cache").glob("*")) - cache
    for path in new:
        path.unlink()
    last = ended.err.splitlines()[-1]
    require(ended.status == 2 and last.startswith("minigpt train: "), ended)
    require("thing.txt" in last and "Traceback" not in ended.err, ended)
    require(len(new) <= answer.kept, f"left in the cache: {new}")
    require({p for p in folder.rglob("*") if "cache" not in p.parts} == around, "left elsewhere")


def no_room(folder: Path, site: Site) -> Row:
    """Fetch and unpack where no file may be longer than so many bytes, and into no folder."""
    row = Row("a download: no room, no permission", "an error that names the cache")
    box = Answer(zipped(**{"d/b.txt": TEXT}), None, 200, None, "d/b.txt")
    limits = {"fetching": (Answer(), 1_000), "unpacking": (box, len(box.body) + 1_000)}
    for name, (answer, most) in limits.items():
        with row.trial(name):
            with limited(most):
                refused_by_cache(folder, site, answer)
            names = {path.name[-5:] for path in (folder / "cache").glob("*")}
            require(names <= {"g.txt"}, names)  # the archive alone, which is whole
    (folder / "taken").write_text("")
    for place in ("taken", "taken/cache"):
        with row.trial(place), patch.dict(os.environ, MINIGPT_CACHE=str(folder / place)):
            refused_by_cache(folder, site, Answer())
    return row


def refused_by_cache(folder: Path, site: Site, answer: Answer) -> None:
    """Insist on one line about the cache."""
    ended = ask(folder, site, answer)
    last = ended.err.splitlines()[-1]
    require(ended.status == 2 and "MINIGPT_CACHE" in last and "Traceback" not in last, ended)


@contextmanager
def limited(most: int) -> Iterator[None]:
    """Let no file of this process grow beyond some bytes, for a while."""
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (most, limits[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)


def stopped(folder: Path, site: Site) -> Row:
    """Stop the process when half of the file has come."""
    row = Row("a download: the process is stopped half-way", "nothing under the file's name")
    half = threading.Event()

    def body() -> Iterator[bytes]:
        yield TEXT[: len(TEXT) // 2]
        half.set()
        time.sleep(2)

    for number, expected in ((SIGKILL, -SIGKILL), (SIGINT, 130)):
        with row.trial(f"signal {number}"):
            half.clear()
            before = set((folder / "cache").glob("*thing.txt"))
            argv, entry = offer(folder, site, Answer(body, {"Content-Length": len(TEXT)}))
            program = Program(argv, folder / "log", partial(knowing, str(folder / "cache"), entry))
            half.wait(SECONDS)
            program.send(number, after=0.2)
            ended = program.ended()
            require(ended.status == expected and "Traceback" not in ended.err, ended)
            require(set((folder / "cache").glob("*thing.txt")) == before, "there is a file")
    return row


def right(folder: Path, site: Site) -> Row:
    """After all that, what is right arrives, and is asked for once."""
    row = Row("a download: the right file, after all that", "it arrives and is trained on")
    box = tarred(**{"d/b.txt": TEXT, "d/c.txt": b"other"})
    for answer in (Answer(), Answer(box, None, 200, None, "d/b.txt")):
        with row.trial(answer.member):
            shutil.rmtree(folder / "new", ignore_errors=True)
            ended = ask(folder, site, answer)
            require(ended.status == 0, ended)
    return row
