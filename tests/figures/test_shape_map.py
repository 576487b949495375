"""The shape map: module, class, `minigpt.costs` and a real forward pass say the same."""

import itertools
import json

import pytest
import torch
from axe_playwright_python.sync_playwright import Axe
from node import ask

from minigpt.config import ModelConfig
from minigpt.costs import forward_flops, n_parameters
from minigpt.errors import FigureError
from minigpt.figures import ShapeMap
from minigpt.figures.shape_map import CHOICES, short
from minigpt.model import GPT

RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
ENDS = [dict(zip(CHOICES, ends, strict=True)) for ends in zip(*CHOICES.values(), strict=False)]
ENDS += [{name: choices[-1] for name, choices in CHOICES.items()}]
ENDS += [{name: choices[i % len(choices)]} for name, choices in CHOICES.items() for i in (0, 4)]
COMPUTE = """states.map((state) => {
  const steps = stepsOf(state);
  return {
    steps: steps.map((step) => [step.name, step.shape, step.parameters, step.flops, step.inside]),
    totals: [totalOf(steps, "parameters"), totalOf(steps, "flops")],
    said: saidOf(state),
    caption: captionOf(state),
    lines: linesOf(state),
  };
})"""


def config_of(figure):
    names = ("d_model", "n_heads", "n_layers", "vocab_size")
    sizes = {name: getattr(figure, name) for name in names}
    return ModelConfig(**sizes, context_length=figure.T)


def test_the_module_says_the_same():
    figures = [ShapeMap(**sizes) for sizes in ENDS]
    answers = ask("shape_map", COMPUTE, states=[figure.state for figure in figures])
    assert ask("shape_map", "CHOICES") == {name: list(c) for name, c in CHOICES.items()}
    for there, figure in zip(answers, figures, strict=True):
        for came, step in zip(there["steps"], figure.steps, strict=True):
            assert came[:2] == [step.name, list(step.shape)]
            assert came[2] == step.parameters
            assert came[3] == pytest.approx(step.flops, rel=1e-12)
            assert came[4] == step.inside
        assert there["totals"][0] == figure.parameters
        assert there["totals"][1] == pytest.approx(figure.flops, rel=1e-12)
        assert there["said"] == figure.said
        assert there["caption"] == figure._caption
        for line in there["lines"]:
            assert all(cell in figure.picture for cell in line["cells"])


@pytest.mark.parametrize("sizes", ENDS)
def test_the_library_counts_the_same(sizes):
    figure = ShapeMap(**sizes)
    assert figure.parameters == n_parameters(config_of(figure))
    assert figure.flops == forward_flops(config_of(figure), figure.B, figure.T)


def test_the_shapes_are_those_of_a_forward_pass():
    figure = ShapeMap(B=2, T=32, d_model=64, n_heads=8, n_layers=1, vocab_size=256)
    model = GPT(config_of(figure).replace(fused=False))
    assert model.n_parameters() == figure.parameters
    shapes, block = {}, model.blocks[0]
    watched = {
        "their rows of the table": model.token_embedding,
        "W_O, added": block.attention.w_o,
        "MLP, up": block.mlp.w_in,
        "MLP, down, added": block.mlp.w_out,
        "last norm": model.final_norm,
        "logits (tied)": model.head,
        "q, k and v, each": block.attention.q_norm,
    }
    for name, module in watched.items():
        module.register_forward_hook(
            lambda module, args, out, name=name: shapes.update({name: tuple(out.shape)})
        )
    model(torch.zeros(2, 32, dtype=torch.int64))
    said = {step.name: step.shape for step in figure.steps}
    assert shapes == {name: said[name] for name in watched}


def test_large_numbers_are_short():
    for value, text in [(0, "0"), (999, "999"), (1234, "1.23 thousand"), (45_600_000, "45.6 million"),
                        (3.14e17, "314 quadrillion")]:  # fmt: skip
        assert short(value) == text == ask("shape_map", "short(value)", value=value)


def test_heads_change_the_scores_and_hardly_the_costs():
    one, many = ShapeMap(n_heads=1), ShapeMap(n_heads=32)
    assert one.flops == many.flops
    assert one.steps[4].shape[1] * 32 == many.steps[4].shape[1]


def test_what_cannot_be_chosen_is_refused():
    for name in CHOICES:
        with pytest.raises(FigureError, match=f"{name}, one of"):
            ShapeMap(**{name: 3})
    json.dumps(ShapeMap().state)


def test_words_and_still():
    figure = ShapeMap()
    assert figure.said in figure.still.replace("&#x27;", "'")
    assert figure.still.count("<tr") == 13
    assert "  scores, weights: (4, 4, 128, 128), 0 parameters, " in figure.in_words


def test_by_keyboard_alone(show):
    page = show(ShapeMap())
    said = page.locator("[aria-live]")
    assert said.inner_text() == ShapeMap().said
    for _ in range(2):
        page.keyboard.press("Tab")
    page.keyboard.press("ArrowRight")  # T
    page.keyboard.press("ArrowRight")
    assert said.inner_text() == ShapeMap(T=512).said
    page.keyboard.press("Tab")
    page.keyboard.press("End")  # d_model
    assert said.inner_text() == ShapeMap(T=512, d_model=12288).said
    cells = page.locator(".aw-shapes tbody tr").nth(4).locator("td").all_inner_texts()
    assert cells[0] == "(4, 4, 512, 512)"


@pytest.mark.parametrize(("dark", "width"), list(itertools.product([False, True], [320, 1200])))
def test_everyone_can_use_it(show, dark, width):
    page = show(ShapeMap(), ShapeMap(T=8192, vocab_size=128256), dark=dark, width=width)
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    found = Axe().run(page, options={"runOnly": RULES})
    assert found.violations_count == 0, found.generate_report()
