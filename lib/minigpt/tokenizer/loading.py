"""Either kind of tokenizer, from its file or its dictionary."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from minigpt.errors import TokenizerError, problem
from minigpt.tokenizer.base import FORMAT, VERSION
from minigpt.tokenizer.bpe import BPETokenizer
from minigpt.tokenizer.characters import CharTokenizer
from minigpt.tokenizer.files import naming, read_json

KINDS = (CharTokenizer, BPETokenizer)


def load_tokenizer(path: str | Path) -> CharTokenizer | BPETokenizer:
    """Read the tokenizer that `save` wrote, of either kind.

    Raises: TokenizerError when the file is missing, damaged, or something else.
    Source: this book.
    """
    data = read_json(path)
    with naming(path):
        return tokenizer_from_dict(data)


def tokenizer_from_dict(data: Mapping[str, Any]) -> CharTokenizer | BPETokenizer:
    """Make the tokenizer that `to_dict` described, of either kind.

    Raises: TokenizerError when `data` is no such dictionary.
    Source: this book.
    """
    if not isinstance(data, Mapping) or data.get("format") != FORMAT:
        remedy = "a file that save() wrote, or BPETokenizer.from_gpt2_files for GPT-2's"
        raise TokenizerError(problem(f"a {FORMAT!r}", "something else", remedy))
    if data.get("version") != VERSION:
        came = f"{data.get('version')!r:.40}"
        raise TokenizerError(problem(f"version {VERSION}", came, "saving it with this library"))
    for tokenizer in KINDS:
        if data.get("kind") == tokenizer.kind:
            return tokenizer.from_dict(data)
    needed = f"kind is one of {[tokenizer.kind for tokenizer in KINDS]}"
    came = f"{data.get('kind')!r:.40}"
    raise TokenizerError(problem(needed, came, "the file as save() wrote it"))
