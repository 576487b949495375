"""Byte pairs, learned and replayed, against Hugging Face's tokenizers: time, at equal ids."""

import json
import os
from collections.abc import Callable, Iterator
from functools import partial
from itertools import accumulate, count, islice, zip_longest
from random import Random
from typing import Any

from minigpt import corpus
from minigpt.bench.timing import Findings, Target, Timing, peer, take_turns
from minigpt.errors import TokenizerError, problem
from minigpt.tokenizer import BPETokenizer, count_pieces, to_printable, tokenizer_from_dict

LEARNED, FRESH = (1_000_000, 20_000_000), 5_000_000  # bytes to learn from, and to encode
VOCAB_SIZES = (2048, 8000)
LINES = 20  # in a document: two or three thousand bytes
OURS, PEER = "ours", "tokenizers"

N_WORDS = 100_000
ALPHABETS = (
    *["abcdefghijklmnopqrstuvwxyz"] * 6,
    "áéíóúüñçößøåæœ",
    "абвгдежзийклмнопрстуфхцчшщъыьэюя",
    "αβγδεζηθικλμνξοπρστυφχψω",
    "的一是不了人我在有他这中大来上国",
    "あいうえおかきくけこさしすせそ",
    "0123456789",
)
SIGNS = (*[" "] * 20, ", ", ". ", "  ", "'s ", "-")


def measure(rounds: int) -> Findings:
    """Learn from two kinds of text, and encode more of each kind, a document at a time.

    Both libraries remember the pieces that they have met. A cold tokenizer has met none; a
    warm one has encoded the same documents before. What both make is held to be equal.

    Raises: ConfigError when rounds is not positive; TokenizerError when the two learn other
        merges, or encode a document as other ids.
    Source: this book.
    """
    os.environ |= {"TOKENIZERS_PARALLELISM": "false", "RAYON_NUM_THREADS": "1"}
    findings = Findings()
    library = peer("tokenizers", findings.notes)
    sides = {OURS: _Ours(), PEER: _Theirs(library)} if library else {OURS: _Ours()}
    for kind in KINDS:
        fresh = make_documents(kind, FRESH, seed=2)
        for n_bytes in LEARNED:
            documents = make_documents(kind, n_bytes, seed=1)
            findings.rows.append(_row(kind, documents))
            for vocab_size in VOCAB_SIZES:
                what = f"{kind}, {n_bytes / 10**6:g} MB, {vocab_size} ids: "
                learned, timings = _learn(sides, documents, vocab_size, rounds)
                _note(findings, what + "time of learning", timings, at_most=2.0)
                for heat, timings in _encode(sides, learned, fresh, rounds).items():
                    _note(findings, what + f"speed of encoding, {heat}", timings, at_least=1.5)
    return findings


def _note(findings: Findings, what: str, timings: dict[str, Timing], **bound: float) -> None:
    """Keep the times and their ratio: of times where it is bounded above, else of speeds."""
    findings.timings += [
        Timing(f"{what}, {who}", timing.seconds) for who, timing in timings.items()
    ]
    if PEER in timings:
        one, other = (OURS, PEER) if "at_most" in bound else (PEER, OURS)
        ratio = timings[one].over(timings[other])
        findings.targets.append(Target(f"{what}, {OURS} / {PEER}", ratio, **bound))


def _learn(
    sides: dict[str, Any], documents: list[str], vocab_size: int, rounds: int
) -> tuple[dict[str, Any], dict[str, Timing]]:
    learned: dict[str, Any] = {}

    def learn(who: str) -> None:
        learned[who] = sides[who].learn(documents, vocab_size)

    timings = take_turns({who: partial(learn, who) for who in sides}, rounds)
    check_equal("merges", *(side.merges(learned[who]) for who, side in sides.items()))
    return learned, timings


def _encode(
    sides: dict[str, Any], learned: dict[str, Any], documents: list[str], rounds: int
) -> dict[str, dict[str, Timing]]:
    check_equal("ids", *(side.encode(learned[who], documents) for who, side in sides.items()))

    def tasks(take: dict[str, Callable[[], Any]]) -> dict[str, Callable[[], Any]]:
        return {who: lambda who=who: sides[who].encode(take[who](), documents) for who in sides}

    copies = {
        who: [side.copy(learned[who]) for _ in range(rounds + 1)] for who, side in sides.items()
    }
    return {
        "cold": take_turns(tasks({who: copies[who].pop for who in sides}), rounds),
        "warm": take_turns(tasks({who: partial(learned.get, who) for who in sides}), rounds),
    }


