"""Chapter 9, many heads: what its exercises ask for, and how people go wrong.

A file is an exercise, in the form of `chapter_05/`. torch is imported where it is needed, so that
a check starts at once.
"""

from minigpt.exercises.chapter_09 import (
    merge_heads,
    multi_head,
    refit,
    regroup,
    split_heads,
    unscramble,
    writings,
)

EXERCISES = tuple(
    part.EXERCISE
    for part in (split_heads, merge_heads, unscramble, regroup, multi_head, writings, refit)
)
