"""Chapter 12, the residual stream and normalisation: what its exercises ask for, and how people
go wrong.

A file is an exercise, in the form of `chapter_05/`. torch is imported where it is needed, so that
a check starts at once.
"""

from minigpt.exercises.chapter_12 import (
    block,
    centre,
    credits,
    fold,
    layer_norm,
    rms_norm,
    shares,
)

EXERCISES = tuple(
    part.EXERCISE for part in (layer_norm, rms_norm, block, shares, credits, fold, centre)
)
