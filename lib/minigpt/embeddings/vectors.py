"""Word vectors to ask: how alike, what is near, a is to b as c is to what."""

import difflib
import gzip
import os
import zlib
from collections.abc import Collection, Iterator, Sequence
from pathlib import Path

import numpy as np
from jaxtyping import Float, Float32

from minigpt.errors import EmbeddingError, problem

SUGGEST_AMONG = 20_000  # files list the frequent words first; comparing all would take seconds


class WordVectors:
    """Words and one vector each. Likeness is the cosine: 1 the same way, 0 at a right angle.

    Row i of `vectors`, of shape (n_words, d_model), belongs to word i of `words`.

    Raises: EmbeddingError when a word comes twice, or the numbers of words and rows differ.
    Source: this book.
    """

    def __init__(self, words: Sequence[str], vectors: Float[np.ndarray, "n_words d_model"]) -> None:
        self.words = list(words)
        self.vectors = np.asarray(vectors)
        self._row = {word: row for row, word in enumerate(self.words)}
        if self.vectors.ndim != 2 or len(self.vectors) != len(self.words):
            raise EmbeddingError(
                problem(
                    f"{len(self.words)} words need an array (n_words, d_model)",
                    f"shape {self.vectors.shape}",
                    "one row a word",
                )
            )
        if len(self._row) < len(self.words):
            twice = next(word for i, word in enumerate(self.words) if self._row[word] != i)
            raise EmbeddingError(
                problem("every word comes once", f"{twice!r} twice", "leaving one of them out")
            )
        self._units = _unit(self.vectors)

    def __len__(self) -> int:
        """Return the number of words."""
        return len(self.words)

    def __contains__(self, word: str) -> bool:
        """Say whether `word` has a vector."""
        return word in self._row

    def vector(self, word: str) -> Float[np.ndarray, " d_model"]:
        """Return the word's vector, of shape (d_model,), as it was given: not a unit vector.

        Raises: EmbeddingError for an unknown word.
        Source: this book.
        """
        return self.vectors[self._find(word)]

    def similarity(self, a: str, b: str) -> float:
        """Return the cosine of the angle between two words' vectors, from -1 to 1.

        Raises: EmbeddingError for an unknown word.
        Source: this book.
        """
        return float(self._units[self._find(a)] @ self._units[self._find(b)])

    def nearest(
        self,
        query: str | Float[np.ndarray, " d_model"],
        n: int = 10,
        exclude: Collection[str] = (),
    ) -> list[tuple[str, float]]:
        """Return the `n` words nearest by cosine, the nearest first, each with its cosine.

        The query is a vector of shape (d_model,), or a word, which is then no neighbour of
        its own. Words in `exclude` are passed over. Ties come in the order of `words`.

        Raises: EmbeddingError for an unknown word, or a vector of another width.
        Source: this book.
        """
        if isinstance(query, str):
            return self.nearest(self.vector(query), n, {query, *exclude})
        if np.shape(query) != self.vectors.shape[1:]:
            raise EmbeddingError(
                problem(
                    f"a vector of shape {self.vectors.shape[1:]} is needed",
                    f"shape {np.shape(query)}",
                    "a vector made from these words",
                )
            )
        passed_over = {self._find(word) for word in exclude}
        scores = self._units @ _unit(np.asarray(query))
        order = np.argsort(-scores, kind="stable")[: n + len(passed_over)]
        kept = [row for row in order if row not in passed_over][:n]
        return [(self.words[row], float(scores[row])) for row in kept]

    def analogy(
        self, a: str, b: str, c: str, exclude_inputs: bool = True, n: int = 5
    ) -> list[tuple[str, float]]:
        """Answer "a is to b as c is to what?" with the words nearest to b - a + c.

        King - man + woman is `analogy("man", "king", "woman")`. The three vectors have
        length 1 before they are added. The nearest word is often one of the three inputs;
        they are passed over unless `exclude_inputs` is False.

        Raises: EmbeddingError for an unknown word.
        Source: Mikolov et al. 2013, "Linguistic Regularities in Continuous Space Word
            Representations", section 4.
        """
        unit_a, unit_b, unit_c = (self._units[self._find(word)] for word in (a, b, c))
        exclude = {a, b, c} if exclude_inputs else ()
        return self.nearest(unit_b - unit_a + unit_c, n, exclude)

    def save_text(self, path: str | Path) -> None:
        """Write word2vec's text format: a line "n_words d_model", then a line a word.

        Nine digits bring every float32 back as it was.

        Raises: EmbeddingError when a word has a space or a line break in it, or is empty.
        Source: the format of word2vec (Mikolov et al. 2013) with `-binary 0`.
        """
        path = Path(path)
        lines = [f"{len(self.words)} {self.vectors.shape[1]}\n"]
        for word, vector in zip(self.words, self.vectors, strict=True):
            _check_writable(word)
            lines.append(" ".join([word, *(f"{value:.9g}" for value in vector)]) + "\n")
        unfinished = path.with_name(path.name + ".part")
        unfinished.write_text("".join(lines), encoding="utf-8", newline="\n")
        os.replace(unfinished, path)

    @classmethod
    def load_text(cls, path: str | Path, limit: int | None = None) -> "WordVectors":
        """Read word2vec's or GloVe's text format, with or without its first line of counts.

        A name that ends in ".gz" is unpacked while reading. `limit` takes the first words
        only, which in published files are the most frequent ones.

        Raises: EmbeddingError when the file is missing, empty, cut off, not UTF-8, or a line
            is malformed, of another width, or a word comes twice.
        Source: the formats of word2vec (Mikolov et al. 2013) and GloVe (Pennington et al.
            2014).
        """
        path = Path(path)
        rows: dict[str, Float32[np.ndarray, " d_model"]] = {}
        promised, width = None, None
        for number, fields in enumerate(_lines(path), start=1):
            if number == 1 and _is_header(fields):
                promised, width = map(int, fields)
                continue
            if limit is not None and len(rows) >= limit:
                break
            word, vector = _parse(path, number, fields, width)
            if word in rows:
                raise _malformed(path, number, f"{word!r} a second time")
            rows[word], width = vector, len(vector)
        if not rows:
            raise _malformed(path, 1, "no words at all")
        if limit is None and promised not in (None, len(rows)):
            raise _malformed(path, 1, f"{promised} words announced and {len(rows)} found")
        return cls(list(rows), np.stack(list(rows.values())))

    def _find(self, word: str) -> int:
        if word in self._row:
            return self._row[word]
        close = difflib.get_close_matches(word, self.words[:SUGGEST_AMONG], n=3)
        hint = " or ".join(map(repr, close)) if close else "a word of `words`"
        raise EmbeddingError(
            problem(f"one of the {len(self.words)} known words is needed", repr(word), hint)
        )


