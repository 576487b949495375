"""Chapter 16, sampling: what its exercises ask for, and how people go wrong.

A file is an exercise, in the form of `chapter_05/`.
"""

from minigpt.exercises.chapter_16 import beam, nucleus, penalise, sculpt

EXERCISES = tuple(part.EXERCISE for part in (nucleus, sculpt, penalise, beam))
