"""Chapter 7, queries, keys and values: what its exercises ask for, and how people go wrong.

A file is an exercise, in the form of `chapter_05/`. torch is imported where it is needed, so that
a check starts at once.
"""

from minigpt.exercises.chapter_07 import (
    after_swap,
    attend,
    fresh_errors,
    one_query,
    two_matrices,
    wrong_entries,
)

EXERCISES = tuple(
    part.EXERCISE
    for part in (one_query, attend, wrong_entries, fresh_errors, after_swap, two_matrices)
)
