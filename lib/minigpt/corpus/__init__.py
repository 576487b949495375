"""The book's own corpus: short stories of a small kingdom, whose true entropy is known.

>>> from minigpt import corpus
>>> corpus.is_story(corpus.stories(1, seed=7)[0])
True
"""

from minigpt.corpus.kingdom import (
    KINDS,
    Floor,
    Parse,
    entropy,
    is_story,
    longest,
    next_words,
    optimal_loss,
    parse,
    shortest,
    stories,
    story_bits,
    words,
)
from minigpt.corpus.people import (
    ANALOGIES,
    DAYS,
    FACTS,
    PAIRS,
    PEOPLE,
    SIMILAR,
    TOWNS,
    TRADES,
    Fact,
    Person,
)
from minigpt.corpus.reading import END

__all__ = [
    "ANALOGIES",
    "DAYS",
    "END",
    "FACTS",
    "KINDS",
    "PAIRS",
    "PEOPLE",
    "SIMILAR",
    "TOWNS",
    "TRADES",
    "Fact",
    "Floor",
    "Parse",
    "Person",
    "entropy",
    "is_story",
    "longest",
    "next_words",
    "optimal_loss",
    "parse",
    "shortest",
    "stories",
    "story_bits",
    "words",
]
