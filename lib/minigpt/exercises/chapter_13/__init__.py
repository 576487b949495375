"""Chapter 13, the MLP: what its exercises ask for, and how people go wrong."""

from minigpt.exercises.chapter_13 import mlp, needs, plant, plant_quietly, swiglu

EXERCISES = tuple(part.EXERCISE for part in (mlp, swiglu, plant, plant_quietly, needs))
