"""A small engine for stories: weighted rules, expanded from left to right.

A rule is a list of weighted options, and an option is a sequence of symbols:

    a word            stands for itself
    <RULE>            choose one option of that rule and put its symbols here
    <x=RULE>          the same, and remember the option as x
    <y=RULE but x>    an option of RULE other than the one that x remembers
    <a RULE>          the same with "a" or "an" before it, whichever fits
    {x}  {x.day}      say again what x remembers, or one of its fields
    {it=x}            from here on, `it` remembers what x remembers

A choice depends on what was chosen before only through `but`, and what is said again is
certain. So the probability of a derivation is a product of weights, and the entropy of a
rule is a sum over its options. No rule leads back to itself, so every story ends.
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from itertools import accumulate
from typing import NamedTuple

from minigpt.corpus.spelling import split
from minigpt.errors import CorpusError, problem

TAG = re.compile(r"(<[^>]+>|\{[^}]+\})")
CHOICE = re.compile(r"<(?P<article>[aA] )?((?P<var>\w+)=)?(?P<rule>\w+)( but (?P<but>[\w ]+))?>")
ECHO = re.compile(r"\{(?P<var>\w+)(=(?P<source>\w+)|\.(?P<field>\w+))?\}")
A_DESPITE_ITS_VOWEL = ("uni", "use", "usu", "uku", "one")
AN_DESPITE_ITS_CONSONANT = ("hour", "honest", "heir")


class Entry(NamedTuple):
    """One option as it is written: its text, its weight, and what else it is known by.

    Raises: nothing.
    Source: this book.
    """

    text: str
    weight: float = 1.0
    fields: Mapping[str, str] = {}


class Echo(NamedTuple):
    """Says one field of a remembered option; the field "" is the option's own words.

    Raises: nothing.
    Source: this book.
    """

    var: str
    field: str


class Alias(NamedTuple):
    """Lets `var` remember what `source` does; says nothing.

    Raises: nothing.
    Source: this book.
    """

    var: str
    source: str


class Choice(NamedTuple):
    """A place where one option of a rule is chosen, and remembered when var is not empty.

    Raises: nothing.
    Source: this book.
    """

    rule: "Rule"
    var: str
    but: tuple[str, ...]


Symbol = str | Echo | Alias | Choice


@dataclass(eq=False, slots=True)
class Option:
    """One way to go on: its symbols, its probability, and its fields cut into words.

    Raises: nothing.
    Source: this book.
    """

    text: str
    symbols: tuple[Symbol, ...]
    probability: float
    fields: dict[str, tuple[str, ...]]

    def firsts(self) -> set[str | None]:
        """The words that this option can begin with; None stands for "any".

        Raises: nothing.
        Source: this book.
        """
        head = self.symbols[0] if self.symbols else None
        if isinstance(head, Choice):
            return set(head.rule.index)
        return {head if isinstance(head, str) else None}


@dataclass(eq=False)
class Rule:
    """Options whose probabilities sum to 1.

    `index` finds the options that may begin with a given word, and under None those that
    may begin with any: it narrows a search and never loses an option that fits.

    Raises: nothing.
    Source: this book.
    """

    name: str
    options: list[Option]
    cumulative: list[float] = field(init=False)
    index: dict[str | None, list[Option]] = field(init=False)

    def __post_init__(self) -> None:
        total = sum(option.probability for option in self.options)
        for option in self.options:
            option.probability /= total
        self.cumulative = list(accumulate(option.probability for option in self.options))
        begins = [(option, option.firsts()) for option in self.options]
        self.index = {
            word: [option for option, firsts in begins if word in firsts or None in firsts]
            for word in {None}.union(*(firsts for _, firsts in begins))
        }
        if not self.index[None]:
            del self.index[None]

    def beginning(self, word: str) -> list[Option]:
        """The options that may begin with `word`.

        Raises: nothing.
        Source: this book.
        """
        return self.index.get(word) or self.index.get(None, [])


Bindings = dict[str, Option]


def chance(choice: Choice, bindings: Bindings, option: Option) -> float:
    """The probability of `option` here, given what `choice.but` excludes.

    Raises: nothing.
    Source: this book.
    """
    if not choice.but:
        return option.probability
    excluded = [bindings[var] for var in choice.but]
    left = 1.0 - sum(other.probability for other in excluded)
    return 0.0 if option in excluded else option.probability / left


def said(echo: Echo, bindings: Bindings) -> tuple[str, ...]:
    """The words that an echo stands for.

    Raises: nothing.
    Source: this book.
    """
    return bindings[echo.var].fields[echo.field]


def article(text: str) -> str:
    """The indefinite article that fits before `text`: "a" or "an".

    Raises: nothing.
    Source: this book.
    """
    if text.startswith(AN_DESPITE_ITS_CONSONANT):
        return "an"
    return "an" if text[0] in "aeiou" and not text.startswith(A_DESPITE_ITS_VOWEL) else "a"


def entries(lines: str) -> list[Entry]:
    """Read a rule written as text: an option a line, with a weight before it if not 1.

    Raises: nothing.
    Source: this book.
    """
    found = (re.match(r"\s*(?:(\d+) )?\s*(.*)", line) for line in lines.strip().splitlines())
    return [Entry(match[2].strip(), float(match[1] or 1)) for match in found]


class Grammar:
    """Rules by name, made from their written form; `rules[start]` tells a whole story.

    Raises: CorpusError when a rule is missing or leads back to itself.
    Source: this book.
    """

    def __init__(self, sources: Mapping[str, Iterable[Entry]]) -> None:
        self.sources = {name: list(source) for name, source in sources.items()}
        self.rules: dict[str, Rule] = {}
        for name in list(self.sources):
            self.rule(name)

    def rule(self, name: str) -> Rule:
        """Find a rule, and build it first when it is asked for the first time.

        Raises: CorpusError when a rule is missing or leads back to itself.
        Source: this book.
        """
        if name not in self.rules:
            source = self.sources.pop(name, None)
            if source is None:
                needed = "every rule in a grammar is written down and never leads back to itself"
                raise CorpusError(problem(needed, f"<{name}>", "another name"))
            self.rules[name] = Rule(name, [self._option(entry) for entry in source])
        return self.rules[name]

    def _option(self, entry: Entry) -> Option:
        pieces = [piece for piece in TAG.split(entry.text) if piece.strip()]
        symbols = [symbol for piece in pieces for symbol in self._symbols(piece)]
        fields = {name: tuple(split(text)) for name, text in entry.fields.items()}
        if all(isinstance(symbol, str) for symbol in symbols):
            fields |= {"": tuple(symbols), "a": (article(entry.text),)}
        return Option(entry.text, tuple(symbols), entry.weight, fields)

    def _symbols(self, piece: str) -> Iterable[Symbol]:
        if match := CHOICE.fullmatch(piece):
            rule = self.rule(match["rule"])
            if match["article"]:
                return [
                    Choice(
                        self._with_article(rule, match["article"].strip(), match["var"] or ""),
                        "",
                        (),
                    )
                ]
            return [Choice(rule, match["var"] or "", tuple((match["but"] or "").split()))]
        if match := ECHO.fullmatch(piece):
            if match["source"]:
                return [Alias(match["var"], match["source"])]
            return [Echo(match["var"], match["field"] or "")]
        return split(piece)

    def _with_article(self, rule: Rule, a: str, var: str) -> Rule:
        """A rule of two options, "a" and "an", each followed by the options that fit it."""
        articles = {"a": a, "an": a + "n"}
        options = []
        for fit, word in articles.items():
            fitting = [replace(o) for o in rule.options if article(o.text) == fit]
            if fitting:
                weight = sum(option.probability for option in fitting)
                symbols = (word, Choice(Rule(f"{word} {rule.name}", fitting), var, ()))
                options.append(Option(word, symbols, weight, {}))
        return Rule(f"{a} {rule.name}", options)
