"""Chapter 8, masks: what its exercises ask for, and how people go wrong.

A file is an exercise, in the form of `chapter_05/`. torch is imported where it is needed, so that
a check starts at once.
"""

from minigpt.exercises.chapter_08 import (
    causal_attention,
    knows,
    layers_needed,
    leaks,
    masked_softmax,
    trap,
)

EXERCISES = tuple(
    part.EXERCISE for part in (causal_attention, trap, masked_softmax, leaks, knows, layers_needed)
)
