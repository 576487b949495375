"""Chapter 1, the next-token game: what its exercises ask for, and how people go wrong.

A file is an exercise, as in `chapter_05/`: the reference, the slips with what is said to each,
the right versions, and the entry that names them all.
"""

from minigpt.exercises.chapter_01 import audit, bigram_table, grade, mix

EXERCISES = tuple(part.EXERCISE for part in (grade, bigram_table, audit, mix))
