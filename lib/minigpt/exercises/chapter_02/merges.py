"""Merges to try encoders on, and what their tokens stand for. Ids as in all of the chapter."""

# Pairs of ids by rank. The middle letter of a word is wanted from both sides, runs occur, a merge
# is made of merges, and one splits a character of two bytes.
LETTERS = ((98, 99), (97, 98), (256, 100), (100, 101), (257, 257), (258, 101))  # bc ab bcd de abab
RUNS = ((97, 97), (256, 97), (256, 256), (120, 97), (257, 120))  # aa, aaa, aaaa, xa, aaax
SPACED = ((101, 100), (32, 256), (100, 32), (257, 257))  # ed, ·ed, d·, ·ed·ed
GREEK = ((206, 177), (177, 206), (207, 128), (256, 258), (195, 169))  # α, half and half, π, απ, é


def tokens_of(merges):
    """The bytes of every token, by id."""
    tokens = [bytes([byte]) for byte in range(256)]
    for left, right in merges:
        tokens.append(tokens[left] + tokens[right])
    return tokens


def merged(ids, pair, new):
    """The ids with every place of the pair merged, from the left."""
    out = []
    for token in ids:
        if out and (out[-1], token) == pair:
            out[-1] = new
        else:
            out.append(token)
    return out
