"""Who lives in the kingdom, and the facts that hold there.

Each person has a town, a weekday of birth and a trade; each town has something that it is
known for, and a ruler with a habit. A story may say these things but never chooses them:
given the name, they are certain. Beside the tables stands the grid of roles: pairs of words
that differ in gender alone, each pair with a place of its own in the world.
"""

from itertools import permutations
from typing import NamedTuple

from minigpt.corpus.grammar import Entry

DAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")

HE = {"he": "he", "He": "He", "him": "him", "his": "his", "His": "His", "sir": "sir"}
HE |= {"hair": "beard", "coat": "waistcoat", "hat": "cap", "hose": "breeches"}
SHE = {"he": "she", "He": "She", "him": "her", "his": "her", "His": "Her", "sir": "madam"}
SHE |= {"hair": "curls", "coat": "gown", "hat": "bonnet", "hose": "petticoat"}

TOWNS = {  # what it is known for, who rules it, and what that ruler does
    "Fernhill": ("honey", "duchess", "is afraid of bees"),
    "Oakwick": ("acorns", "count", "keeps a pig"),
    "Duckwell": ("eggs", "baroness", "walks on tiptoe"),
    "Saltby": ("herrings", "king", "cannot swim"),
    "Thornmere": ("roses", "countess", "sneezes"),
    "Applewick": ("cider", "baron", "sleeps until noon"),
    "Gooseham": ("pillows", "lady", "never sleeps"),
    "Puddleford": ("umbrellas", "duke", "likes the rain"),
    "Mossgate": ("cheese", "lord", "talks to mice"),
    "Candlebury": ("candles", "queen", "reads in bed"),
    "Windlow": ("kites", "prince", "dislikes wind"),
    "Stonewell": ("soup", "princess", "owns one spoon"),
}

TRADES = {  # what each makes
    "baker": "bread",
    "smith": "nails",
    "tailor": "trousers",
    "hatter": "hats",
    "potter": "pots",
    "miller": "flour",
    "weaver": "blankets",
    "brewer": "beer",
    "cobbler": "shoes",
    "butcher": "sausages",
    "gardener": "cabbages",
    "clockmaker": "clocks",
}

# name, town, day of birth, trade
MEN = """
    Odo      Fernhill   Tuesday   baker
    Hugo     Thornmere  Saturday  gardener
    Ned      Thornmere  Tuesday   brewer
    Bram     Puddleford Thursday  miller
    Tobin    Puddleford Thursday  butcher
    Wat      Windlow    Wednesday clockmaker
    Ivo      Saltby     Tuesday   clockmaker
    Gilbert  Stonewell  Sunday    hatter
    Milo     Saltby     Thursday  miller
    Rollo    Candlebury Friday    weaver
    Tam      Mossgate   Saturday  butcher
    Edric    Windlow    Sunday    smith
    Kit      Windlow    Wednesday miller
    Simon    Stonewell  Friday    butcher
    Finn     Gooseham   Tuesday   weaver
"""

WOMEN = """
    Mira     Fernhill   Friday    miller
    Elsie    Candlebury Sunday    brewer
    Nell     Mossgate   Thursday  cobbler
    Tilda    Oakwick    Friday    cobbler
    Ada      Duckwell   Saturday  gardener
    Greta    Applewick  Wednesday smith
    Maud     Fernhill   Sunday    brewer
    Olive    Applewick  Saturday  tailor
    Dora     Stonewell  Wednesday potter
    Hilda    Candlebury Monday    cobbler
    Una      Duckwell   Thursday  tailor
    Petra    Saltby     Wednesday gardener
    Rosa     Gooseham   Monday    potter
    Bess     Stonewell  Sunday    potter
    Kate     Saltby     Monday    baker
"""


class Person(NamedTuple):
    """The facts about one person, as the stories tell them.

    Raises: nothing.
    Source: this book.
    """

    town: str
    day: str
    trade: str
    woman: bool
    fame: float  # weight among the people: the nth name of its table has 1 / (n + 8)


