"""Chapter 2, tokens: what its exercises ask for, and how people go wrong.

Ids are numbers here: a byte's id is its value, and merge number n, counted from 0, makes the
token 256 + n. The references stand by themselves, for their sources are spoiled in the tests.
"""

from minigpt.exercises.chapter_02 import (
    bytes_of,
    encode,
    longest_match,
    merge_once,
    relabel,
    relabel_counts,
    whole,
)

PARTS = (merge_once, encode, longest_match, bytes_of, whole, relabel, relabel_counts)
EXERCISES = tuple(part.EXERCISE for part in PARTS)
