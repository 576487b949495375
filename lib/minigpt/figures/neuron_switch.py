"""Which neuron holds which fact: switches for the neurons of an MLP, and what is answered then."""

import html
from typing import Any

import numpy as np
from jaxtyping import Float
from traitlets import Int, List, Unicode, validate

from minigpt.errors import FigureError, problem
from minigpt.figures.base import Figure, Numbers


class NeuronSwitch(Figure):
    """A table of facts as a model tells them, and its neurons to switch off.

    A row for each subject, a column for each kind of fact; fact i is of subject i // n_kinds.
    `stream` (n_facts, d_model) is what the final norm gets without the `neurons`, `hidden`
    (n_facts, n_neurons) what each of these says, `writes` (n_neurons, d_model) what it writes,
    `head` (n_words, d_model) scores the `words`. `answers` are places in `words`, `off` places
    in `neurons`. The word with the highest score is the answer.

    Raises: FigureError when the sizes do not fit.
    Source: this book, chapter 13.
    """

    module = "neuron_switch"
    subjects = List(Unicode()).tag(sync=True)
    kinds = List(Unicode()).tag(sync=True)
    words = List(Unicode()).tag(sync=True)
    neurons = List(Unicode()).tag(sync=True)
    answers = List(Int()).tag(sync=True)
    stream = Numbers(2)
    hidden = Numbers(2)
    writes = Numbers(2)
    head = Numbers(2)
    off = List(Int()).tag(sync=True)

    def __init__(self, **state: Any):
        sizes = {name: len(state[name]) for name in ("subjects", "kinds", "words", "neurons")}
        n_facts, d_model = sizes["subjects"] * sizes["kinds"], np.shape(state["head"])[-1]
        self._shapes = {
            "stream": (n_facts, d_model),
            "hidden": (n_facts, sizes["neurons"]),
            "writes": (sizes["neurons"], d_model),
            "head": (sizes["words"], d_model),
        }
        if len(state["answers"]) != n_facts:
            came = f"{len(state['answers'])}"
            raise FigureError(problem(f"{n_facts} answers", came, "one for each fact"))
        super().__init__(**state)

    @property
    def said(self) -> list[int]:
        """The word that the model answers for each fact, with the neurons in `off` silent.

        Raises: nothing.
        Source: this book, chapter 13.
        """
        return [int(word) for word in self.scores.argmax(axis=1)]

    @property
    def scores(self) -> Float[np.ndarray, "n_facts n_words"]:
        """Each word's score, before the final norm divides a row by one number.

        Raises: nothing.
        Source: this book, chapter 13.
        """
        on = np.ones(len(self.neurons))
        on[self.off] = 0
        return (np.array(self.stream) + np.array(self.hidden) * on @ self.writes) @ np.array(
            self.head
        ).T

    @property
    def picture(self) -> str:
        """A table, a row for each subject; a wrong answer is marked.

        Raises: nothing.
        Source: this book.
        """
        n, rows = len(self.kinds), []
        for i, subject in enumerate(self.subjects):
            cells = "".join(self._cell(fact) for fact in range(n * i, n * i + n))
            rows.append(f'<tr><th scope="row">{html.escape(subject)}</th>{cells}</tr>')
        top = "".join(f'<th scope="col">{html.escape(kind)}</th>' for kind in ("", *self.kinds))
        top = top.replace('<th scope="col"></th>', "<td></td>", 1)
        return (
            '<table class="aw-facts">\n<thead>\n'
            f"<tr>{top}</tr>\n</thead>\n<tbody>\n" + "\n".join(rows) + "\n</tbody>\n</table>"
        )

    def _cell(self, fact: int) -> str:
        word, right = self.said[fact], self.answers[fact]
        text = html.escape(self.words[word])
        return f"<td>{text}</td>" if word == right else f'<td class="aw-lost">✗ {text}</td>'

    @property
    def in_words(self) -> str:
        """Which neurons are off, how many facts are right, and which are wrong.

        Raises: nothing.
        Source: this book.
        """
        off = ", ".join(self.neurons[n] for n in sorted(self.off))
        said, n = self.said, len(self.kinds)
        wrong = [i for i, (a, b) in enumerate(zip(said, self.answers, strict=True)) if a != b]
        parts = [f"Off: {off or 'no neuron'}."]
        parts.append(f"Right: {len(said) - len(wrong)} of {len(said)}.")
        for i in wrong:
            place = f"{self.subjects[i // n]}, {self.kinds[i % n]}"
            parts.append(f"{place}: {self.words[said[i]]}, not {self.words[self.answers[i]]}.")
        return "\n".join([" ".join(parts[:2]), *parts[2:]])

    @validate("stream", "hidden", "writes", "head")
    def _fits(self, proposal: dict) -> list:
        name = proposal["trait"].name
        came = np.shape(proposal["value"])
        if came != self._shapes[name]:
            needed = f"{name} of shape {self._shapes[name]}"
            raise FigureError(problem(needed, str(came), "a row for each fact, neuron or word"))
        return proposal["value"]

    @validate("answers", "off")
    def _is_there(self, proposal: dict) -> list:
        name = proposal["trait"].name
        size = len(self.words if name == "answers" else self.neurons)
        if any(not 0 <= place < size for place in proposal["value"]):
            needed = f"{name} from 0 to {size - 1}"
            raise FigureError(problem(needed, str(proposal["value"]), "places in the list"))
        return proposal["value"]
