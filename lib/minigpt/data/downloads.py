"""Named downloads: each with a hash that stands in a public record, kept in a cache.

A file is shown under its name only once its hash has been verified. Servers may send a
download on to another host only where the table says so, because a network's login page
looks like an answer too.
"""

import gzip
import os
import shutil
import tarfile
import zipfile
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import IO, Literal
from urllib.parse import urljoin, urlsplit

import pooch
import requests
from tqdm import tqdm

from minigpt.errors import DataError, DownloadError, problem

TIMEOUT = 30  # seconds without an answer, or without more of it
LARGEST = 1 << 30  # bytes, of what is taken out of an archive
UNPACKING = (
    *(KeyError, EOFError, RuntimeError),  # no such member, cut short, locked or in another way
    *(zlib.error, gzip.BadGzipFile, zipfile.BadZipFile, tarfile.TarError),
)


@dataclass(frozen=True)
class Download:
    """One file on the web, with the hash it must have.

    `hash` is "sha256:..." or "md5:..."; `size` is in bytes, of what is transferred;
    `member` names the one file to take out of a zip or tar archive; `hosts` are domains,
    besides the URL's own, that may serve the file.

    Source: this book.
    """

    url: str
    hash: str
    size: int
    kind: Literal["text", "word vectors"] = "text"
    member: str | None = None
    hosts: tuple[str, ...] = ()


_GENSIM = "https://github.com/piskvorky/gensim-data/releases/download"

DOWNLOADS: dict[str, Download] = {
    # 1,115,394 characters of Shakespeare's plays. Hash recorded in huggingface/datasets,
    # datasets/tiny_shakespeare/dataset_infos.json (commit 040102f), "download_checksums".
    "tinyshakespeare": Download(
        url="https://raw.githubusercontent.com/karpathy/char-rnn/master/data/tinyshakespeare/input.txt",
        hash="sha256:86c4e6aa9db7c042ec79f339dcb96d42b0075e16b8fc2e86bf0ca57e2dc565ed",
        size=1_115_394,
    ),
    # Wikipedia articles, 11 MB of them for training. Hash recorded in huggingface/datasets,
    # datasets/wikitext/dataset_infos.json (commit 040102f), "wikitext-2-raw-v1", for the
    # first home of the file, which has closed; this one serves the same archive.
    "wikitext-2": Download(
        url="https://wikitext.smerity.com/wikitext-2-raw-v1.zip",
        hash="sha256:ef7edb566e3e2b2d31b29c1fdb0c89a4cc683597484c3dc2517919c615435a11",
        size=4_721_645,
        member="wikitext-2-raw/wiki.train.raw",
    ),
    # The first 100 MB of a Wikipedia dump of 2006, with its markup. Hash recorded in
    # huggingface/datasets, datasets/enwik8/dataset_infos.json (commit 040102f).
    "enwik8": Download(
        url="http://mattmahoney.net/dc/enwik8.zip",
        hash="sha256:547994d9980ebed1288380d652999f38a14fe291a6247c157c3d33d4932534bc",
        size=36_445_475,
        member="enwik8",
    ),
    # GloVe vectors of 400,000 words (Pennington et al. 2014). Hashes recorded in
    # piskvorky/gensim-data, list.json (commit 5aff3ff), "glove-wiki-gigaword-50" and "-100".
    "glove-50": Download(
        url=f"{_GENSIM}/glove-wiki-gigaword-50/glove-wiki-gigaword-50.gz",
        hash="md5:c289bc5d7f2f02c6dc9f2f9b67641813",
        size=69_182_535,
        kind="word vectors",
        hosts=("githubusercontent.com",),
    ),
    "glove-100": Download(
        url=f"{_GENSIM}/glove-wiki-gigaword-100/glove-wiki-gigaword-100.gz",
        hash="md5:40ec481866001177b8cd4cb0df92924f",
        size=134_300_434,
        kind="word vectors",
        hosts=("githubusercontent.com",),
    ),
}


def download(name: str) -> Path:
    """Return the path of a download, fetching it first if it is not in the cache.

    The cache is the platform's own for `minigpt`, or the directory that the environment
    variable MINIGPT_CACHE names. A cached file with another hash is fetched again.

    Raises: DataError for an unknown name; DownloadError when the server cannot be reached,
        answers something else, sends the request on to a stranger, breaks off or does not
        end, or when the cache cannot be written.
    Source: this book.
    """
    if name not in DOWNLOADS:
        raise DataError(
            problem("a download has a known name", repr(name), f"one of {', '.join(DOWNLOADS)}")
        )
    entry = DOWNLOADS[name]
    try:
        fetched = _fetch(entry)
        return fetched if entry.member is None else _extract(fetched, entry.member)
    except OSError as error:
        raise DownloadError(
            problem("the cache must be writable", f"{error}", "another directory in MINIGPT_CACHE")
        ) from error


