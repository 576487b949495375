import json
import re

import pytest
from matplotlib.figure import Figure

from minigpt.plots import plot_metrics

TRAIN = [{"step": n, "loss": 5 - n / 4, "gradient_norm": 1.0} for n in range(1, 9)]
VAL = [{"step": 4, "val_loss": 4.25, "floor": 2.0}, {"step": 8, "val_loss": 3.5, "floor": 2.125}]
PLAIN = [{**row, "floor": None} for row in VAL]


def written(path, rows):
    path.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    return path


@pytest.fixture
def drawn(tmp_path, monkeypatch):
    """Draw rows and return the axes that were saved."""
    figures = []
    save = Figure.savefig
    monkeypatch.setattr(
        Figure, "savefig", lambda self, *a, **k: figures.append(self) or save(self, *a, **k)
    )

    def draw(rows, name="loss.svg"):
        plot_metrics(written(tmp_path / "metrics.jsonl", rows), tmp_path / name)
        (axes,) = figures[-1].axes
        return axes

    return draw


def lines(axes):
    return {line.get_label(): line.get_xydata().tolist() for line in axes.lines}


def test_every_number_of_the_metrics_is_drawn(drawn):
    found = lines(drawn([*TRAIN[:4], VAL[0], *TRAIN[4:], VAL[1]]))
    assert found["training batch"] == [[row["step"], row["loss"]] for row in TRAIN]
    assert found["validation, all of it"] == [[4, 4.25], [8, 3.5]]
    floor = found["floor: the corpus's entropy"]
    assert {y for _, y in floor} == {2.125}  # the newest


def test_axes_say_what_they_show(drawn):
    axes = drawn([*TRAIN, *VAL])
    assert (axes.get_xlabel(), axes.get_ylabel()) == ("step", "loss (nats per token)")
    assert [text.get_text() for text in axes.get_legend().get_texts()] == list(lines(axes))
    # Told apart without colour too: a thin line, a line with dots, a dashed one.
    styles = {(line.get_linestyle(), line.get_marker()) for line in axes.lines}
    assert len(styles) == 3


def test_a_text_has_no_floor(drawn):
    assert list(lines(drawn([*TRAIN, *PLAIN]))) == ["training batch", "validation, all of it"]


@pytest.mark.parametrize(
    ("rows", "labels"),
    [(TRAIN, ["training batch"]), (PLAIN, ["validation, all of it"]), ([], [])],
)
def test_what_is_not_there_is_not_drawn(drawn, rows, labels):
    axes = drawn(rows)
    assert list(lines(axes)) == labels
    assert (axes.get_legend() is None) == (not labels)


def test_svg_or_png_by_name(drawn, tmp_path):
    drawn([*TRAIN, *VAL])
    svg = (tmp_path / "loss.svg").read_text(encoding="utf-8")
    assert svg.startswith("<?xml") and re.search(r"<!-- floor: the corpus's entropy -->", svg)
    drawn([*TRAIN, *VAL], "loss.png")
    assert (tmp_path / "loss.png").read_bytes().startswith(b"\x89PNG")


def test_files_that_cannot_be_read_or_written(tmp_path):
    metrics = written(tmp_path / "metrics.jsonl", TRAIN)
    with pytest.raises(OSError, match="nowhere"):
        plot_metrics(tmp_path / "nowhere.jsonl", tmp_path / "loss.svg")
    with pytest.raises(OSError, match="missing"):
        plot_metrics(metrics, tmp_path / "missing" / "loss.svg")
