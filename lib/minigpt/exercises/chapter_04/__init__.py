"""Chapter 4, the problem of context: what its exercises ask for, and how people go wrong.

A file is an exercise, in the form of `chapter_05/`. torch is imported where it is needed, so that
a check starts at once.
"""

from minigpt.exercises.chapter_04 import (
    average_neighbours,
    fewest_out,
    overtakes,
    shares_by_rarity,
)

EXERCISES = tuple(
    part.EXERCISE for part in (overtakes, average_neighbours, shares_by_rarity, fewest_out)
)
