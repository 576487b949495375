"""A printable character for each of the 256 bytes, as GPT-2's files write them.

A published vocabulary is a text file, but its tokens are bytes, and many bytes cannot be
printed. So each byte has a stand-in: itself where it is a visible Latin-1 character, and
otherwise the next free character from U+0100 on. The space becomes "Ġ", the line feed "Ċ".

The order of these characters is also the order of the bytes' ids in GPT-2's vocabulary,
and it is what settles ties in training.
"""

from minigpt.errors import TokenizerError, problem

_VISIBLE = [*range(ord("!"), ord("~") + 1), *range(ord("¡"), ord("¬") + 1), *range(ord("®"), 256)]
BYTE_ORDER = (*_VISIBLE, *(byte for byte in range(256) if byte not in _VISIBLE))

_HIDDEN = BYTE_ORDER[len(_VISIBLE) :]
_CHARACTERS = {byte: chr(byte) for byte in _VISIBLE}
_CHARACTERS |= {byte: chr(256 + n) for n, byte in enumerate(_HIDDEN)}
_BYTES = {character: byte for byte, character in _CHARACTERS.items()}


def to_printable(token: bytes) -> str:
    """Write a token as GPT-2's files do: `b" the"` becomes `"Ġthe"`.

    Raises: nothing.
    Source: Radford et al. 2019, published code (`bytes_to_unicode` in encoder.py).
    """
    return "".join(_CHARACTERS[byte] for byte in token)


def from_printable(text: str) -> bytes:
    """Read a token as GPT-2's files write it: `"Ġthe"` becomes `b" the"`.

    Raises: TokenizerError when a character stands for no byte.
    Source: Radford et al. 2019, published code (`bytes_to_unicode` in encoder.py).
    """
    try:
        return bytes(_BYTES[character] for character in text)
    except KeyError as error:
        needed = "a token is written with the 256 characters that stand for bytes"
        remedy = "a byte-level vocabulary, in which a space is written as Ġ"
        raise TokenizerError(problem(needed, f"{error.args[0]!r} in {text!r}", remedy)) from None