def _unit(vectors: Float[np.ndarray, "... d_model"]) -> Float[np.ndarray, "... d_model"]:
    """Scale each vector to length 1; a zero vector stays zero and is like nothing."""
    lengths = np.linalg.norm(vectors, axis=-1, keepdims=True)
    return vectors / np.where(lengths > 0, lengths, 1)


def _lines(path: Path) -> Iterator[list[str]]:
    """Yield each line's fields. Only "\\n" ends a line: words may hold odd Unicode spaces."""
    open_text = gzip.open if path.suffix == ".gz" else open
    try:
        with open_text(path, "rt", encoding="utf-8", newline="\n") as file:
            for line in file:
                yield line.rstrip(" \r\n").split(" ")
    except (OSError, EOFError, zlib.error, UnicodeDecodeError) as error:
        raise EmbeddingError(
            problem("a readable text file of vectors is needed", f"{path} ({error})", "another")
        ) from error


def _is_header(fields: list[str]) -> bool:
    return len(fields) == 2 and all(field.isascii() and field.isdigit() for field in fields)


def _parse(
    path: Path, number: int, fields: list[str], width: int | None
) -> tuple[str, Float32[np.ndarray, " d_model"]]:
    """Read one line's word and vector; the first line of a file decides its width."""
    word, *numbers = fields
    try:
        vector = np.array(list(map(float, numbers)), dtype=np.float32)
    except ValueError:
        raise _malformed(path, number, "something that is not a number") from None
    if not word or not numbers or not np.isfinite(vector).all():
        raise _malformed(path, number, "no word, no numbers, or a number that is not finite")
    if width is not None and len(vector) != width:
        raise _malformed(path, number, f"{len(vector)} numbers where {width} are expected")
    return word, vector


def _malformed(path: Path, number: int, came: str) -> EmbeddingError:
    return EmbeddingError(
        problem(
            "a file of vectors has lines 'word number number ...', all of one width",
            f"{came} in line {number} of {path}",
            "fetching or writing the file again",
        )
    )


def _check_writable(word: str) -> None:
    if not word or any(space in word for space in " \r\n"):
        raise EmbeddingError(
            problem("a word in a file of vectors has no spaces", repr(word), "an underscore")
        )
