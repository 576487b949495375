"""Ctrl-C and SIGTERM, which ask: the run saves, says so, and can go on."""

import random
import time
from functools import partial
from pathlib import Path
from signal import SIGINT, SIGTERM

from .hooks import in_save, on_calling
from .program import SAVE_EVERY, STEPS, Ended, finish, fresh
from .straight import Straight, again, each_call, logged, some
from .tally import Row, require

SAID = "saves, says so, status 130; the end bit for bit"
LINE = "one line, status 130; the end bit for bit"
STEP = 3 * SAVE_EVERY  # of the save that is interrupted
NAMES = {SIGINT: "Ctrl-C", SIGTERM: "SIGTERM"}


def signals(folder: Path, draw: random.Random, long: bool) -> list[Row]:
    """Interrupt runs: while they train, save and measure, before they train, and twice."""
    straight = some(folder, long)
    text, stories = straight[0], straight[-1]
    return [
        *(while_training(straight, number, draw, 20 if long else 2) for number in NAMES),
        *(in_a_save(stories, number, 2 if long else 20) for number in NAMES),
        *(while_measuring(text, number, long) for number in NAMES),
        before_training(stories),
        while_drawing(text),
        twice(text, 2 if long else 20),
        while_importing(folder, draw, 12 if long else 1),
    ]


def saved_and_said(ended: Ended, out: Path) -> None:
    """Insist that the last step is saved, that the program said so, and its status."""
    step = logged(out)
    line = f"Interrupted: saved step {step} in {out}/step-{step:08d}; go on with --resume."
    require(ended.status == 130 and ended.err == "", ended)
    require(ended.out.splitlines()[-1:] == [line] and again(out) == 0, (ended, again(out)))


def one_line(ended: Ended, out: Path) -> None:
    """Insist on a word instead of a traceback, and that no more than one interval is lost."""
    require(ended.status == 130 and ended.err == "Interrupted.\n", ended)
    require(again(out) <= SAVE_EVERY, f"{again(out)} steps come again")


def while_training(straight: list[Straight], number: int, draw: random.Random, times: int) -> Row:
    """At a random moment after the first step."""
    row = Row(f"{NAMES[number]} at a random moment of training", SAID)
    runs = 0
    while row.times < times:
        of = straight[runs % len(straight)]
        out, runs = of.folder / f"{NAMES[number]}-{runs}", runs + 1
        program = of.go_on(out)
        while program.running() and not logged(out):
            time.sleep(0.001)
        program.send(number, after=draw.uniform(0, 0.7 * of.seconds))
        ended = program.ended()
        if logged(out) < STEPS:  # otherwise it came too late to interrupt anything
            with row.trial(out.name):
                saved_and_said(ended, out)
                of.compare(out)
    return row


def in_a_save(of: Straight, number: int, stride: int) -> Row:
    """At each call of the third save."""
    row = Row(f"{NAMES[number]} at each call of a save", SAID)
    return each_call(
        row, of, stride, lambda n: partial(in_save, STEP, n, (number,)), saved_and_said
    )


def twice(of: Straight, stride: int) -> Row:
    """The second time for good: the save is given up, the ones before are there."""
    row = Row("Ctrl-C twice in a save, at each call", LINE)
    return each_call(row, of, stride, lambda n: partial(in_save, STEP, n, (SIGINT,) * 2), one_line)


def while_measuring(of: Straight, number: int, long: bool) -> Row:
    """In the last measurement; in the long version, in each."""
    row = Row(f"{NAMES[number]} while the loss is measured", SAID)
    last = STEPS // 10
    for n in range(1 if long else last, last + 1):
        out = of.folder / f"{NAMES[number]}-measuring-{n}"
        with row.trial(out.name):
            saved_and_said(of.go_on(out, partial(on_calling, "report", n, number)).ended(), out)
            of.compare(out)
    return row


def before_training(of: Straight) -> Row:
    """While the data is read, the tokenizer learnt, the text encoded, the model made."""
    row = Row("Ctrl-C before the first step", LINE)
    for name in ("open_data", "make_tokenizer", "encode_source", "GPT", "Trainer", "held_back"):
        out = of.folder / f"before-{name}"
        with row.trial(name):
            one_line(of.go_on(out, partial(on_calling, name, 1, SIGINT)).ended(), out)
            of.compare(out)
    return row


def while_drawing(of: Straight) -> Row:
    """When all is saved and the picture is drawn."""
    row, out = Row("Ctrl-C while the losses are drawn", LINE), of.folder / "drawing"
    with row.trial(out.name):
        one_line(of.go_on(out, partial(on_calling, "plot_metrics", 1, SIGINT)).ended(), out)
        require(again(out) == 0, f"{again(out)} steps come again")
        of.compare(out)
    return row


def while_importing(folder: Path, draw: random.Random, times: int) -> Row:
    """In the first seconds of a fresh process, most of which PyTorch takes.

    Where the machine is quick, training has begun; then it saves first, and says so.
    """
    row = Row("Ctrl-C while a fresh process imports", "one line, status 130")
    argv = ["train", "--preset", "tiny", "--data", str(folder / "text.txt"), "--out"]
    for n in range(times):
        with row.trial(n):
            process = fresh([*argv, str(folder / f"new-{n}")])
            time.sleep(draw.uniform(0.5, 2.5))
            process.send_signal(SIGINT)
            ended = finish(process)
            saved = "Interrupted: saved" in ended.out
            require((ended.status, ended.err) == (130, "" if saved else "Interrupted.\n"), ended)
    return row
