"""Chapter 6, softmax: what its exercises ask for, and how people go wrong.

A file is an exercise, in the form of `chapter_05/`. torch is imported where it is needed, so that
a check starts at once.
"""

from minigpt.exercises.chapter_06 import (
    deadly_width,
    fair_divisor,
    log_sum_exp,
    push_back,
    safe_softmax,
    score_variance,
    surprise,
)

EXERCISES = tuple(
    part.EXERCISE
    for part in (
        safe_softmax,
        log_sum_exp,
        surprise,
        score_variance,
        fair_divisor,
        push_back,
        deadly_width,
    )
)
