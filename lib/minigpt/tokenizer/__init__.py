"""Text to ids and back.

    alphabet     a printable character for each byte, and the bytes' order
    pieces       GPT-2's cut of a text into pieces, also for a text that comes in chunks
    merging      merge by lowest rank: the plain version and the fast one
    training     which merges a text teaches
    base         what both kinds share: special tokens, decoding, saving
    characters   CharTokenizer: one id per character
    bpe          BPETokenizer: byte-level byte-pair encoding
    loading      load_tokenizer: either kind, from a file or a dictionary
    files        reading and writing, with errors that say which file

The tokenizer never sees tensors: ids are plain lists of int.
"""

from minigpt.tokenizer.alphabet import BYTE_ORDER, from_printable, to_printable
from minigpt.tokenizer.base import END, Tokenizer
from minigpt.tokenizer.bpe import BPETokenizer
from minigpt.tokenizer.characters import CharTokenizer
from minigpt.tokenizer.loading import load_tokenizer, tokenizer_from_dict
from minigpt.tokenizer.merging import merge_by_rank, merge_fast, merge_pair
from minigpt.tokenizer.pieces import PATTERN, split_stream
from minigpt.tokenizer.training import count_pieces, train_merges

__all__ = [
    "BYTE_ORDER",
    "END",
    "PATTERN",
    "BPETokenizer",
    "CharTokenizer",
    "Tokenizer",
    "count_pieces",
    "from_printable",
    "load_tokenizer",
    "merge_by_rank",
    "merge_fast",
    "merge_pair",
    "split_stream",
    "to_printable",
    "tokenizer_from_dict",
    "train_merges",
]
