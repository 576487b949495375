"""Mutants of the library that no test can tell from the original, each with the reason.

They are found by `make mutants`, and go by the function and the lines that they put in.
"""

EITHER_NAME = "Python knows this encoding by either name"
FOUR_AXES = "of four axes, the last but one is the third"
FALSE = "None is as false as False"
EMPTY = "an empty text is as false as None"
NEVER_ASKED = "the list is longer than anyone looks"
AS_LONG = "one is made from the other, and as long"
CLEARED = "the first call then clears a cache that is empty"
WIDER = "zeros, and what is added to them is in double precision"

SURVIVORS: dict[str, dict[str, str]] = {
    "attention.masked_softmax": {
        "weights = torch.softmax(scores + bias.masked_fill(blind, 1.0), dim=-1)": (
            "a row that may look nowhere is zeros in the end, whatever its bias was"
        ),
    },
    "attention.MultiHeadAttention._mix": {
        "mask = both(mask, causal_mask(q.shape[+2], k.shape[-2], q.device))": FOUR_AXES,
        "mask = both(mask, causal_mask(q.shape[-2], k.shape[+2], q.device))": FOUR_AXES,
    },
    "generate.Decoder.__init__": {
        "self.start = None": CLEARED,
        "self.start = 1": CLEARED,
    },
    "generate.beam_search": {
        'finished, live, scores = [], tokens, torch.zeros(1, dtype=None, device="cpu")': WIDER,
        'finished, live, scores = [], tokens, torch.zeros(1, device="cpu")': WIDER,
        "rows, grown, totals = _likeliest(decoder, live, scores, n_beams * (2 + len(stop)))": (
            NEVER_ASKED
        ),
    },
    "generate._scored": {
        "return [(text, float(t) / n**length_penalty) for text, t in zip(texts, totals, strict=None)]": AS_LONG,
        "return [(text, float(t) / n**length_penalty) for text, t in zip(texts, totals, )]": AS_LONG,
        "return [(text, float(t) / n**length_penalty) for text, t in zip(texts, totals, strict=False)]": AS_LONG,
    },
    "generate._likeliest": {
        "log_p = decoder.next_logits(live).cpu().double().log_softmax(+1)": (
            "there are two axes, so that the last is the second"
        ),
    },
    "tokenizer.base.Tokenizer.__init__": {
        "longest_first = sorted(specials, key=None, reverse=True)": (
            "of two texts that begin alike, the longer is the last in the alphabet too"
        ),
        "longest_first = sorted(specials, reverse=True)": (
            "of two texts that begin alike, the longer is the last in the alphabet too"
        ),
    },
    "tokenizer.base.Tokenizer.decode_stream": {
        'decoder = codecs.getincrementaldecoder("UTF-8")(errors="replace")': EITHER_NAME,
    },
    "tokenizer.base.Tokenizer.save": {
        'write_atomically(path, json.dumps(self.to_dict(), ensure_ascii=None) + "\\n")': FALSE,
    },
    "tokenizer.base._by_id": {'came = ""': EMPTY},
    "tokenizer.bpe._check_merges": {
        'came = ""': EMPTY,
        "if not {left, right} < made:": "two tokens are never all 256 bytes",
    },
    "tokenizer.files.read_text": {
        'return Path(path).read_text(encoding="UTF-8")': EITHER_NAME,
    },
    "tokenizer.files.write_atomically": {
        'with unfinished.open("w", encoding="UTF-8") as file:': EITHER_NAME,
    },
    "tokenizer.merging._merge_many": {
        "before, after = list(range(-1, len(tokens) + 1)), list(range(1, len(tokens) + 1))": NEVER_ASKED,
        "before, after = list(range(-1, len(tokens) - 1)), list(range(1, len(tokens) + 2))": NEVER_ASKED,
    },
    "tokenizer.pieces.split_stream": {
        "if len(fresh) >= len(held):": (
            "what is held is looked at one character sooner, and the pieces are the same"
        ),
    },
    "tokenizer.training._Row.__init__": {
        "self.ids, self.weights = [_FENCE], [1]": "no pair ends at the first fence",
        "self.most = max(self.waiting, default=1)": "no pair waits there, and the search goes down to 0",
    },
    "tokenizer.training._Row._note": {
        'self.places[pair] = array("Q", places)  # a fifth of a list\'s memory': "no place is negative",
    },
    "tokenizer.training.count_pieces": {
        "for pieces in split_stream(slices(text) if (isinstance(text, str)) and False else text):": (
            "a text is an iterable of its characters, which takes longer"
        ),
    },
}
