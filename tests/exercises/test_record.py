"""What is passed is kept in a folder of the reader's, and nothing there can break a check."""

import os
import subprocess
import sys
from pathlib import Path

import platformdirs
import pytest
from toy import TOY, shares

from minigpt import exercises
from minigpt.exercises import check, progress, record
from minigpt.exercises.registry import EXERCISES
from tools.notebooks import PINNED

FIRST = next(iter(EXERCISES.values()))


@pytest.fixture
def place(tmp_path, monkeypatch):
    monkeypatch.setenv(record.VARIABLE, str(tmp_path / "a" / "progress"))
    return tmp_path / "a" / "progress"


def shown(capsys) -> list[str]:
    progress()
    return capsys.readouterr().out.splitlines()


def test_no_test_and_no_notebook_writes_to_the_reader_s_own_record():
    assert os.environ[record.VARIABLE] == PINNED[record.VARIABLE] == record.OFF
    assert record.folder() is None
    assert record.note("5.1") is None
    assert record.passed() == set()


def test_the_record_is_in_the_account_s_own_data_folder(monkeypatch):
    for empty in (None, ""):
        monkeypatch.delenv(record.VARIABLE) if empty is None else monkeypatch.setenv(
            record.VARIABLE, empty
        )
        folder = record.folder()
        assert (
            folder == Path(platformdirs.user_data_dir("attention-worked-out", False)) / "progress"
        )
        assert Path(__file__).parents[2] not in folder.parents


def test_passing_is_recorded_and_not_passing_is_not(place, monkeypatch, capsys):
    monkeypatch.setitem(exercises.EXERCISES, TOY.id, TOY)
    check(TOY.id, lambda x, order: x)
    check(TOY.id, None)
    assert record.passed() == set()
    check(TOY.id, shares)
    check(TOY.id, shares)
    assert record.passed() == {TOY.id} == {path.name for path in place.iterdir()}
    check(TOY.id, None)
    assert record.passed() == {TOY.id}
    assert "  ✓ 0.1   Shares (shares)" in shown(capsys)


def test_progress_lists_every_exercise_by_chapter(place, capsys):
    record.note(FIRST.id)
    lines = shown(capsys)
    assert lines[0] == f"Chapter {FIRST.chapter}"
    assert lines[1] == f"  ✓ {FIRST.id:<5} {FIRST.title} ({FIRST.name})"
    assert sum(line.startswith("  ·") for line in lines) == len(EXERCISES) - 1
    assert lines[-1].startswith(f"1 of {len(EXERCISES)} passed. Recorded in ")
    assert lines[-1].endswith("delete the folder to begin anew.")


def test_the_home_folder_is_written_short(monkeypatch, capsys):
    monkeypatch.setenv(record.VARIABLE, str(Path.home() / "somewhere" / "else"))
    assert f"Recorded in ~{os.sep}somewhere{os.sep}else;" in shown(capsys)[-1]
    monkeypatch.setenv(record.VARIABLE, f"~{os.sep}here")
    assert record.folder() == Path.home() / "here"


def test_nothing_recorded_is_said(capsys):
    assert shown(capsys)[-1] == (
        f"0 of {len(EXERCISES)} passed. Nothing is recorded: ATTENTION_PROGRESS is off."
    )


def test_an_exercise_that_is_no_more_is_shown_and_not_counted(place, capsys):
    record.note("4.9")
    record.note("99.12b")
    lines = shown(capsys)
    assert "  ✓ 4.9   (no longer in the book)" in lines
    assert lines.index("Chapter 4") < lines.index("  ✓ 4.9   (no longer in the book)")
    assert "  ✓ 99.12b (no longer in the book)" in lines
    assert lines[-1].startswith(f"0 of {len(EXERCISES)} passed.")


def test_stray_files_are_left_alone(place, capsys):
    record.note(FIRST.id)
    (place / "notes.txt").write_text("mine")
    (place / "5").mkdir()
    (place / "5.1.bak").touch()
    (place / FIRST.id).write_bytes(b"\x00\xff")
    assert record.passed() == {FIRST.id}
    record.note(FIRST.id)
    assert (place / "notes.txt").read_text() == "mine"
    assert len(shown(capsys)) > len(EXERCISES)


def test_a_file_in_the_way_is_said_and_kept(place, monkeypatch, capsys):
    monkeypatch.setitem(exercises.EXERCISES, TOY.id, TOY)
    place.parent.mkdir()
    place.write_text('{"an older": "record"')
    check(TOY.id, shares)
    first, *_, last = capsys.readouterr().out.splitlines()
    assert first == "✓ 0.1, shares: passed"
    assert last.startswith("This could not be recorded (") and "progress()" in last
    assert str(place) not in last
    assert place.read_text() == '{"an older": "record"'
    assert shown(capsys)[-1].startswith("0 of ")


def test_a_folder_that_cannot_be_written_is_said(place, monkeypatch, capsys):
    monkeypatch.setitem(exercises.EXERCISES, TOY.id, TOY)

    def refuse(*_, **__):
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(Path, "mkdir", refuse)
    check(TOY.id, shares)
    printed = capsys.readouterr().out
    assert "✓ 0.1, shares: passed" in printed
    assert "This could not be recorded (Permission denied);" in printed


def test_many_at_once_lose_nothing(place):
    """Six processes record twenty exercises each, all of them for the first time."""
    program = "import sys; from minigpt.exercises import record\n"
    program += "for i in range(20): record.note(f'{sys.argv[1]}.{i + 1}')"
    runs = [
        subprocess.Popen([sys.executable, "-c", program, str(chapter)]) for chapter in range(1, 7)
    ]
    assert [run.wait() for run in runs] == [0] * 6
    assert len(record.passed()) == 6 * 20
