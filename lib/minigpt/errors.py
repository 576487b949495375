"""What goes wrong, by name.

Every error of the library is a `MiniGPTError`. Its message says what was needed, what
came, and what to try; the command line prints it as it is, without a traceback.
"""


class MiniGPTError(Exception):
    """The common parent: catch this one to catch them all."""


class ConfigError(MiniGPTError, ValueError):
    """A configuration holds a value that it cannot have."""


class ShapeError(MiniGPTError, ValueError):
    """Arrays or tensors do not fit together."""


class TokenizerError(MiniGPTError, ValueError):
    """A text cannot be encoded, ids cannot be decoded, or a tokenizer file is unusable."""


class CorpusError(MiniGPTError, ValueError):
    """A text is not a story of the built-in corpus."""


class DataError(MiniGPTError, ValueError):
    """Training data is missing, empty, unreadable, or too short."""


class DownloadError(DataError):
    """A download failed, or brought something else than was asked for."""


class EmbeddingError(MiniGPTError, ValueError):
    """Word vectors are malformed, or a word is not among them."""


class CheckpointError(MiniGPTError, ValueError):
    """A checkpoint is missing, damaged, or belongs to another model."""


class GenerateError(MiniGPTError, ValueError):
    """A prompt or a sampling setting makes no sense."""


class FigureError(MiniGPTError, ValueError):
    """A figure is asked to show what it cannot."""


class TrainError(MiniGPTError, RuntimeError):
    """Training cannot go on: the loss is not a number, or the device is missing."""


def problem(needed: str, came: str, try_: str) -> str:
    """Write an error message in the house form: needed, came, try.

    Example: `problem("d_model is a positive multiple of n_heads", "d_model=100, n_heads=3",
    "d_model=99 or n_heads=4")`.

    Raises: nothing.
    Source: this book.
    """
    return f"{needed}, but got {came}. Try: {try_}."
