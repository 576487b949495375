"""What every part of a model writes to the stream at a word, and what becomes of the guess."""

import html
from typing import Any, Self

import numpy as np
from jaxtyping import Float
from traitlets import Float as FloatTrait
from traitlets import Int, List, Unicode, validate

from minigpt.errors import FigureError, problem
from minigpt.figures.base import Figure, Numbers, labels_of, number


class StreamLedger(Figure):
    """The ledger of a pre-norm model that ends in RMSNorm and a head without biases.

    There are T words and n = 1 + 2 * n_layers lines: the token, then for each layer what
    attention and what the MLP added. `products` (T, n, n) are the means over the d_model
    products of two lines: all sizes and directions follow from them. `candidates` (T, k) are
    possible next tokens, `scores` (T, n, k) what each line adds to their logits before the
    norm divides, `rest` (T, n) the logarithm of all other tokens' e-to-the-logit after each
    line. `chosen` is a word, `line` a line.

    Raises: FigureError when these do not fit each other.
    Source: this book, chapter 12.
    """

    module = "stream_ledger"
    words = List(Unicode()).tag(sync=True)
    products = Numbers(3)
    candidates = List(List(Unicode())).tag(sync=True)
    scores = Numbers(3)
    rest = Numbers(2)
    eps = FloatTrait(1e-5).tag(sync=True)
    chosen = Int(0).tag(sync=True)
    line = Int(0).tag(sync=True)

    def __init__(
        self,
        words: list[str],
        products: Any,
        candidates: list[list[str]],
        scores: Any,
        rest: Any,
        eps: float = 1e-5,
        **settings: Any,
    ):
        T, n, k = np.shape(scores) if np.ndim(scores) == 3 else (0, 0, 0)
        self._sizes = (len(words), n)
        came = (len(words), np.shape(products), np.shape(candidates), np.shape(rest))
        if not T * n * k or came != (T, (T, n, n), (T, k), (T, n)):
            needed = "words (T), products (T, n, n), candidates (T, k), rest (T, n)"
            raise FigureError(problem(needed, str(came), f"those that go with {(T, n, k)}"))
        super().__init__(
            words=list(words),
            products=products,
            candidates=[list(row) for row in candidates],
            scores=scores,
            rest=rest,
            eps=eps,
            **settings,
        )

    @classmethod
    def of(
        cls,
        words: list[str],
        lines: Float[np.ndarray, "n T d_model"],
        head: Float[np.ndarray, "vocab_size d_model"],
        vocabulary: list[str],
        eps: float = 1e-5,
        **settings: Any,
    ) -> Self:
        """Make it from the lines, and a head whose columns hold the final norm's gains.

        The candidates of a word are the best guesses after its lines, and the likeliest at
        the end, as many as there are lines: so the best guess of all is always among them.

        Raises: FigureError when the lines do not fit the words.
        Source: this book, chapter 12.
        """
        lines = np.asarray(lines, dtype=float).swapaxes(0, 1)
        products = lines @ lines.swapaxes(1, 2) / lines.shape[-1]
        scores = lines @ np.asarray(head, dtype=float).T
        sizes = sizes_after(products)
        logits = scores.cumsum(axis=1) / np.sqrt(sizes**2 + eps)[..., None]
        picked = np.array([_candidates(table) for table in logits])
        others = np.array([_others(table, ids) for table, ids in zip(logits, picked, strict=True)])
        names = [[vocabulary[i] for i in ids] for ids in picked]
        own = np.take_along_axis(scores, picked[:, None, :], axis=2)
        # The last digits of a sum are the processor's, and a page is to be the same on all.
        products, own, others = (table.round(9) for table in (products, own, others))
        return cls(words, products, names, own, others, eps, **settings)

    @property
    def names(self) -> list[str]:
        """What the lines are called.

        Raises: nothing.
        Source: this book.
        """
        return line_names(self._sizes[1])

    @property
    def sizes(self) -> Float[np.ndarray, "T n"]:
        """The root mean square of what each line adds.

        Raises: nothing.
        Source: this book.
        """
        return np.sqrt(np.diagonal(np.array(self.products), axis1=1, axis2=2))

    @property
    def streams(self) -> Float[np.ndarray, "T n"]:
        """The root mean square of the stream after each line.

        Raises: nothing.
        Source: this book.
        """
        return sizes_after(np.array(self.products))

    @property
    def cosines(self) -> Float[np.ndarray, "T n"]:
        """The cosine of each line with the stream that it is added to; 0 for the first.

        Raises: nothing.
        Source: this book.
        """
        products = np.array(self.products)
        before = np.tril(products, -1).sum(axis=2)
        cosines = np.zeros_like(before)
        cosines[:, 1:] = before[:, 1:] / self.sizes[:, 1:] / self.streams[:, :-1]
        return cosines

    @property
    def shares(self) -> Float[np.ndarray, "T n"]:
        """Each line's share of the final stream, along its direction; they sum to 1.

        Raises: nothing.
        Source: this book, exercise 12.3.
        """
        products = np.array(self.products)
        return products.sum(axis=2) / products.sum(axis=(1, 2))[:, None]

    @property
    def chances(self) -> Float[np.ndarray, "T n k"]:
        """How likely each candidate would be, were the model to end after this line.

        Raises: nothing.
        Source: this book; the reading is called the logit lens.
        """
        size = np.sqrt(self.streams**2 + self.eps)
        logits = np.array(self.scores).cumsum(axis=1) / size[..., None]
        rest = np.array(self.rest)
        top = np.maximum(logits.max(axis=2), rest)[..., None]
        raised = np.exp(logits - top)
        return raised / (raised.sum(axis=2, keepdims=True) + np.exp(rest[..., None] - top))

    @property
    def picture(self) -> str:
        """The chosen word's ledger as a table.

        Raises: nothing.
        Source: this book.
        """
        heads = ("line", "adds", "cosine", "stream", "share", "best guess")
        head = "".join(f'<th scope="col">{name}</th>' for name in heads)
        rows = []
        for i, name in enumerate(self.names):
            cells = "".join(f"<td>{html.escape(cell)}</td>" for cell in self._cells(i))
            rows.append(f'<tr><th scope="row">{name}</th>{cells}</tr>')
        return "\n".join(
            [
                f"<p>{html.escape(self._caption)}</p>",
                '<div class="aw-scroll" tabindex="0"><table class="aw-ledger">',
                f"<thead><tr>{head}</tr></thead>",
                *["<tbody>", *rows, "</tbody></table></div>"],
            ]
        )

    @property
    def _caption(self) -> str:
        return f"The ledger of {labels_of(self.words)[self.chosen]}"

    def _cells(self, i: int) -> list[str]:
        c = self.chosen
        best = int(self.chances[c, i].argmax())
        guess = f"{self.candidates[c][best]} {number(self.chances[c, i, best], 2)}"
        cosine = number(self.cosines[c, i], 2) if i else "–"
        sizes = number(self.sizes[c, i], 2), number(self.streams[c, i], 2)
        return [sizes[0], cosine, sizes[1], number(self.shares[c, i], 2), guess]

    @property
    def in_words(self) -> str:
        """The chosen word's ledger, a sentence for each line.

        Raises: nothing.
        Source: this book.
        """
        said = [self.said(i) for i in range(self._sizes[1])]
        return "\n".join([f"{self._caption}.", *said])

    def said(self, i: int) -> str:
        """What line i did at the chosen word, in a sentence.

        Raises: nothing.
        Source: this book.
        """
        adds, cosine, stream, share, guess = self._cells(i)
        if i == 0:
            return (
                f"The token has size {stream}, and {share} of the end is its. Best guess: {guess}."
            )
        return (
            f"{self.names[i]} adds {adds} to {number(self.streams[self.chosen, i - 1], 2)}, "
            f"cosine {cosine}, which makes {stream}; {share} of the end. Best guess: {guess}."
        )

    @validate("chosen", "line")
    def _is_there(self, proposal: dict) -> int:
        name, value = proposal["trait"].name, proposal["value"]
        size = self._sizes[0 if name == "chosen" else 1]
        if not 0 <= value < size:
            raise FigureError(problem(f"{name} from 0 to {size - 1}", str(value), "0"))
        return value


