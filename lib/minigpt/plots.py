"""Plots that the command line draws."""

import json
from pathlib import Path

from matplotlib.figure import Figure

BLUE, ORANGE, GREY = "#0072b2", "#d55e00", "#595959"  # Okabe & Ito; told apart by all


def plot_metrics(metrics: str | Path, picture: str | Path) -> None:
    """Draw a run's losses over its steps, from its JSON lines, as SVG or PNG.

    Losses are in nats a token. Where the metrics know the corpus's floor, it is drawn.

    Raises: OSError when the file cannot be read or the picture cannot be written.
    Source: this book.
    """
    rows = [json.loads(line) for line in Path(metrics).read_text(encoding="utf-8").splitlines()]
    figure = Figure(figsize=(7, 4), layout="constrained")
    axes = figure.add_subplot(xlabel="step", ylabel="loss (nats per token)")
    train = [(row["step"], row["loss"]) for row in rows if "loss" in row]
    val = [(row["step"], row["val_loss"]) for row in rows if "val_loss" in row]
    floors = [row["floor"] for row in rows if row.get("floor") is not None]
    if train:
        axes.plot(*zip(*train, strict=True), color=BLUE, linewidth=0.8, label="training batch")
    if val:
        axes.plot(*zip(*val, strict=True), color=ORANGE, marker="o", label="validation, all of it")
    if floors:
        axes.axhline(floors[-1], color=GREY, linestyle="--", label="floor: the corpus's entropy")
    axes.grid(alpha=0.3)
    if train or val:
        axes.legend()
    figure.savefig(picture)
