"""Answers to chapter 2 that are in no list; `test_odd_answers` judges RIGHT and WRONG."""

import re
import unicodedata
from functools import reduce
from itertools import groupby

import numpy as np
import pytest
import torch

from minigpt.exercises.judge import judge
from minigpt.exercises.registry import EXERCISES
from minigpt.tokenizer import PATTERN, merge_fast


def merged(ids, pair, new):
    out = []
    for token in ids:
        if out and out[-1] == pair[0] and token == pair[1]:
            out.pop()
            token = new
        out.append(token)
    return out


def by_runs(ids, pair, new):  # a run of equal tokens at a time
    if pair[0] != pair[1]:
        return merged(ids, pair, new)
    out = []
    for token, run in groupby(ids):
        n = len(list(run))
        out += [new] * (n // 2) + [token] * (n % 2) if token == pair[0] else [token] * n
    return out


def by_skipping(ids, pair, new):
    out, skip = [], False
    for i, token in enumerate(ids):
        if skip:
            skip = False
        elif tuple(ids[i : i + 2]) == tuple(pair):
            out.append(new)
            skip = True
        else:
            out.append(token)
    return out


def by_words(ids, pair, new):
    text = " " + " ".join(f"<{i}>" for i in ids)
    return [
        int(i) for i in re.findall(r"\d+", text.replace(f" <{pair[0]}> <{pair[1]}>", f" <{new}>"))
    ]


def tokens_of(merges):
    return reduce(
        lambda some, pair: [*some, some[pair[0]] + some[pair[1]]],
        merges,
        [bytes([b]) for b in range(256)],
    )


def replayed(text, merges):
    return reduce(
        lambda ids, n: merged(ids, merges[n], 256 + n), range(len(merges)), list(text.encode())
    )


def by_the_librarys_fast_path(text, merges):
    return merge_fast(text.encode(), {pair: 256 + n for n, pair in enumerate(merges)})


def longest(text, merges):
    tokens, data, ids = tokens_of(merges), text.encode(), []
    while data:
        best = max(range(len(tokens)), key=lambda i: data.startswith(tokens[i]) * len(tokens[i]))
        ids.append(best)
        data = data.removeprefix(tokens[best])
    return ids


def fewest(text, merges):  # not the longest first, but the fewest in all
    tokens, data = tokens_of(merges), text.encode()
    best = [[]]
    for end in range(1, len(data) + 1):
        ways = [[*best[end - len(t)], i] for i, t in enumerate(tokens) if data[:end].endswith(t)]
        best.append(min(ways, key=len))
    return best[-1]


def unfolded(ids, merges):
    return [b for i in ids for b in ([i] if i < 256 else unfolded(merges[i - 256], merges))]


def complete(data):
    for n in range(len(data), -1, -1):
        try:
            data[:n].decode()
        except UnicodeDecodeError:
            continue
        return n
    return 0


def moved(ids, table, new_id):
    old = {int(new): old for old, new in enumerate(new_id)}
    return np.vectorize(lambda i: new_id[i])(ids), np.stack(
        [table[old[n]] for n in range(len(old))]
    )


RIGHT = {
    "2.1": [
        merged,
        by_runs,
        by_skipping,
        by_words,
        lambda ids, pair, new: tuple(merged(ids, pair, new)),
        lambda ids, pair, new: torch.tensor(merged(ids, pair, new)),
        lambda ids, pair, new: np.array(merged(ids, pair, new), dtype=float),
    ],
    "2.2a": [
        replayed,
        by_the_librarys_fast_path,
        lambda text, merges: np.array(replayed(text, merges)),
        lambda text, merges: replayed(text, [tuple(pair) for pair in merges]),
    ],
    "2.2b": [longest, lambda text, merges: tuple(longest(text, merges))],
    "2.3a": [
        unfolded,
        lambda ids, merges: np.frombuffer(b"".join(tokens_of(merges)[i] for i in ids), np.uint8),
        lambda ids, merges: bytes(unfolded(ids, merges)),
        lambda ids, merges: bytearray(unfolded(ids, merges)),
    ],
    "2.3b": [complete, lambda data: np.int64(complete(data)), lambda data: float(complete(data))],
    "2.4a": [
        moved,
        lambda ids, table, new_id: list(moved(ids, table, new_id)),
        lambda ids, table, new_id: (np.take(new_id, ids), table[list(np.argsort(list(new_id)))]),
        lambda ids, table, new_id: (
            new_id[ids],
            np.array(sorted(zip(new_id, table.tolist(), strict=True)), dtype=object)[:, 1].tolist(),
        ),
    ],
    "2.4b": [
        lambda counts, new_id: counts[np.ix_(np.argsort(new_id), np.argsort(new_id))],
        lambda counts, new_id: torch.from_numpy(counts)[np.argsort(new_id)][:, np.argsort(new_id)],
        lambda counts, new_id: counts.T[np.argsort(new_id)].T[np.argsort(new_id)],
    ],
}

WRONG = {
    "2.1": [
        lambda ids, pair, new: merged(ids, pair[::-1], new),
        lambda ids, pair, new: merged(merged(ids, pair, new), (new, pair[1]), new),
        lambda ids, pair, new: [i for i in merged(ids, pair, new) if i != new],
        lambda ids, pair, new: merged(ids, pair, pair),
        lambda ids, pair, new: merged(ids, pair, new)[::-1],
        lambda ids, pair, new: len(merged(ids, pair, new)),
        lambda ids, pair, new: [new if i in pair else i for i in ids],
        lambda ids, pair, new: ids.append(new),
        lambda ids, pair, new: merged(ids, pair, new) or None,
    ],
    "2.2a": [
        longest,
        fewest,
        lambda text, merges: replayed(text.lower(), merges[:1]),
        lambda text, merges: replayed(text, merges[::-1]),
        lambda text, merges: replayed(text[::-1], merges)[::-1],
        lambda text, merges: [n for word in text.split() for n in replayed(word, merges)],
        lambda text, merges: [i for i in replayed(text, merges) if i > 255],
        lambda text, merges: [i + 1 if i > 255 else i for i in replayed(text, merges)],
        lambda text, merges: replayed(text.encode("utf-16").decode("latin-1"), merges),
        lambda text, merges: replayed(unicodedata.normalize("NFC", text), merges),
        lambda text, merges: replayed(text, merges) or None,
    ],
    "2.2b": [
        fewest,
        replayed,
        lambda text, merges: longest(text, merges[:-1]),
        lambda text, merges: longest(text[::-1], merges)[::-1],
        lambda text, merges: sorted(longest(text, merges)),
        lambda text, merges: [n for word in text.split() for n in longest(word, merges)],
        lambda text, merges: longest(text, merges) or None,
    ],
    "2.3a": [
        lambda ids, merges: [b for i in ids for b in unfolded([min(i, 259)], merges)],
        lambda ids, merges: unfolded(ids[::-1], merges)[::-1],
        lambda ids, merges: unfolded(ids, merges)[::-1],
        lambda ids, merges: [b & 0x7F for b in unfolded(ids, merges)],
        lambda ids, merges: len(unfolded(ids, merges)),
        lambda ids, merges: [chr(b) for b in unfolded(ids, merges)],
    ],
    "2.3b": [
        lambda data: len(data) - complete(data),
        lambda data: complete(data[:-1]),
        lambda data: max(0, len(data) - 3),
        lambda data: complete(data) or len(data),
        lambda data: data[: complete(data)],
        lambda data: complete(data) == len(data),
        lambda data: complete(data.replace(b"\x80", b"")),
        lambda data: len(data.decode(errors="replace").rstrip("\ufffd").encode()),
        lambda data: len(data[: complete(data)].removesuffix("\u0301".encode())),
    ],
    "2.4a": [
        lambda ids, table, new_id: (
            new_id[ids],
            table[:, :1] * 0 + table[np.argsort(new_id)[::-1]],
        ),
        lambda ids, table, new_id: (new_id[new_id[ids]], table[np.argsort(new_id)]),
        lambda ids, table, new_id: (new_id[ids].T, table[np.argsort(new_id)]),
        lambda ids, table, new_id: (np.sort(new_id[ids]), table[np.argsort(new_id)]),
        lambda ids, table, new_id: (new_id[ids], table[np.argsort(np.argsort(new_id))]),
        lambda ids, table, new_id: new_id[ids],
        lambda ids, table, new_id: (new_id[ids], table[new_id][ids]),
    ],
    "2.4b": [
        lambda counts, new_id: counts[np.ix_(new_id, np.argsort(new_id))],
        lambda counts, new_id: (counts + counts.T)[np.ix_(np.argsort(new_id), np.argsort(new_id))],
        lambda counts, new_id: counts[np.argsort(new_id)][:, np.argsort(new_id)] / counts.sum(),
        lambda counts, new_id: counts[np.ix_(np.argsort(new_id), np.argsort(new_id))] > 0,
        lambda counts, new_id: counts[::-1, ::-1],
    ],
}


def by_mask(ids, pair, new):
    ids = np.array(ids)
    here = (ids[:-1] == pair[0]) & (ids[1:] == pair[1])
    ids[:-1][here] = new
    return ids[np.append(True, ~here)[: len(ids)]]


def skipping_nothing(ids, pair, new):
    out = []
    for i in range(len(ids) - 1):
        out.append(new if (ids[i], ids[i + 1]) == pair else ids[i])
    return out


def counted_from_one(text, merges):
    ids = list(text.encode())
    for new, pair in enumerate(merges, start=257):
        ids = merged(ids, pair, new)
    return ids


def in_characters(text, merges):
    tokens = [token.decode(errors="replace") for token in tokens_of(merges)]
    ids = []
    while text:
        fits = [i for i, token in enumerate(tokens) if text.startswith(token)]
        ids.append(max(fits, key=lambda i: len(tokens[i])))
        text = text[len(tokens[ids[-1]]) :]
    return ids


def while_it_fits(text, merges):
    tokens, data, ids = tokens_of(merges), text.encode(), []
    start = 0
    while start < len(data):
        end = start + 1
        while end < len(data) and data[start : end + 1] in tokens:
            end += 1
        ids.append(tokens.index(data[start:end]))
        start = end
    return ids


def put_row_by_row(ids, table, new_id):
    labels = np.array(ids)
    for token in range(len(new_id)):
        labels[labels == token] = new_id[token]
    moved = np.zeros_like(table)
    moved[new_id] = table
    return labels, moved


NAMED = {
    "2.1": [
        (by_mask, "shrinks to one"),
        (skipping_nothing, "comes once more"),
        (lambda ids, pair, new: merged(ids, pair[::-1], new), "right half first"),
    ],
    "2.2a": [
        (counted_from_one, "the ID of the next one"),
        (lambda text, merges: text.encode(), "the bytes"),
        (
            lambda text, merges: [i for p in PATTERN.findall(text) for i in replayed(p, merges)],
            "cut into words",
        ),
    ],
    "2.2b": [(in_characters, "Match bytes"), (while_it_fits, "byte by byte")],
    "2.3a": [(lambda ids, merges: list(bytes(unfolded(ids, merges)).decode().encode()), "No text")],
    "2.3b": [
        (
            lambda data: len(data.decode(errors="replace").replace("\ufffd", "").encode()),
            "one of its own",
        ),
    ],
    "2.4a": [(put_row_by_row, "one after another")],
    "2.4b": [(lambda counts, new_id: counts[np.argsort(new_id)][np.argsort(new_id)], "twice")],
}


@pytest.mark.parametrize(("id", "i"), [(id, i) for id in NAMED for i in range(len(NAMED[id]))])
def test_a_mistake_in_other_words_hears_its_name(id, i):
    answer, said = NAMED[id][i]
    assert said in " ".join(judge(EXERCISES[id], answer).lines)


def test_the_bytes_are_shown_that_a_function_was_called_with():
    lines = judge(EXERCISES["2.3b"], lambda data: complete(data) % 3).lines
    assert "Called with data = b'" in " ".join(lines)


def in_place(ids, pair, new):
    for i in range(len(ids)):
        if tuple(ids[i : i + 2]) == pair:
            ids[i : i + 2] = [new]
    return ids


def test_a_list_changed_in_place_is_named():
    assert "changes ids itself" in " ".join(judge(EXERCISES["2.1"], in_place).lines)


def test_the_cases_tell_both_ways_of_encoding_apart():
    for id in ("2.2a", "2.2b"):
        assert sum(replayed(*c.args) != longest(*c.args) for c in EXERCISES[id].cases) >= 1
