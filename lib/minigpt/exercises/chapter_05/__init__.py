"""Chapter 5, three lines: what its exercises ask for, and how people go wrong.

A file is an exercise, from the top: the reference, the slips with what is said to each, the right
versions, and the entry that names them all. The reference stands by itself, for its source is
spoiled in the tests; slips and right versions may lean on anything. torch is imported where it is
needed, so that a check starts at once.
"""

from minigpt.exercises.chapter_05 import attend, break_even, is_equivariant, rival, twin

EXERCISES = tuple(part.EXERCISE for part in (attend, break_even, rival, is_equivariant, twin))
