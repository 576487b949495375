"""Training runs held against the lines that one knows: a sound one, and those with a fault."""

import html
import math
from typing import Any

import numpy as np
from traitlets import Float as Number
from traitlets import Int, List, validate

from minigpt.errors import FigureError, problem
from minigpt.figures.base import Figure, number

LINES = {
    "even": "even bet",
    "single": "single tokens",
    "pair": "pairs",
    "floor": "floor",
}
FAULTS = 5  # numbered from 1; 0 is no answer yet
RECENT = 10  # batches whose losses are averaged
WIDTH, HEIGHT, LEFT, TOP, BOTTOM, HIGHEST = 400, 250, 28, 8, 24, 9


class LossReading(Figure):
    """Curves of several runs, one beside the sound one, and what a step's loss means.

    `runs` have a name, the loss of every batch (`train`), `held`: pairs of a step and the loss
    held out, the last of these measured `again`, and `samples`. `lines` are the prices that
    are known, dearest first, in nats a token; the last is the floor. `run` is the one shown,
    `step` the one read, and `faults` the reader's answers. Setting these redraws.

    Raises: FigureError for a run, step or fault that there is not.
    Source: this book, chapter 15.
    """

    module = "loss_reading"
    runs = List().tag(sync=True)
    lines = List().tag(sync=True)
    per_story = Number().tag(sync=True)
    run = Int(1).tag(sync=True)
    step = Int(0).tag(sync=True)
    faults = List(Int()).tag(sync=True)

    def __init__(self, recorded: dict[str, Any], **settings: Any):
        runs = [_told(name, run) for name, run in recorded["runs"].items()]
        lines = [{"name": said, "nats": recorded["levels"][key]} for key, said in LINES.items()]
        state = {"step": len(runs[0]["train"]), "faults": [0] * len(runs)} | settings
        per_story = recorded["targets"] / recorded["stories"]
        super().__init__(runs=runs, lines=lines, per_story=per_story, **state)

    @property
    def reading(self) -> dict[str, Any]:
        """What the run shown pays at the step: nats, perplexity, bits a story over the floor.

        `recent` is the mean of its last ten batches, `held` the last held-out loss, and `lines`
        how many of the known prices lie above that.

        Raises: nothing.
        Source: Shannon 1948; this book.
        """
        run = self.runs[self.run]
        recent = run["train"][max(0, self.step - RECENT) : max(1, self.step)]
        held = next(loss for step, loss in reversed(run["held"]) if step <= self.step)
        return {
            "recent": float(np.mean(recent)),
            "held": held,
            "perplexity": math.exp(held),
            "bits": (held - self.lines[-1]["nats"]) * self.per_story / math.log(2),
            "lines": sum(line["nats"] > held for line in self.lines),
        }

    @property
    def picture(self) -> str:
        """The held-out loss of every run, over the steps, and the known prices.

        Raises: nothing.
        Source: this book.
        """
        most = len(self.runs[0]["train"])
        across = (WIDTH - LEFT - 90) / most
        down = (HEIGHT - TOP - BOTTOM) / HIGHEST

        def y(nats: float) -> float:
            return TOP + (HIGHEST - nats) * down

        parts = []
        for line in self.lines:
            at = y(line["nats"])
            parts.append(
                f'<line class="aw-known" x1="{LEFT}" x2="{WIDTH}" y1="{at:.1f}" y2="{at:.1f}"/>'
                f'<text x="{WIDTH}" y="{at - 4:.1f}" text-anchor="end">{line["name"]}</text>'
            )
        for run in self.runs:
            points = " ".join(f"{LEFT + s * across:.1f},{y(loss):.1f}" for s, loss in run["held"])
            end = y(run["held"][-1][1]) + 4
            parts.append(
                f'<polyline class="aw-run" points="{points}"/>\n'
                f'<text x="{LEFT + most * across + 4:.1f}" y="{end:.1f}">{html.escape(run["name"])}'
                "</text>"
            )
        said = html.escape(" ".join(self.in_words.splitlines()[:-1]))
        box = f'viewBox="0 0 {WIDTH} {HEIGHT}" role="img"'
        return (
            f'<svg class="aw-losses" {box} aria-label="{said}">\n' + "\n".join(parts) + "\n</svg>"
        )

    @property
    def in_words(self) -> str:
        """The known prices, each run's losses, and the samples of the one shown.

        Raises: nothing.
        Source: this book.
        """
        known = ", ".join(f"{line['name']} {number(line['nats'], 2)}" for line in self.lines)
        rows = [f"In nats a token: {known}."]
        for run in self.runs:
            held = ", ".join(f"{number(loss, 2)} (step {step})" for step, loss in run["held"])
            rows.append(f"Run {run['name']}: {held}; again {number(run['again'], 2)}.")
        shown = self.runs[self.run]
        return "\n".join([*rows, f"Run {shown['name']} writes: " + " / ".join(shown["samples"])])

    @validate("run")
    def _is_a_run(self, proposal: dict) -> int:
        return _within("run", proposal["value"], len(self.runs) - 1)

    @validate("step")
    def _is_a_step(self, proposal: dict) -> int:
        return _within("step", proposal["value"], len(self.runs[0]["train"]))

    @validate("faults")
    def _are_faults(self, proposal: dict) -> list[int]:
        if len(proposal["value"]) != len(self.runs):
            needed = f"an answer for each of {len(self.runs)} runs"
            raise FigureError(problem(needed, str(proposal["value"]), "0 where there is none"))
        return [_within("fault", fault, FAULTS) for fault in proposal["value"]]


def _told(name: str, run: dict[str, Any]) -> dict[str, Any]:
    kept = ("train", "held", "again", "samples")
    return {"name": name} | {key: run[key] for key in kept}


def _within(what: str, value: int, most: int) -> int:
    if not 0 <= value <= most:
        raise FigureError(problem(f"a {what} from 0 to {most}", str(value), "0"))
    return value