def line_names(n: int) -> list[str]:
    """Name n lines: the token, attention 1, MLP 1, attention 2 and so on.

    Raises: nothing.
    Source: this book.
    """
    return ["token", *(f"{('attention', 'MLP')[i % 2]} {i // 2 + 1}" for i in range(n - 1))]


def sizes_after(products: Float[np.ndarray, "T n n"]) -> Float[np.ndarray, "T n"]:
    """Give the root mean square of the first line, the first two, and so on.

    Raises: nothing.
    Source: this book.
    """
    sums = products.cumsum(axis=1).cumsum(axis=2)
    return np.sqrt(np.diagonal(sums, axis1=1, axis2=2))


def _candidates(logits: Float[np.ndarray, "n vocab_size"]) -> list[int]:
    """As many as there are lines: each line's best guess, and the likeliest at the end."""
    best = logits.argmax(axis=1)[::-1]
    likeliest = np.argsort(-logits[-1], kind="stable")
    every = dict.fromkeys(map(int, [*best, *likeliest]))
    return list(every)[: len(logits)]


def _others(logits: Float[np.ndarray, "n vocab_size"], ids: list[int]) -> list[float]:
    left = np.delete(logits, ids, axis=1)
    top = left.max(axis=1)
    return list(top + np.log(np.exp(left - top[:, None]).sum(axis=1)))
