import gzip
import hashlib
import io
import re
import tarfile
import time
from itertools import repeat
from pathlib import Path

import pytest
from faults.server import Site, tarred, zipped

from minigpt.data import DOWNLOADS, Download, TextSource, download, open_data
from minigpt.data import downloads as library
from minigpt.errors import DataError, DownloadError

TEXT = b"all the world's a stage " * 5000


@pytest.fixture(scope="module")
def server():
    site = Site()
    yield site
    site.server.shutdown()
    site.server.server_close()


@pytest.fixture
def site(server, monkeypatch, tmp_path):
    server.answers.clear()
    server.asked.clear()
    monkeypatch.setenv("MINIGPT_CACHE", str(tmp_path / "cache"))
    for name in ("http_proxy", "https_proxy", "HTTP_PROXY", "HTTPS_PROXY", "all_proxy"):
        monkeypatch.delenv(name, raising=False)
    return server


@pytest.fixture
def offer(site, monkeypatch):
    """Put a file on the site and in the table, as "thing"."""

    def put(body=TEXT, path="/thing.txt", status=200, headers=(), expected=None, **entry):
        site.answers[path] = (status, dict(headers), body)
        expected = body if expected is None else expected
        told = {"hash": f"sha256:{hashlib.sha256(expected).hexdigest()}", "size": len(expected)}
        entry = {"url": site.url(path), **told, **entry}
        monkeypatch.setitem(DOWNLOADS, "thing", Download(**entry))

    return put


def cached(tmp_path):
    cache = tmp_path / "cache"
    return sorted(path.name for path in cache.iterdir()) if cache.exists() else []


def refused(match, tmp_path, left=0):
    """Downloading fails in these words, and nothing half-written is to be seen."""
    with pytest.raises(DownloadError, match=match) as error:
        download("thing")
    assert len(cached(tmp_path)) == left
    return str(error.value)


# --- what should arrive --------------------------------------------------------------------


def test_right_file_arrives_once_and_is_kept(site, offer, tmp_path, capsys):
    offer()
    path = download("thing")
    assert path.read_bytes() == TEXT
    assert path.parent == tmp_path / "cache"
    assert download("thing") == path
    assert site.asked == ["/thing.txt"]
    assert "100%" in capsys.readouterr().err  # the progress bar


def test_md5_where_that_is_the_public_record(offer):
    offer(hash=f"md5:{hashlib.md5(TEXT).hexdigest()}")
    assert download("thing").read_bytes() == TEXT


def test_a_cached_file_that_was_damaged_is_fetched_again(site, offer):
    offer()
    path = download("thing")
    path.write_bytes(TEXT[:-5])
    assert download("thing").read_bytes() == TEXT
    assert len(site.asked) == 2


