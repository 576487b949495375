"""The corpus: its probabilities are exact, and its stories are what the chapters need."""

import math
import re
import statistics
from collections import Counter
from itertools import pairwise

import numpy as np
import pytest

from minigpt import corpus
from minigpt.corpus import END, measure, reading
from minigpt.corpus.grammar import Alias, Choice, Echo, Entry, Grammar, article, entries
from minigpt.corpus.spelling import join, split
from minigpt.errors import CorpusError

STORIES = corpus.stories(3000, seed=11)
PARSES = [corpus.parse(story) for story in STORIES]

# A world small enough to write out: exclusion, fields, aliases, articles, uneven weights.
SMALL = {
    "tale": entries("""
        2 <x=NAME> met <y=NAME but x>. {it=y} {it.he} <act>
        1 <x=NAME>, <y=NAME but x> and <z=NAME but x y> slept.
        3 <A thing=THING> fell on {thing.a} {thing} <act>
        """),
    "act": entries("""
        5 ran.
        2 ate <a THING>.
        """),
    "NAME": [Entry("Al", 4, {"he": "he"}), Entry("Bo", 2, {"he": "she"}), Entry("Cy", 1, {"he": "he"})],
    "THING": [Entry("egg", 2), Entry("pan", 1), Entry("oak", 3)],
}  # fmt: skip


def all_tales(symbols, bindings):
    """Write out every way to say `symbols`, as (probability, words): slow, plain, independent."""
    if not symbols:
        yield 1.0, ()
        return
    head, rest = symbols[0], symbols[1:]
    if isinstance(head, Choice):
        allowed = [o for o in head.rule.options if o not in [bindings[var] for var in head.but]]
        total = sum(option.probability for option in allowed)
        for option in allowed:
            known = {**bindings, head.var: option}
            for p, words in all_tales((*option.symbols, *rest), known):
                yield p * option.probability / total, words
    elif isinstance(head, Alias):
        yield from all_tales(rest, {**bindings, head.var: bindings[head.source]})
    else:
        said = bindings[head.var].fields[head.field] if isinstance(head, Echo) else (head,)
        for p, words in all_tales(rest, bindings):
            yield p, said + words


@pytest.fixture(scope="module")
def small():
    rule = Grammar(SMALL).rule("tale")
    return rule, [(p, words) for p, words in all_tales((Choice(rule, "", ()),), {}) if p]


def read(rule, words):
    states = [reading.start(rule)]
    for word in words:
        states = reading.after(states, word)
    return states


# Exactness


def test_small_world_probabilities_sum_to_one(small):
    _, tales = small
    assert len(tales) == 6 * 4 + 6 + 3 * 4 == len({words for _, words in tales})
    assert sum(p for p, _ in tales) == pytest.approx(1.0, abs=1e-12)


def test_small_world_reading_agrees_with_writing_out(small):
    rule, tales = small
    for p, words in tales:
        (state,) = read(rule, [*words, END])
        assert state.probability == pytest.approx(p, rel=1e-12)
        assert not reading.after([state], END)  # nothing comes after the end


def test_small_world_entropy_and_extent_agree_with_writing_out(small):
    rule, tales = small
    assert measure.entropy(rule) == pytest.approx(-sum(p * math.log2(p) for p, _ in tales))
    assert measure.extent(rule, max) == max(len(words) for _, words in tales)
    assert measure.extent(rule, min) == min(len(words) for _, words in tales)
    assert measure.words(rule) == {word for _, words in tales for word in words}


def test_small_world_is_told_as_often_as_it_should_be(small):
    rule, tales = small
    random, n = reading.Random(5), 20_000
    told = Counter(tuple(reading.tell(rule, random)) for _ in range(n))
    assert set(told) <= {words for _, words in tales}
    chi_squared = sum((told[words] - n * p) ** 2 / (n * p) for p, words in tales)
    assert chi_squared < 80  # 41 degrees of freedom: beyond 80 in 3 of 10,000 cases


def test_draws_without_replacement_have_the_entropy_of_all_their_orders():
    assert measure.draw_entropy((0.25,) * 4, 2) == pytest.approx(1.0)
    weights = (0.5, 0.3, 0.2)
    second = [(0.3 / 0.5, 0.2 / 0.5), (0.5 / 0.7, 0.2 / 0.7), (0.5 / 0.8, 0.3 / 0.8)]
    by_hand = -sum(
        w * sum(p * math.log2(p) for p in ps) for w, ps in zip(weights, second, strict=True)
    )
    assert measure.draw_entropy(weights, 1) == pytest.approx(by_hand)


def test_every_story_has_exactly_one_derivation():
    assert {(parse.ok, parse.derivations) for parse in PARSES} == {(True, 1)}


