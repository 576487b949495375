"""Chapter 14, assembling the mini-GPT: what its exercises ask for, and how people go wrong."""

from minigpt.exercises.chapter_14 import forward, gpt2_block, parameters, tied_gradient

EXERCISES = tuple(part.EXERCISE for part in (forward, parameters, tied_gradient, gpt2_block))