def test_open_data_reads_a_download_by_its_name(offer):
    offer()
    source = open_data("thing")
    assert isinstance(source, TextSource)
    assert source.name == "thing"
    assert "".join(source.chunks("train")).encode() == TEXT[: len(TEXT) * 9 // 10]


@pytest.mark.parametrize("pack", [zipped, tarred])
def test_only_the_named_member_is_unpacked(offer, tmp_path, pack):
    offer(pack(**{"d/a.txt": b"other", "d/b.txt": TEXT}), "/d.pack", member="d/b.txt")
    path = download("thing")
    assert path.read_bytes() == TEXT
    assert len(cached(tmp_path)) == 2  # the archive and the member
    assert download("thing") == path


def test_a_redirect_on_the_same_host_is_followed(site, offer):
    site.answers["/new.txt"] = (200, {}, TEXT)
    offer(b"", status=302, headers={"Location": "/new.txt"}, expected=TEXT)
    assert download("thing").read_bytes() == TEXT


def test_a_redirect_to_a_host_of_the_table_is_followed(site, offer):
    site.answers["/new.txt"] = (200, {}, TEXT)
    headers = {"Location": site.url("/new.txt", host="localhost")}
    offer(b"", status=302, headers=headers, expected=TEXT, hosts=("localhost",))
    assert download("thing").read_bytes() == TEXT


# --- what can go wrong ---------------------------------------------------------------------


def test_unknown_name_lists_the_known_ones():
    with pytest.raises(DataError, match="tinyshakespeare"):
        download("shakespear")


def test_wrong_hash(offer, tmp_path):
    offer(expected=TEXT[::-1])
    assert "127.0.0.1" in refused("another hash", tmp_path)


def test_more_than_there_should_be(offer, tmp_path):
    offer(TEXT + b"!", expected=TEXT)
    refused("more than that", tmp_path)


def test_without_end(offer, tmp_path):
    offer(lambda: repeat(TEXT), expected=TEXT)
    refused("more than that", tmp_path)


def test_silence(offer, tmp_path, monkeypatch):
    monkeypatch.setattr(library, "TIMEOUT", 0.2)
    offer(lambda: iter([TEXT[:9], time.sleep(1) or b""]), expected=TEXT)
    refused("no answer", tmp_path)


def test_sent_on_to_no_address(offer, tmp_path):
    offer(b"", status=302, headers={"Location": "http://[::1"}, expected=TEXT)
    refused(r"sent on to http://\[::1", tmp_path)


def test_not_found(site, offer, tmp_path):
    offer(status=404)
    refused("the answer 404", tmp_path)


def test_cut_off(offer, tmp_path):
    offer(headers={"Content-Length": len(TEXT) + 100})
    refused("breaks off", tmp_path)


def test_offline(site, offer, tmp_path):
    offer(url="http://127.0.0.1:9/thing.txt")  # nobody listens there
    refused("no answer", tmp_path)


@pytest.mark.parametrize("hosts", [(), ("example.org",), ("host",)])
def test_sent_on_to_a_stranger(site, offer, tmp_path, hosts):
    site.answers["/login"] = (200, {}, TEXT)
    headers = {"Location": site.url("/login", host="localhost")}
    offer(b"", status=302, headers=headers, expected=TEXT, hosts=hosts)
    refused("sent on to localhost", tmp_path)
    assert "/login" not in site.asked


def test_cache_that_cannot_be_written(offer, monkeypatch, tmp_path):
    offer()
    (tmp_path / "file").write_text("in the way")
    monkeypatch.setenv("MINIGPT_CACHE", str(tmp_path / "file"))
    with pytest.raises(DownloadError, match="MINIGPT_CACHE"):
        download("thing")


OUTSIDE = ["../b.txt", "d/../../b.txt", "/b.txt", "..\\b.txt", "C:\\b.txt", "\\b.txt"]


@pytest.mark.parametrize("pack", [zipped, tarred])
@pytest.mark.parametrize("outside", OUTSIDE)
def test_archives_that_reach_outside_are_refused_whole(offer, tmp_path, pack, outside):
    offer(pack(**{"d/b.txt": TEXT, outside: b"harm"}), "/d.pack", member="d/b.txt")
    refused("below its own directory", tmp_path, left=1)
    assert [path.name for path in tmp_path.iterdir()] == ["cache"]


@pytest.mark.parametrize("pack", [zipped, tarred])
def test_member_that_is_not_there(offer, tmp_path, pack):
    offer(pack(**{"d/b.txt": TEXT}), "/d.pack", member="d/c.txt")
    refused(r"holds d/c\.txt", tmp_path, left=1)


def test_archive_that_is_none(offer, tmp_path):
    offer(TEXT, "/d.zip", member="d/b.txt")
    refused("is an archive", tmp_path, left=1)


@pytest.mark.parametrize("pack", [zipped, tarred])
def test_a_member_that_is_vast_when_it_is_unpacked(offer, tmp_path, monkeypatch, pack):
    monkeypatch.setattr(library, "LARGEST", len(TEXT) - 1)
    offer(pack(**{"d/b.txt": TEXT}), "/d.pack", member="d/b.txt")
    refused(r"at most 119,999 bytes .* one of 120,000", tmp_path, left=1)


def test_an_archive_that_is_locked(offer, tmp_path):
    box = bytearray(zipped(**{"d/b.txt": TEXT}))
    for at in (6, box.index(b"PK\1\2") + 8):  # the flags, here and in the directory
        box[at] |= 1
    offer(bytes(box), "/d.zip", member="d/b.txt")
    refused(r"is an archive .* encrypted", tmp_path, left=1)


def test_no_room_to_unpack(offer, tmp_path, monkeypatch):
    def full(*_):
        raise OSError(28, "No space left on device")

    offer(zipped(**{"d/b.txt": TEXT}), "/d.zip", member="d/b.txt")
    monkeypatch.setattr(library.shutil, "copyfileobj", full)
    refused(r"cache must be writable, but got .*No space left", tmp_path, left=1)


def test_tar_member_that_is_no_file(offer, tmp_path):
    box = io.BytesIO()
    with tarfile.open(fileobj=box, mode="w") as archive:
        entry = tarfile.TarInfo("d/b.txt")
        entry.type, entry.linkname = tarfile.SYMTYPE, "../../../etc/passwd"
        archive.addfile(entry)
        directory = tarfile.TarInfo("d")
        directory.type = tarfile.DIRTYPE
        archive.addfile(directory)
    for member in ("d/b.txt", "d"):
        offer(box.getvalue(), "/d.tar", member=member)
        refused("is an archive", tmp_path, left=1)


def test_damaged_inside_the_archive(offer, tmp_path):
    whole = bytearray(zipped(**{"d/b.txt": bytes(range(256)) * 99}))
    whole[60] ^= 0xFF
    offer(bytes(whole), "/d.zip", member="d/b.txt")
    refused("is an archive", tmp_path, left=1)


# --- the table -----------------------------------------------------------------------------


def test_table_is_complete():
    for entry in DOWNLOADS.values():
        assert re.fullmatch(r"sha256:[0-9a-f]{64}|md5:[0-9a-f]{32}", entry.hash)
        assert entry.url.startswith(("https://", "http://mattmahoney.net/"))
        assert entry.size > 1_000_000


def test_tiny_shakespeare_is_the_file_with_that_hash():
    path = Path("../shared/data/tinyshakespeare.txt")
    if not path.exists():
        pytest.skip("../shared/data/tinyshakespeare.txt is not here")
    entry = DOWNLOADS["tinyshakespeare"]
    assert entry.hash == f"sha256:{hashlib.sha256(path.read_bytes()).hexdigest()}"
    assert entry.size == path.stat().st_size


def test_cache_is_the_platforms_own_unless_told_otherwise(monkeypatch):
    import pooch

    monkeypatch.delenv("MINIGPT_CACHE", raising=False)
    assert library._cache() == Path(pooch.os_cache("minigpt"))


def test_gzip_is_left_packed(offer):
    offer(gzip.compress(TEXT, mtime=0), "/vectors.gz", kind="word vectors")
    assert download("thing").suffix == ".gz"