def test_a_second_derivation_would_be_noticed_and_its_probability_added():
    twice = Grammar({"tale": entries("3 A <x>\n1 A cat.\n"), "x": entries("cat.\ndog.\n")})
    states = read(twice.rule("tale"), ["A", "cat", ".", END])
    assert len(states) == 2
    assert sum(state.probability for state in states) == pytest.approx(3 / 4 / 2 + 1 / 4)


def test_an_option_that_begins_with_an_echo_is_found_beside_others():
    names = [Entry("Al"), Entry("Bo")]
    tales = Grammar(
        {"tale": entries("<x=NAME> <end>"), "end": entries("{x}!\nran."), "NAME": names}
    )
    for words in (["Al", "Al", "!"], ["Al", "ran", "."]):
        (state,) = read(tales.rule("tale"), [*words, END])
        assert state.probability == pytest.approx(1 / 4)
    assert not read(tales.rule("tale"), ["Al", "Bo"])


@pytest.mark.parametrize("kind", [None, *corpus.KINDS])
def test_mean_information_agrees_with_the_exact_entropy(kind):
    told = STORIES if kind is None else corpus.stories(1000, seed=23, kind=kind)
    bits = [corpus.story_bits(story, kind) for story in told]
    error = statistics.stdev(bits) / math.sqrt(len(bits))
    assert abs(statistics.mean(bits) - corpus.entropy(kind)) < 4 * error


def test_entropy_is_that_of_the_kinds_and_within_them():
    among = -sum(p * math.log2(p) for p in corpus.KINDS.values())
    within = sum(p * corpus.entropy(kind) for kind, p in corpus.KINDS.items())
    assert sum(corpus.KINDS.values()) == pytest.approx(1.0)
    assert corpus.entropy() == pytest.approx(among + within)
    assert 25 <= corpus.entropy() <= 60


@pytest.mark.parametrize("story", STORIES[:60])
def test_next_words_sum_to_one_and_multiply_to_the_story(story):
    words, probability = split(story), 1.0
    for i, word in enumerate([*words, END]):
        following = corpus.next_words(join(words[:i]))
        assert sum(following.values()) == pytest.approx(1.0, abs=1e-12)
        assert list(following.values()) == sorted(following.values(), reverse=True)
        probability *= following[word]
    assert -math.log2(probability) == pytest.approx(corpus.story_bits(story), abs=1e-9)


def test_within_a_kind_a_story_costs_less_by_the_kind():
    story = corpus.stories(1, seed=2, kind="law")[0]
    saved = corpus.story_bits(story) - corpus.story_bits(story, "law")
    assert saved == pytest.approx(-math.log2(corpus.KINDS["law"]))
    assert not corpus.is_story(story, "bank")


def test_the_floor_adds_up():
    floor = corpus.optimal_loss(STORIES[:50])
    assert floor.stories == 50
    assert floor.bits == pytest.approx(sum(parse.bits for parse in PARSES[:50]))
    assert floor.characters == len("".join(story + END for story in STORIES[:50]))
    assert floor.bits_per_story == pytest.approx(floor.bits / 50)
    assert floor.bits_per_character * floor.characters == pytest.approx(floor.bits)
    assert floor.nats == pytest.approx(floor.bits * 0.6931471805599453)


# Telling


def test_seeds_and_beginnings():
    assert corpus.stories(300, seed=11) == STORIES[:300]
    assert corpus.stories(5, seed=12) != STORIES[:5]
    assert corpus.stories(0) == []


@pytest.mark.parametrize("kind", corpus.KINDS)
def test_one_kind_alone(kind):
    for story in corpus.stories(20, seed=1, kind=kind):
        assert corpus.parse(story).kind == kind


def test_length_has_a_hard_limit_that_is_reached():
    lengths = [len(split(story)) for story in STORIES]
    assert 15 <= corpus.shortest() <= min(lengths)
    assert max(lengths) <= corpus.longest() <= 60
    long = max(len(split(story)) for story in corpus.stories(2000, seed=4, kind="boxes"))
    assert long == corpus.longest("boxes")
    assert 24 <= statistics.mean(lengths) <= 36


def test_spelling():
    for story in STORIES:
        assert story.isascii() and story == story.strip() and "  " not in story
        assert re.fullmatch(r"[A-Z\"].*[.?]", story)
        assert join(split(story)) == story
        assert all(second.strip('"')[0].isupper() for second in re.findall(r"[.?] (\S+)", story))


def test_articles_fit_the_words_after_them():
    after = [(a.lower(), b) for story in STORIES for a, b in pairwise(split(story))]
    wrong = {pair for pair in after if pair[0] in ("a", "an") and article(pair[1]) != pair[0]}
    assert not wrong
    an = {"umbrella", "apple", "elm", "inn", "owl", "hour"}
    assert {
        word for word in an | {"unicorn", "hat", "yak", "ukulele"} if article(word) == "an"
    } == an


