"""The command line: train, sample, evaluate, tokenize, corpus, bench."""

import argparse
import os
import sys
from collections.abc import Sequence

import torch

from minigpt.cli.common import complain
from minigpt.cli.models import add_bench, add_evaluate, add_sample, add_train
from minigpt.cli.texts import add_corpus, add_tokenize
from minigpt.errors import MiniGPTError, problem


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
        complain(arguments.command, error)
        return 2
    except KeyboardInterrupt:
        print("Interrupted.", file=sys.stderr)
        return 130
    except OSError as error:  # from stdout: all else that is read and written has its own error
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        if isinstance(error, BrokenPipeError):  # the reader, `head` say, has seen enough
            return 0
        complain(arguments.command, problem("room to print", str(error), "another place"))
        return 2
    except (MemoryError, RuntimeError) as error:
        if not _out_of_memory(error):
            raise
        came, remedy = str(error).partition("\n")[0], "a smaller model, batch or context"
        complain(arguments.command, problem("memory for a model and its batch", came, remedy))
        return 2


def _out_of_memory(error: Exception) -> bool:
    named = isinstance(error, MemoryError | torch.OutOfMemoryError)
    return named or "can't allocate memory" in str(error)  # on a CPU PyTorch has no name for it


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