def _fetch(entry: Download) -> Path:
    digest = entry.hash.partition(":")[2]
    file_name = f"{digest[:12]}-{entry.url.rpartition('/')[2]}"
    bring = partial(_bring, entry)
    try:
        return Path(pooch.retrieve(entry.url, entry.hash, file_name, _cache(), downloader=bring))
    except DownloadError:  # from within; the branches below are for its parents
        raise
    except requests.HTTPError as error:
        raise _failed(entry, f"the answer {error.response.status_code}") from error
    except requests.exceptions.ChunkedEncodingError as error:
        raise _failed(entry, "a file that breaks off") from error
    except requests.RequestException as error:
        raise _failed(entry, f"no answer ({type(error).__name__})") from error
    except ValueError as error:
        raise _failed(entry, "a file with another hash, so it was thrown away") from error


def _bring(entry: Download, url: str, file: str, _pooch: None) -> None:
    """Write what the server sends into a file, and stop where it sends too much."""
    hooks = {"response": _stay_on(entry)}
    agent = {"User-Agent": "minigpt"}
    with requests.get(url, stream=True, timeout=TIMEOUT, headers=agent, hooks=hooks) as response:
        response.raise_for_status()
        bar = tqdm(total=entry.size, unit="B", unit_scale=True)
        with bar, open(file, "wb") as target:
            for chunk in response.iter_content(1 << 16):
                bar.update(target.write(chunk))
                if bar.n > entry.size:
                    raise _failed(entry, "more than that")


def _cache() -> Path:
    return Path(os.environ.get("MINIGPT_CACHE") or pooch.os_cache("minigpt"))


def _stay_on(entry: Download) -> Callable[..., None]:
    """Make a hook for requests that refuses redirects to hosts the table does not name."""
    own = urlsplit(entry.url).hostname

    def check(response: requests.Response, *_args, **_options) -> None:
        if not response.is_redirect:
            return
        location = response.headers["location"]
        host = _host(response.url, location)
        if host != own and not any(f".{host}".endswith(f".{known}") for known in entry.hosts):
            raise _failed(entry, f"sent on to {host or location}, perhaps a network's login page")

    return check


def _host(url: str, location: str) -> str:
    try:
        return urlsplit(urljoin(url, location)).hostname or ""
    except ValueError:  # no URL at all
        return ""


def _failed(entry: Download, came: str) -> DownloadError:
    return DownloadError(
        problem(
            f"{entry.url} should send a file of {entry.size:,} bytes with {entry.hash[:18]}...",
            came,
            "again with a working connection, or fetch the file by hand and open it by its path",
        )
    )


def _extract(archive: Path, member: str) -> Path:
    """Take one file out of an archive; it appears under its name only when it is whole."""
    target = archive.with_name(f"{archive.name}-{Path(member).name}")
    if target.exists():
        return target
    with TemporaryDirectory(dir=archive.parent, prefix="part-") as unfinished:
        part = Path(unfinished) / target.name
        with _reading(archive, member) as source, part.open("wb") as file:
            shutil.copyfileobj(source, file)
        os.replace(part, target)
    return target


@contextmanager
def _reading(archive: Path, member: str) -> Iterator[IO[bytes]]:
    try:
        if zipfile.is_zipfile(archive):
            with zipfile.ZipFile(archive) as box:
                _check_members(archive, box.namelist())
                _check_size(archive, box.getinfo(member).file_size)
                yield box.open(member)
        else:
            with tarfile.open(archive) as box:
                _check_members(archive, box.getnames())
                if not box.getmember(member).isfile():
                    raise KeyError(f"{member} is no file")
                _check_size(archive, box.getmember(member).size)
                yield box.extractfile(member)
    except UNPACKING as error:
        needed, came = f"{archive.name} is an archive that holds {member}", f"{error}"
        raise DownloadError(problem(needed, came.partition("\n")[0], "a new table")) from error


def _check_members(archive: Path, names: list[str]) -> None:
    for name in names:
        parts = name.replace("\\", "/").split("/")
        if parts[0] == "" or ".." in parts or parts[0].endswith(":"):
            raise DownloadError(
                problem(
                    "an archive holds files below its own directory",
                    f"{name!r} in {archive.name}",
                    "another copy of it; nothing was unpacked",
                )
            )


def _check_size(archive: Path, size: int) -> None:
    if size > LARGEST:
        raise DownloadError(
            problem(
                f"a file of at most {LARGEST:,} bytes in an archive",
                f"one of {size:,} in {archive.name}",
                "another copy of it; nothing was unpacked",
            )
        )