def check_equal(what: str, ours: list[Any], theirs: list[Any] | None = None) -> None:
    """Refuse to compare the times of two programs that made different things.

    Raises: TokenizerError when there is something of theirs, and it is not what is ours.
    Source: this book.
    """
    if theirs is None or ours == theirs:
        return
    place = next(i for i, (a, b) in enumerate(zip_longest(ours, theirs)) if a != b)
    needed, came = f"the same {what} from both", f"others at place {place}"
    raise TokenizerError(problem(needed, came, "a look at the rules in `train_merges`"))


class _Ours:
    def learn(self, documents: list[str], vocab_size: int) -> BPETokenizer:
        return BPETokenizer.train(documents, vocab_size, specials=())

    def merges(self, tokenizer: BPETokenizer) -> list[tuple[str, str]]:
        return [(to_printable(left), to_printable(right)) for left, right in tokenizer.merges]

    def encode(self, tokenizer: BPETokenizer, documents: list[str]) -> list[list[int]]:
        return [tokenizer.encode(document) for document in documents]

    def copy(self, tokenizer: BPETokenizer) -> BPETokenizer:
        return tokenizer_from_dict(tokenizer.to_dict())


class _Theirs:
    def __init__(self, library: Any) -> None:
        self.library, self.cut = library, library.pre_tokenizers.ByteLevel

    def learn(self, documents: list[str], vocab_size: int) -> Any:
        tokenizer = self.library.Tokenizer(self.library.models.BPE())
        tokenizer.pre_tokenizer = self.cut(add_prefix_space=False)
        trainer = self.library.trainers.BpeTrainer(
            vocab_size=vocab_size, show_progress=False, initial_alphabet=self.cut.alphabet()
        )
        tokenizer.train_from_iterator(documents, trainer)
        return tokenizer

    def merges(self, tokenizer: Any) -> list[tuple[str, str]]:
        return [tuple(pair) for pair in json.loads(tokenizer.to_str())["model"]["merges"]]

    def encode(self, tokenizer: Any, documents: list[str]) -> list[list[int]]:
        """Ask for the ids alone: without the places of tokens in the text it is faster."""
        return [encoding.ids for encoding in tokenizer.encode_batch_fast(documents)]

    def copy(self, tokenizer: Any) -> Any:
        return self.library.Tokenizer.from_str(tokenizer.to_str())


def make_documents(kind: str, n_bytes: int, seed: int) -> list[str]:
    """Write lines of a kind until there are `n_bytes` of them, `LINES` in a document.

    Raises: nothing.
    Source: this book.
    """
    lines, documents = KINDS[kind](seed), []
    while n_bytes > 0:
        documents.append("".join(line + "\n" for line in islice(lines, LINES)))
        n_bytes -= len(documents[-1].encode())
    return documents


def _stories(seed: int) -> Iterator[str]:
    for part in count():
        yield from corpus.stories(1000, seed * 10**6 + part)


def _rare_words(seed: int) -> Iterator[str]:
    """Runs of letters, the nth commonest drawn in proportion to 1 / (n + 2.7).

    Source: Mandelbrot 1953, "An Informational Theory of the Statistical Structure of
        Language", for the law.
    """
    random = Random(0)  # the words are the same whatever is told with them
    words = [_word(random) for _ in range(N_WORDS)]
    shares = list(accumulate(1 / (n + 2.7) for n in range(N_WORDS)))
    random = Random(seed)
    while True:
        drawn = random.choices(words, cum_weights=shares, k=12)
        yield "".join(word + random.choice(SIGNS) for word in drawn).strip()


def _word(random: Random) -> str:
    length = min(random.randrange(2, 13), random.randrange(2, 13))
    return "".join(random.choices(random.choice(ALPHABETS), k=length))


KINDS: dict[str, Callable[[int], Iterator[str]]] = {"stories": _stories, "rare words": _rare_words}


def _row(kind: str, documents: list[str]) -> dict[str, Any]:
    pieces = count_pieces(documents)
    size = sum(len(document.encode()) for document in documents)
    return {"text": kind, "bytes": size, "pieces": pieces.total(), "different": len(pieces)}
