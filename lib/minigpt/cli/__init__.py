"""The command line: train, sample, evaluate, tokenize, corpus, bench."""

import argparse
import os
import sys
from collections.abc import Sequence

from minigpt.cli.models import add_bench, add_evaluate, add_sample, add_train
from minigpt.cli.texts import add_corpus, add_tokenize
from minigpt.errors import MiniGPTError


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command; return the exit status: 0, 2 for bad input, 130 when interrupted.

    Raises: nothing; errors are printed in a line or two.
    Source: this book.
    """
    arguments = make_parser().parse_args(argv)
    try:
        status = arguments.run(arguments)
        sys.stdout.flush()
        return status
    except MiniGPTError as error:
        print(f"minigpt {arguments.command}: {error}", file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        print("Interrupted.", file=sys.stderr)
        return 130
    except BrokenPipeError:  # the reader, `head` say, has seen enough
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0


def make_parser() -> argparse.ArgumentParser:
    """Describe all commands and flags.

    Raises: nothing.
    Source: this book.
    """
    parser = argparse.ArgumentParser(
        prog="python -m minigpt",
        description="Train a small GPT, and write with it.",
        epilog="Begin with: python -m minigpt train --preset tiny --data kingdom --out runs/hello",
    )
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    for add in (add_train, add_sample, add_evaluate, add_tokenize, add_corpus, add_bench):
        add(commands)
    return parser
