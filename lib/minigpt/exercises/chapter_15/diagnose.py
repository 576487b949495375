"""15.3, five broken runs: `diagnose`. The runs are made by `tools/broken_runs.py`."""

import numpy as np

from minigpt.exercises.chapter_15.hints import DIAGNOSIS
from minigpt.exercises.exercise import Case, Exercise, Slip, Variant

TWICE, NO_MASK, TOO_LONG, DROPOUT, FROZEN = 1, 2, 3, 4, 5  # as the chapter lists them


def diagnose(run):
    return {"A": 4, "B": 1, "C": 5, "D": 2, "E": 3}[run]


TRUE = {"A": DROPOUT, "B": TWICE, "C": FROZEN, "D": NO_MASK, "E": TOO_LONG}

MISTAKEN = {
    ("A", TWICE): "Whoever is asked for the next token but one writes every other word. Run A "
    "writes whole sentences, with a wrong word here and there.",
    ("A", NO_MASK): "A run that sees its answers falls below the floor. Run A stays above it.",
    ("A", TOO_LONG): "Run A's loss falls from the first step, and smoothly. Steps that are too "
    "long throw it about.",
    ("A", FROZEN): "Run A ends far below the price of pairs, so more has been learned than "
    "which token follows which.",
    ("B", NO_MASK): "Run B is far above the floor, and a run that sees its answers is not. Read "
    "its samples aloud, leaving gaps.",
    ("B", TOO_LONG): "Run B's loss falls smoothly. It ends too high, and it does so calmly.",
    ("B", DROPOUT): "Run B was measured twice, with the same number to the last digit. Dropout "
    "would throw its dice anew.",
    ("B", FROZEN): "Run B does not end on the price of pairs. And would a model of pairs write two "
    "neighbours that hardly ever stand together?",
    ("C", TWICE): "In run C's samples each word goes well with the one before. Asked for the next "
    "but one, a model would write no such neighbours.",
    ("C", NO_MASK): "Run C is far above the floor. It knows less than it might, and not more.",
    ("C", TOO_LONG): "Run C falls quickly and calmly, to a line that has a name, and stays there.",
    ("C", DROPOUT): "Run C was measured twice, with the same number to the last digit, and so no "
    "dice were thrown.",
    ("D", TWICE): "Run D falls below the floor. An answer further away is harder to tell, "
    "not easier.",
    ("D", TOO_LONG): "Run D has the lowest loss of all. Why is that no reason to be glad?",
    ("D", DROPOUT): "Dropout in the measurement makes the loss worse. Run D's is better than "
    "anything can be.",
    ("D", FROZEN): "Frozen weights know less than they might. Run D knows more than anybody can.",
    ("E", TWICE): "Run E's loss rises again after step 40, nearly to an even bet. No order of the "
    "answers makes a model forget.",
    ("E", NO_MASK): "Run E never comes near the floor, let alone below it.",
    (
        "E",
        DROPOUT,
    ): "Dropout costs a little. In some two dozen batches, run E pays more than an even bet.",
    ("E", FROZEN): "If the blocks did nothing, the loss would still fall calmly to the price of "
    "pairs. Look at run E after step 40.",
}


def misdiagnosed(args, answer):
    """Say what in a run speaks against an answer, a number; None where it is right."""
    (run,) = args
    if np.ndim(answer) == 0 and answer == TRUE[run]:
        return None
    claimed = answer.item() if np.ndim(answer) == 0 else None
    return MISTAKEN.get((run, claimed), f"Run {run}: the faults are numbered from 1 to 5.")


def sheet(**changes):
    """All five answers, some of them changed."""
    return lambda run: (TRUE | changes)[run]


NAMES = ("", "shifted twice", "no mask", "steps too long", "dropout in evaluation", "frozen")

SLIPS = (
    Slip(
        "in the order of the list",
        lambda run: 1 + "ABCDE".index(run),
        "The runs are not in the order of the list. Begin with the one that lies below the floor.",
    ),
    Slip(
        "in words",
        lambda run: NAMES[TRUE[run]],
        "Give the fault's number in the list, and not its name.",
    ),
    Slip(
        "counted from 0",
        lambda run: TRUE[run] - 1,
        "Each number is one too small: the list counts from 1.",
    ),
    Slip(
        "B and C exchanged",
        sheet(B=FROZEN, C=TWICE),
        "Three are right, and B and C have changed places. Both end too high and calmly; "
        "which of them ends on a line that you can name?",
    ),
    Slip(
        "A and C exchanged",
        sheet(A=FROZEN, C=DROPOUT),
        "Three are right, and A and C have changed places. Of which run do two measurements "
        "of one model differ?",
    ),
    Slip(
        "A and B exchanged",
        sheet(A=TWICE, B=DROPOUT),
        "Three are right, and A and B have changed places. Both are above the floor; which of the "
        "two writes sentences?",
    ),
    Slip(
        "C and E exchanged",
        sheet(C=TOO_LONG, E=FROZEN),
        "Three are right, and C and E have changed places. One of the two falls calmly; the other "
        "forgets what it knew.",
    ),
    Slip(
        "A and E exchanged",
        sheet(A=TOO_LONG, E=DROPOUT),
        "Three are right, and A and E have changed places. Which of the two curves rises again?",
    ),
    Slip(
        "A and D exchanged",
        sheet(A=NO_MASK, D=DROPOUT),
        "Three are right, and A and D have changed places. Which of the two faults could ever make "
        "a loss *lower*?",
    ),
    Slip(
        "the same for all",
        lambda run: NO_MASK,
        "One fault for all five. Each run has another.",
    ),
)


def by_cases(run):
    if run in "DE":
        return NO_MASK if run == "D" else TOO_LONG
    return {"A": DROPOUT, "B": TWICE}.get(run, FROZEN)


RIGHT = (
    Variant("a row of answers", lambda run: (4, 1, 5, 2, 3)["ABCDE".index(run)]),
    Variant("the other way round", lambda run: " BDEAC".index(run)),
    Variant("one by one", by_cases),
    Variant("as an array", lambda run: [TRUE[run]][0] * 1.0),
)


EXERCISE = Exercise(
    id="15.3",
    title="Five broken runs",
    name="diagnose",
    minutes=30,
    difficulty="Middling",
    reference=diagnose,
    returns=("fault",),
    cases=tuple(Case((run,), (None,)) for run in "ABCDE"),
    slips=SLIPS,
    right=RIGHT,
    hints=DIAGNOSIS,
    notice="none of the five raised an error, and one of them has the best loss of all. "
    "Only a floor, a second measurement and a sample tell them apart.",
    judge_by=misdiagnosed,
)