PEOPLE = {
    name: Person(town, day, trade, woman, 1 / (n + 8))
    for table, woman in ((MEN, False), (WOMEN, True))
    for n, (name, town, day, trade) in enumerate(map(str.split, table.strip().splitlines()), 1)
}

SAID = {  # how a fact is told by itself, away from the stories: the answer comes last
    "town": "{} comes from",
    "day": "{} was born on a",
    "trade": "{} works as a",
}


class Fact(NamedTuple):
    """One fact about one person: how a sentence that tells it begins, and the word that ends it.

    kind is "town", "day" or "trade".

    Raises: nothing.
    Source: this book.
    """

    name: str
    kind: str
    beginning: str
    answer: str


FACTS = tuple(
    Fact(name, kind, beginning.format(name), getattr(person, kind))
    for name, person in PEOPLE.items()
    for kind, beginning in SAID.items()
)

RANKS = {  # the rule that chooses one of a pair, and the pair
    "KING": ("king", "queen"),
    "PRINCE": ("prince", "princess"),
    "DUKE": ("duke", "duchess"),
    "COUNT": ("count", "countess"),
    "BARON": ("baron", "baroness"),
    "LORD": ("lord", "lady"),
    "MAN": ("man", "woman"),
    "BOY": ("boy", "girl"),
    "FATHER": ("father", "mother"),
    "BROTHER": ("brother", "sister"),
    "UNCLE": ("uncle", "aunt"),
    "GRANDFATHER": ("grandfather", "grandmother"),
    "NEPHEW": ("nephew", "niece"),
    "SON": ("son", "daughter"),
    "WIZARD": ("wizard", "witch"),
    "MONK": ("monk", "nun"),
    "LANDLORD": ("landlord", "landlady"),
}
RULERS = ("KING", "PRINCE", "DUKE", "COUNT", "BARON", "LORD")

PAIRS = tuple(RANKS.values())

# (man, king, woman, queen): man is to king as woman is to queen, so king - man + woman = queen.
ANALOGIES = tuple(
    (first[i], second[i], first[1 - i], second[1 - i])
    for first, second in permutations(PAIRS, 2)
    for i in (0, 1)
)

# (soup, bread, throne): the first is more like the second than like the third.
SIMILAR = (
    *((male, female, "soup") for male, female in PAIRS),
    ("street", "road", "king"),
    ("river", "road", "duke"),
    ("soup", "bread", "throne"),
    ("tired", "hungry", "wide"),
    ("wide", "muddy", "tired"),
    ("dog", "cat", "river"),
    ("Monday", "Tuesday", "goose"),
    ("Fernhill", "Oakwick", "throne"),
)


def _town(town: str) -> Entry:
    good, ruler, habit = TOWNS[town]
    return Entry(town, 1, {"good": good, "ruler": ruler, "habit": habit})


def _person(name: str, person: Person) -> Entry:
    """A name with its pronouns and facts."""
    days = {"day": person.day, "days": person.day + "s"}
    works = {"trade": person.trade, "makes": TRADES[person.trade]}
    home = {"town": person.town, "good": TOWNS[person.town][0]}
    return Entry(name, person.fame, (SHE if person.woman else HE) | days | works | home)


def tables() -> dict[str, list[Entry]]:
    """The tables as rules: PERSON, TOWN, TRADE, DAY, RULER, and one for each pair of roles.

    Raises: nothing.
    Source: this book.
    """
    ranks = {
        rank: [Entry(male, 1, HE), Entry(female, 1, SHE)] for rank, (male, female) in RANKS.items()
    }
    ranks["BOY"][0] = Entry("boy", 1, HE | {"hair": "fringe"})
    return ranks | {
        "PERSON": [_person(name, person) for name, person in PEOPLE.items()],
        "TOWN": [_town(town) for town in TOWNS],
        "TRADE": [Entry(trade, 1, {"makes": makes}) for trade, makes in TRADES.items()],
        "DAY": [Entry(day) for day in DAYS],
        "RULER": [entry for rank in RULERS for entry in ranks[rank]],
    }
