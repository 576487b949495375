"""What the commands share."""

import argparse
import sys
from collections.abc import Callable

from minigpt.data import DOWNLOADS

Commands = argparse._SubParsersAction  # argparse has no public name for it

DATA_HELP = (
    "the built-in corpus ('kingdom', or 'kingdom:5000' for another number of stories), "
    f"a UTF-8 text file, or a download ({', '.join(DOWNLOADS)})"
)


def new_command(
    commands: Commands, run: Callable, summary: str, example: str
) -> argparse.ArgumentParser:
    """Add a command named after the function that runs it.

    Raises: nothing.
    Source: this book.
    """
    name = run.__name__.removeprefix("_")
    command = commands.add_parser(
        name, help=summary, description=summary, epilog=f"Example: python -m minigpt {example}"
    )
    command.set_defaults(run=run)
    return command


def complain(command: str, error: object) -> None:
    """Say why a command ends early.

    Raises: nothing.
    Source: this book.
    """
    note(f"minigpt {command}: {error}")


def note(text: str) -> None:
    """Say something that is not the command's result.

    Raises: nothing.
    Source: this book.
    """
    print(text, file=sys.stderr)
