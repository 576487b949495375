"""Chapter 11, two sequences: what its exercises ask for, and how people go wrong."""

from minigpt.exercises.chapter_11 import cross_attend, probe, teach, three_masks

EXERCISES = tuple(part.EXERCISE for part in (cross_attend, three_masks, teach, probe))
