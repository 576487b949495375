"""What has been passed, kept on the reader's own machine: an empty file for each exercise.

The folder belongs to the reader's account, not to the book. `ATTENTION_PROGRESS` names
another one, or says `off`. Making a file is one step, whoever else is making another: two
notebooks at once lose nothing, and there is no file of files that could be damaged.
"""

import os
import re
from pathlib import Path

import platformdirs

VARIABLE = "ATTENTION_PROGRESS"
OFF = "off"


def folder() -> Path | None:
    """Where the record is kept, or None when nothing is to be kept.

    Raises: nothing.
    Source: this book.
    """
    named = os.environ.get(VARIABLE, "")
    if named == OFF:
        return None
    own = platformdirs.user_data_path("attention-worked-out", appauthor=False) / "progress"
    return Path(named).expanduser() if named else own


def note(id: str) -> str | None:
    """Record that an exercise is passed; or say why that cannot be recorded.

    Raises: nothing.
    Source: this book.
    """
    place = folder()
    if place is None:
        return None
    try:
        place.mkdir(parents=True, exist_ok=True)
        (place / id).touch()
    except OSError as error:
        reason = error.strerror or type(error).__name__
        return f"This could not be recorded ({reason}); `progress()` says where it should be."
    return None


def passed() -> set[str]:
    """The ids on record, also of exercises that the book no longer has.

    Raises: nothing.
    Source: this book.
    """
    place = folder()
    try:
        names = {path.name for path in place.iterdir()} if place else set()
    except OSError:  # nothing has been recorded yet
        names = set()
    return {name for name in names if re.fullmatch(r"\d+\.\d+[a-z]?", name)}


def where() -> str:
    """Say where the record is, with ~ for the home folder.

    Raises: nothing.
    Source: this book.
    """
    place = folder()
    if place is None:
        return f"Nothing is recorded: {VARIABLE} is off."
    home = str(Path.home())
    shown = str(place).replace(home, "~", 1) if str(place).startswith(home + os.sep) else place
    return f"Recorded in {shown}; delete the folder to begin anew."
