"""python -m tests.faults [kills] [signals] [checkpoints] [surroundings] [downloads] [--long].

Each attack prints what it did, how often, what was required, and how often that held.
"""

import argparse
import sys
import time

from .attacks import ATTACKS, attack
from .tally import table, write_json


def main() -> int:
    """Run the attacks that were asked for; return 1 if anything was lost."""
    parser = argparse.ArgumentParser(prog="python -m tests.faults", description=__doc__)
    parser.add_argument("attacks", nargs="*", metavar="NAME", help=f"of {', '.join(ATTACKS)}")
    parser.add_argument("--long", action="store_true", help="as often as the book claims: minutes")
    parser.add_argument("--seed", type=int, default=0, help="other random moments and places")
    parser.add_argument("--json", metavar="FILE", help="write the counts there too")
    asked = parser.parse_args()
    if unknown := set(asked.attacks) - set(ATTACKS):
        parser.error(f"no attack is called {', '.join(unknown)}")
    rows, start = [], time.monotonic()
    for name in asked.attacks or ATTACKS:
        found = attack(name, asked.seed, asked.long)
        print(table(found), end="\n\n", flush=True)
        rows += found
    seconds = round(time.monotonic() - start)
    print(f"{sum(r.held for r in rows)} of {sum(r.times for r in rows)} held, in {seconds} s")
    if asked.json:
        write_json(asked.json, rows, long=asked.long, seed=asked.seed, seconds=seconds)
    return int(any(row.held < row.times for row in rows))


if __name__ == "__main__":
    sys.exit(main())
