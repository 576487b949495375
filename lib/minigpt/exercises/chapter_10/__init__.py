"""Chapter 10, order: what its exercises ask for, and how people go wrong."""

from minigpt.exercises.chapter_10 import is_relative, rotate, sinusoids, to_halves

EXERCISES = tuple(part.EXERCISE for part in (sinusoids, rotate, is_relative, to_halves))
