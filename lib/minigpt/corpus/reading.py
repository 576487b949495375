"""Telling and reading stories: both walk the same states of the same grammar.

A state is what remains to be said (a stack) and what is remembered (bindings). Telling
follows one state with a die; reading follows all states that agree with the words so far,
each with its probability. `END` stands at the bottom of every stack, so the end of a story
is a word like any other.
"""

from bisect import bisect
from collections.abc import Iterator
from random import Random
from typing import NamedTuple

from minigpt.corpus.grammar import Alias, Bindings, Choice, Echo, Option, Rule, chance, said

END = "\n"

Stack = tuple | None  # (symbol, the rest of the stack), or None when all is said


class State(NamedTuple):
    """A point within a derivation: its probability, what remains, what is remembered.

    `made` holds the choices so far, the latest first, as (rule name, option, earlier ones).

    Raises: nothing.
    Source: this book.
    """

    probability: float
    stack: Stack
    bindings: Bindings
    made: tuple | None


def start(rule: Rule) -> State:
    """The state before the first word of a story that `rule` tells.

    Raises: nothing.
    Source: this book.
    """
    return State(1.0, (Choice(rule, "", ()), (END, None)), {}, None)


def tell(rule: Rule, random: Random) -> list[str]:
    """Draw one story from `rule` and return its words, without `END`.

    Raises: nothing.
    Source: this book.
    """
    words: list[str] = []
    bindings: Bindings = {}
    stack = [Choice(rule, "", ())]
    while stack:
        symbol = stack.pop()
        if isinstance(symbol, str):
            words.append(symbol)
        elif isinstance(symbol, Echo):
            words.extend(said(symbol, bindings))
        elif isinstance(symbol, Alias):
            bindings[symbol.var] = bindings[symbol.source]
        else:
            option = _draw(symbol, bindings, random)
            if symbol.var:
                bindings[symbol.var] = option
            stack.extend(reversed(option.symbols))
    return words


def _draw(choice: Choice, bindings: Bindings, random: Random) -> Option:
    """Drawing again until the option is not excluded renormalises the weights."""
    rule = choice.rule
    while True:
        place = bisect(rule.cumulative, random.random())
        option = rule.options[min(place, len(rule.options) - 1)]
        if not any(bindings[var] is option for var in choice.but):
            return option


def advance(state: State, word: str | None = None) -> Iterator[tuple[str, State]]:
    """Yield each next word with the state after it; with `word`, only the states after it.

    Raises: nothing.
    Source: this book.
    """
    todo = [state]
    while todo:
        probability, stack, bindings, made = state = todo.pop()
        if stack is None:
            continue
        symbol, rest = stack
        if isinstance(symbol, str):
            if word is None or symbol == word:
                yield symbol, State(probability, rest, bindings, made)
        elif isinstance(symbol, Echo):
            todo.append(state._replace(stack=_push(said(symbol, bindings), rest)))
        elif isinstance(symbol, Alias):
            known = bindings | {symbol.var: bindings[symbol.source]}
            todo.append(state._replace(stack=rest, bindings=known))
        else:
            todo.extend(_chosen(state, symbol, rest, word))


def _chosen(state: State, choice: Choice, rest: Stack, word: str | None) -> Iterator[State]:
    probability, _, bindings, made = state
    rule = choice.rule
    for option in rule.options if word is None else rule.beginning(word):
        share = chance(choice, bindings, option)
        if share:
            known = bindings | {choice.var: option} if choice.var else bindings
            stack = _push(option.symbols, rest)
            yield State(probability * share, stack, known, (rule.name, option, made))


def _push(symbols: tuple, stack: Stack) -> Stack:
    for symbol in reversed(symbols):
        stack = (symbol, stack)
    return stack


def after(states: list[State], word: str) -> list[State]:
    """All states that reading `word` leads to.

    Raises: nothing.
    Source: this book.
    """
    return [state for before in states for _, state in advance(before, word)]


def distribution(states: list[State]) -> dict[str, float]:
    """The probability of each next word, given that one of these states holds.

    Raises: nothing.
    Source: this book.
    """
    mass: dict[str, float] = {}
    for before in states:
        for word, state in advance(before):
            mass[word] = mass.get(word, 0.0) + state.probability
    total = sum(mass.values())
    return {word: p / total for word, p in sorted(mass.items(), key=lambda item: -item[1])}