def test_many_words_but_few_hundred_carry_the_text():
    counts = Counter(word for story in STORIES for word in split(story))
    common = sum(count for _, count in counts.most_common(300))
    assert len(corpus.words()) >= 1000
    assert set(counts) <= set(corpus.words())
    assert common / counts.total() > 0.85
    assert set(corpus.words("law")) < set(corpus.words())


# Reading what is not a story

DOG = "The dog did not cross the street because it was too tired. So the dog lay down and dreamt of soup."


def test_the_dog_is_a_story():
    parse = corpus.parse(DOG)
    assert parse.ok and parse.stopped_at is None and parse.expected == ()
    assert parse.kind == "crossing"
    assert parse.bindings == {"animal": "dog", "way": "street", "it": "dog"}
    assert ("TIRED", "tired") in parse.choices
    assert parse.choices[0] == ("story", "<crossing>")


@pytest.mark.parametrize(
    ("old", "new", "stopped", "expected"),
    [
        ("dreamt of soup.", "dreamt of streets.", "streets", "soup"),
        ("So the dog", "So the street", "street lay", "dog"),
        ("too tired. So", "too wide. So", "dog lay", "street"),
        ("So the dog", "So the cat", "cat", "dog"),
        ("soup.", "soup", "", "."),
        ("soup.", "soup. The dog did not", "The", END),
        ("soup.", "soup. ", " ", END),
        ("soup.", "soup.\n", "\n", END),
        ("The dog did", "The  dog did", "  dog", "dog"),
        ("tired.", "tired .", " . So", "."),
        ("The dog did", "the dog did", "the dog", "The"),
        ("street because", "str\u00e9et because", "str\u00e9et", "street"),
        (DOG, "", "", "The"),
        (DOG, "dog", "dog", "The"),
    ],
)
def test_damage_is_found_where_it_is(old, new, stopped, expected):
    text = DOG.replace(old, new, 1)
    parse = corpus.parse(text)
    assert not parse.ok and parse.derivations == 0 and parse.bits == math.inf
    assert text[parse.stopped_at :].startswith(stopped)
    assert parse.stopped_at == (text.index(stopped, text.rfind(new)) if stopped else len(text))
    assert expected in corpus.next_words(text[: parse.stopped_at])
    assert len(parse.expected) == 12 or expected in parse.expected


@pytest.mark.parametrize(
    ("text", "stopped", "expected"),
    [
        ("Odo of Fernhill was born on a Monday.", "Monday", ("Tuesday",)),
        ("Odo of Saltby was born", "Saltby", ("Fernhill",)),
        ("Odo told Mira that the king snored. Odo", "Odo", ("By", "Mira")),
        ("Odo told Odo", "Odo", None),
        ("Odo opened a box. In the box was a jar, and in the box", "box", ("jar",)),
        ("Odo lost her", "her", ("his",)),
        ("The king put on her", "her", ("his",)),
        ("The king put on his gown", "gown", ("waistcoat",)),
        ("The king put on his waistcoat, and then the queen", "queen", ("king",)),
        ("A hawk flew up and began to bank left", "left", None),
    ],
)
def test_every_bond_in_a_story_holds(text, stopped, expected):
    parse = corpus.parse(text)
    assert parse.stopped_at == text.rindex(stopped)
    assert expected is None or set(parse.expected) == set(expected)


def test_two_stories_are_not_one():
    text = " ".join(STORIES[:2])
    assert corpus.parse(text).stopped_at == len(STORIES[0]) + 1
    assert not corpus.is_story(text)


def test_boxes_close_in_the_reverse_order():
    found = [p for p in PARSES if "third" in p.bindings]
    text = next(STORIES[PARSES.index(p)] for p in found)
    first, second, third = (found[0].bindings[n] for n in ("first", "second", "third"))
    assert len({first, second, third}) == 3
    closing = f"closed the {third}, then the {second} and then the {first}"
    assert closing in text
    wrong = text.replace(closing, f"closed the {third}, then the {first} and then the {second}")
    assert corpus.parse(wrong).stopped_at == text.index(closing) + len(
        f"closed the {third}, then the "
    )


# What the chapters need


def test_before_the_adjective_it_may_be_either():
    for animal in ("dog", "elephant"):
        for way in ("street", "canal"):
            following = corpus.next_words(
                f"The {animal} did not cross the {way} because it was too"
            )
            assert following["tired"] + 0.5 == pytest.approx(0.5 + following["tired"], abs=0)
            tired = set(following) & _first_words("TIRED")
            wide = set(following) & _first_words("WIDE")
            assert not tired & wide and tired | wide == set(following)
            assert sum(following[word] for word in tired) == pytest.approx(0.5)


