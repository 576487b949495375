"""Chapter 15, training it: what its exercises ask for, and how people go wrong.

A file is an exercise, in the form of `chapter_05/`. torch is imported where it is needed, so that
a check starts at once.
"""

from minigpt.exercises.chapter_15 import accumulate, adamw_step, diagnose, pairs

EXERCISES = tuple(part.EXERCISE for part in (pairs, adamw_step, diagnose, accumulate))
