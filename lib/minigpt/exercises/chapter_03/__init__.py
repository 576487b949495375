"""Chapter 3, embeddings: what its exercises ask for, and how people go wrong.

A file is an exercise, in the form of `chapter_05/`. torch is imported where it is needed, so that
a check starts at once.
"""

from minigpt.exercises.chapter_03 import (
    answer,
    direction,
    held_out,
    impostor,
    one_hot,
    step,
    table_gradient,
)

EXERCISES = tuple(
    part.EXERCISE for part in (one_hot, table_gradient, step, answer, impostor, direction, held_out)
)