def _first_words(rule):
    from minigpt.corpus.stories import kingdom

    return {option.symbols[0] for option in kingdom().rule(rule).options}


@pytest.mark.parametrize("name", corpus.PEOPLE)
def test_the_name_alone_decides_the_facts(name):
    person = corpus.PEOPLE[name]
    assert corpus.next_words(f"{name} of") == {person.town: 1.0}
    days = corpus.next_words(f"{name} of {person.town} was born on a")
    assert days == {person.day: 1.0}
    assert corpus.next_words(f'"When was {name} born?" asked the cook. "On a') == days
    trade = corpus.next_words(f"{name} the")
    assert trade == {person.trade: 1.0}
    lost = corpus.next_words(f"{name} lost")
    assert lost == {"her" if person.woman else "his": 1.0}


def test_facts_are_many_and_spread():
    assert 3 * len(corpus.PEOPLE) + 2 * len(corpus.TOWNS) >= 100
    assert {person.day for person in corpus.PEOPLE.values()} == set(corpus.DAYS)
    assert {person.trade for person in corpus.PEOPLE.values()} == set(corpus.TRADES)
    assert {person.town for person in corpus.PEOPLE.values()} <= set(corpus.TOWNS)
    for town, (good, ruler, _) in corpus.TOWNS.items():
        known = f"{town} is known for its"
        assert corpus.next_words(known) == {good: 1.0}
        assert corpus.next_words(f"{known} {good} and is ruled by a") == {ruler: 1.0}


def test_three_kinds_of_bank():
    before = Counter(a for story in STORIES for a, b in pairwise(split(story)) if b == "bank")
    assert before["to"] > 20 and before["the"] > 20
    text = " ".join(STORIES)
    assert "bank of the river" in text and "to the bank in" in text
    assert re.search(r"began to bank \w+", text)


def test_analogies_can_be_read_off_the_neighbours():
    """Positive pointwise mutual information in a window of four, and three subtractions."""
    told = [[w.lower() for w in split(s)] for s in corpus.stories(12_000, seed=6)]
    words = sorted({word for story in told for word in story})
    place = {word: i for i, word in enumerate(words)}
    roles = [word for pair in corpus.PAIRS for word in pair]
    row = {word: i for i, word in enumerate(roles)}
    counts = np.zeros((len(roles), len(words)))
    totals = np.zeros(len(words))
    for story in told:
        for i, word in enumerate(story):
            totals[place[word]] += 1
            if word in row:
                around = story[max(0, i - 4) : i] + story[i + 1 : i + 5]
                np.add.at(counts[row[word]], [place[other] for other in around], 1)
    expected = counts.sum(1, keepdims=True) * totals / totals.sum()
    vectors = np.log(np.maximum(counts / expected, 1.0))
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    right = 0
    for a, b, c, d in corpus.ANALOGIES:
        scores = vectors @ (vectors[row[b]] - vectors[row[a]] + vectors[row[c]])
        scores[[row[a], row[b], row[c]]] = -np.inf
        right += roles[int(scores.argmax())] == d
    assert right / len(corpus.ANALOGIES) >= 0.8


def test_analogies_and_similar_words_are_words():
    assert ("man", "king", "woman", "queen") in corpus.ANALOGIES
    assert len(set(corpus.ANALOGIES)) == len(corpus.ANALOGIES) >= 200
    known = set(corpus.words())
    assert {word for row in corpus.ANALOGIES + corpus.SIMILAR for word in row} <= known


# Errors


@pytest.mark.parametrize(
    "call",
    [
        lambda: corpus.stories(-1),
        lambda: corpus.stories(2.0),
        lambda: corpus.stories(True),
        lambda: corpus.stories(2, seed="1"),
        lambda: corpus.stories(2, seed=None),
        lambda: corpus.stories(2, kind="kings"),
        lambda: corpus.entropy("kings"),
        lambda: corpus.parse(None),
        lambda: corpus.is_story(3),
        lambda: corpus.next_words(["The"]),
        lambda: corpus.next_words("The kingg"),
        lambda: corpus.story_bits("Once upon a time."),
        lambda: corpus.optimal_loss([]),
        lambda: corpus.optimal_loss(DOG),
        lambda: Grammar({"tale": entries("<other>")}),
        lambda: Grammar({"tale": entries("again <tale>")}),
    ],
)
def test_bad_input_is_refused_in_the_house_form(call):
    with pytest.raises(CorpusError, match=r", but got .*\. Try: "):
        call()


def test_the_error_says_what_was_expected():
    with pytest.raises(CorpusError, match="'Tuesday'"):
        corpus.story_bits("Odo of Fernhill was born on a Monday.")
