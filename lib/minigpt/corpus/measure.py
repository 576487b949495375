"""What can be said about a grammar without telling a single story.

Entropy follows from the chain rule: the entropy of a rule is that of its first choice plus,
for each option, its probability times the entropy of its symbols. Words and echoes add
nothing, since they are certain.
"""

from collections import Counter, defaultdict
from collections.abc import Callable, Iterator
from functools import cache
from math import log2

from minigpt.corpus.grammar import Alias, Choice, Echo, Rule, Symbol


@cache
def entropy(rule: Rule) -> float:
    """The exact entropy of the derivations of `rule`, in bits.

    Raises: nothing.
    Source: chain rule, Shannon 1948, section 6; for grammars, Grenander 1976.
    """
    return sum(
        option.probability * (sum(map(_symbol_entropy, option.symbols)) - log2(option.probability))
        for option in rule.options
    )


def _symbol_entropy(symbol: Symbol) -> float:
    if not isinstance(symbol, Choice):
        return 0.0
    if not symbol.but:
        return entropy(symbol.rule)
    weights = tuple(sorted(option.probability for option in symbol.rule.options))
    return draw_entropy(weights, len(symbol.but))


@cache
def draw_entropy(weights: tuple[float, ...], taken: int) -> float:
    """The entropy in bits of the next draw, after `taken` draws without replacement.

    Raises: nothing.
    Source: chain rule, Shannon 1948, section 6.
    """
    total = sum(weights)
    if taken == 0:
        return -sum(w / total * log2(w / total) for w in weights)
    bits = 0.0
    for weight, times in Counter(weights).items():  # equal weights leave equal remainders
        place = weights.index(weight)
        others = weights[:place] + weights[place + 1 :]
        bits += times * weight / total * draw_entropy(others, taken - 1)
    return bits


def extent(rule: Rule, best: Callable = max) -> int:
    """The number of words in the longest story of `rule`, or in the shortest with best=min.

    Raises: nothing.
    Source: this book.
    """
    known = remembered(rule)

    @cache
    def of_rule(rule: Rule) -> int:
        return best(sum(map(of_symbol, option.symbols)) for option in rule.options)

    def of_symbol(symbol: Symbol) -> int:
        if isinstance(symbol, Choice):
            return of_rule(symbol.rule)
        if isinstance(symbol, Echo):
            return best(map(len, echoed(symbol, known)))
        return int(isinstance(symbol, str))

    return of_rule(rule)


def words(rule: Rule) -> set[str]:
    """Every word that some story of `rule` contains.

    Raises: nothing.
    Source: this book.
    """
    known = remembered(rule)
    literal = {symbol for symbol in symbols(rule) if isinstance(symbol, str)}
    echoes = {symbol for symbol in symbols(rule) if isinstance(symbol, Echo)}
    return literal.union(*(said for echo in echoes for said in echoed(echo, known)))


def symbols(rule: Rule) -> Iterator[Symbol]:
    """Every symbol of `rule` and of the rules that it leads to.

    Raises: nothing.
    Source: this book.
    """
    found, todo = {rule}, [rule]
    while todo:
        for option in todo.pop().options:
            yield from option.symbols
            inner = {symbol.rule for symbol in option.symbols if isinstance(symbol, Choice)}
            todo.extend(inner - found)
            found |= inner


def remembered(rule: Rule) -> dict[str, set[Rule]]:
    """For each variable below `rule`, the rules whose options it may remember.

    Raises: nothing.
    Source: this book.
    """
    known: dict[str, set[Rule]] = defaultdict(set)
    for symbol in symbols(rule):
        if isinstance(symbol, Choice):
            known[symbol.var].add(symbol.rule)
    for symbol in symbols(rule):
        if isinstance(symbol, Alias):
            known[symbol.var] |= known[symbol.source]
    return known


def echoed(echo: Echo, known: dict[str, set[Rule]]) -> Iterator[tuple[str, ...]]:
    """All that an echo can say.

    Raises: nothing.
    Source: this book.
    """
    options = (option for rule in known[echo.var] for option in rule.options)
    return (option.fields[echo.field] for option in options if echo.field in option.fields)
