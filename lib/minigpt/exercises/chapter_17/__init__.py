"""Chapter 17, the KV cache: what its exercises ask for, and how people go wrong."""

from minigpt.exercises.chapter_17 import chunk_scores, memory, served, step, text_work, work

EXERCISES = tuple(part.EXERCISE for part in (step, chunk_scores, work, text_work, memory, served))
