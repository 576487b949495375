"""What chapter 11 says of two sequences, computed anew in plain Python; and that it says so.

The articles: "a transformer has two main parts" and a score that is "a usefulness score" (001),
one mechanism between two languages (000), *it* that takes in the animal or the street (004).
"""

import math
import random
import re

import pytest

from minigpt import corpus

NOTEBOOK = "11_two_sequences.ipynb"


@pytest.fixture(scope="module")
def output(output):
    return " ".join(output.split())


def code_with(chapter, words):
    return next(c.source for c in chapter if words in c.source)


def test_the_first_place_gets_most_of_house(text, output):
    raised = [1.0, 1.0, math.exp(4 / math.sqrt(2))]
    share = raised[2] / sum(raised)
    assert f"{share:.3f}" == "0.894"
    assert "takes 0.894 of it" in text
    assert "place 1 [0.053 0.053 0.894] gets [0.894]" in output


def test_how_many_cells_may_be_looked_at(output):
    T_q, T_k, length = 4, 5, 3
    assert f"encoder: {T_k * length} of {T_k * T_k}" in output
    assert f"decoder: {T_q * (T_q + 1) // 2} of {T_q * T_q}" in output
    assert f"across: {T_q * length} of {T_q * T_k}" in output


def test_the_language_is_what_the_page_says(chapter, output):
    """Genders agree, front adjectives stand in front; and the test sentences are new."""
    names = {"random": random}
    exec(code_with(chapter, "NOUNS = "), names)
    exec(code_with(chapter, "def phrase"), names)
    exec(code_with(chapter, "def sentence").split("lot = random")[0], names)
    lot = random.Random(11)
    pairs = [names["sentence"](lot) for _ in range(4000)]
    seen = {" ".join(english) for english, _ in pairs[:3000]}
    new = sum(" ".join(english) not in seen for english, _ in pairs[3000:])
    assert f"{new} of the last 1000 sentences are not among the first 3000" in output
    assert " ".join(pairs[0][0]) in output
    feminine = {"maison", "reine", "vache", "table", "fleur", "porte"}
    for english, french in pairs:
        assert len(english) == len(french)
        for half in re.split(r"\b(?:voit|aime|trouve|peint)\b", " ".join(french)):
            noun = feminine & set(half.split())
            assert half.split()[0] == ("la" if noun else "le")
            for masculine in ("petit", "grand", "vieux", "joli", "vert", "blanc", "noir"):
                assert not noun or masculine not in half.split()


def shares_after(output, words, count=3):
    return [float(n) for n in re.search(rf"{words} ((?:\d\.\d+ ?){{{count}}})", output)[1].split()]


def test_the_slip_hides_behind_the_encoder(text, output):
    assert min(shares_after(output, "as drawn:")) > 0.99
    assert shares_after(output, "words by themselves:", 1)[0] > 0.99
    assert min(shares_after(output, "triangle:")) > 0.99
    assert shares_after(output, "both:", 1)[0] < 0.1
    assert "the translations are as good as before!" in text


def test_maps_differ_where_translations_do_not(text, output):
    petite, le = output.split("petite head 1 head 2 ")[1].split(" le head 1 head 2 ")
    looks = [re.findall(r"([a-z]+) \d\.\d", row) for row in re.split(r"model \d", petite)[1:]]
    assert looks == [["small", "small"], ["small", "house"], ["small", "small"]]
    assert "look at *small* with both heads" in text
    looks = [re.findall(r"([a-z]+) \d\.\d", row)[:2] for row in re.split(r"model \d", le)[1:]]
    assert [set(pair) for pair in looks] == 2 * [{"the", "garden"}] + [{"red", "garden"}]
    assert "at *the* in two of them, at *red* in the third" in text


def test_what_a_hidden_column_takes_away(text, output):
    """Without a triangle the noun's column, with it the column of *the*."""
    after = output.split("whole without the first noun the")[1]
    rows = re.findall(r"(as drawn|triangle) (\d\.\d) (\d\.\d)", after)[:6]
    assert [name for name, *_ in rows] == ["as drawn"] * 3 + ["triangle"] * 3
    noun, the = ([float(row[i]) for row in rows] for i in (1, 2))
    assert sorted(noun[:3]) == sorted(the[3:]) == [0.1, 0.1, 0.2]  # "one or two … in ten are left"
    assert the[:3] == [1.0] * 3  # "hardly miss *the*"
    assert min(noun[3:]) >= 0.9
    assert "hide the noun, and nearly all stays right; hide *the*, and one or two in ten do" in text


def test_a_probe_reads_what_the_model_does_not(text, output):
    first, slips = re.findall(
        r"(?:as drawn|triangle) (\d\.\d \d\.\d \d\.\d)", output.split("one way")[1]
    )
    assert min(map(float, first.split())) >= 0.9
    assert slips == "1.0 1.0 1.0"
    assert "not that the model reads it" in text


def test_one_word_changes_three(output):
    before = "la petite maison rouge aime le vieux jardin blanc"
    after = "le petit bateau rouge aime le vieux jardin blanc"
    assert output.count(after) == 2  # with the triangle and without
    assert f"house hidden, with the triangle: {before}" in output
    assert f"the hidden: {before}" in output
    assert f"the hidden, with the triangle: {before}" not in output
    noun = re.search(r"house hidden: (.*?) house hidden", output)[1]
    assert noun.split()[3:] == before.split()[3:]  # only what hangs on the noun is lost
    assert "maison" not in noun
    changed = [a != b for a, b in zip(before.split(), after.split(), strict=True)]
    assert sum(changed) == 3


def test_where_it_is_known(text, output):
    """Both ways at *it*: 95 % or more; one way: chance there, 95 % or more from the adjective on."""
    rows = {
        name: [float(n) for n in re.search(rf"{name} ((?:\d\.\d ?){{6}})", output)[1].split()]
        for name in ("both ways", "one way")
    }
    assert rows["both ways"][1:] == [1.0] * 5
    assert rows["one way"] == [0.5] * 4 + [1.0] * 2
    assert "is at chance there, and must be" in text


def test_the_adjective_alone_decides_and_always():
    """Up to the adjective stories of both kinds begin alike; each adjective means one of the two."""
    means = {}
    for story in corpus.stories(2000, seed=5, kind="crossing"):
        words = re.findall(r"[\w'-]+", story)
        adjective = words[words.index("too") + 1]
        street = words[words.index("So") + 2] == words[words.index("cross") + 2]
        means.setdefault(adjective, set()).add(street)
    assert all(len(kinds) == 1 for kinds in means.values())
    assert 40 <= len(means) < 50  # "forty-odd"


def test_the_articles_are_quoted_fairly(text):
    assert '"a transformer has two main parts: an encoder and a decoder"' in text
    assert "It was made to translate" in text or "it was made to translate" in text
    assert '"essentially a usefulness score"' in text
    assert "In an encoder the article's picture holds as it stands" in text
