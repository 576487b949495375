"""`python -m minigpt`."""

import os
import signal
import sys


def main() -> int:
    """Import the command line, which takes seconds, and run it; Ctrl-C ends both with a line.

    Raises: nothing.
    Source: this book.
    """
    mindful = signal.getsignal(signal.SIGINT) is signal.default_int_handler
    if mindful:  # and not told to ignore Ctrl-C
        signal.signal(signal.SIGINT, _leave)
    from minigpt.cli import main as run

    if mindful:
        signal.signal(signal.SIGINT, signal.default_int_handler)
    return run()


def _leave(*_: object) -> None:
    """Leave from wherever this is: an import, stopped halfway, can end in any error."""
    print("Interrupted.", file=sys.stderr, flush=True)
    os._exit(130)


if __name__ == "__main__":
    sys.exit(main())
