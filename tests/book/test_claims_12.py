"""What chapter 12 says, computed anew: its own numbers, and the sources' claims on norms."""

import math
import re

import numpy as np
import pytest
import torch

from minigpt import corpus
from minigpt.checkpoint import load_checkpoint
from minigpt.norms import RMSNorm, layer_norm, rms_norm
from minigpt.tokenizer import END
from tools.prose import visible_text
from tools.stored import ROOT

NOTEBOOK = "12_residual_stream.ipynb"
FOURS = torch.tensor([1.0, 1.0, 7.0, 7.0], dtype=torch.float64)


def as_printed(cells):
    return "\n".join(visible_text(o) for cell in cells for o in cell.get("outputs", []))


@pytest.fixture(scope="module")
def output(chapter):
    return as_printed(chapter)


@pytest.fixture(scope="module")
def worked(solution):
    return as_printed(solution)


# ---- adding


@pytest.mark.parametrize("seed", range(3))
def test_sums_of_strangers_grow_by_the_root_and_leave_the_word_readable(seed):
    rng = np.random.default_rng(seed)
    arrows = rng.normal(size=(65, 512))
    arrows /= np.linalg.norm(arrows, axis=1, keepdims=True)
    total = arrows.sum(axis=0)
    assert np.linalg.norm(total) == pytest.approx(math.sqrt(65), rel=0.1)
    assert total @ arrows[0] == pytest.approx(1, abs=1)  # a standard deviation is 0.35


def test_what_is_replaced_is_lost_and_what_is_added_to_is_not(output):
    found = re.findall(r"(\d+) layers: replaced (\S+), added (\d+)", output)
    replaced = {int(depth): float(slope) for depth, slope, _ in found}
    assert replaced[64] < 1e-12 < replaced[16] < replaced[4]
    assert all(int(added) >= 1 for _, _, added in found)


# ---- the norms


def test_the_numbers_that_come_out_whole():
    assert layer_norm(FOURS, eps=0.0).tolist() == [-1, -1, 1, 1]
    torch.testing.assert_close(rms_norm(FOURS, eps=0.0), FOURS / 5)
    assert FOURS.mean() ** 2 + FOURS.var(correction=0) == FOURS.square().mean() == 25


@pytest.mark.parametrize("eps", [0.0, 1e-5, 0.4])
def test_layernorm_is_rmsnorm_after_the_mean_is_out(eps):
    x = torch.randn(3, 4, 7, dtype=torch.float64)
    away = x - x.mean(dim=-1, keepdim=True)
    torch.testing.assert_close(layer_norm(x, eps=eps), rms_norm(away, eps=eps))


def test_of_two_numbers_layernorm_leaves_which_is_larger():
    words = torch.randn(50, 2, dtype=torch.float64)
    expected = torch.where(words > words.flip(-1), 1.0, -1.0).double()
    torch.testing.assert_close(layer_norm(words, eps=0.0), expected)


def test_eps_outside_the_root_makes_nan_of_a_word_of_zeros(output):
    slopes = []
    for outside in (False, True):
        x = torch.zeros(4, dtype=torch.float64, requires_grad=True)
        square = x.square().mean()
        (x / (square.sqrt() + 1e-5 if outside else (square + 1e-5).sqrt()))[0].backward()
        slopes.append(x.grad[0].item())
    assert slopes[0] == pytest.approx(1 / math.sqrt(1e-5)) and math.isnan(slopes[1])
    assert "316" in output and "nan" in output


def test_neither_norm_is_linear():
    """The article's list of what is not linear leaves normalisation out."""
    other = torch.tensor([7.0, 1.0, 1.0, 1.0], dtype=torch.float64)
    for norm in (layer_norm, rms_norm):
        torch.testing.assert_close(norm(2 * FOURS, eps=0.0), norm(FOURS, eps=0.0))
        assert (norm(FOURS + other) - norm(FOURS) - norm(other)).abs().max() > 0.1


def test_the_slope_on_paper_is_the_librarys():
    module = RMSNorm(2, eps=0.0).double()
    x = torch.tensor([1.0, 7.0], dtype=torch.float64, requires_grad=True)
    module(x)[0].backward()
    torch.testing.assert_close(x.grad, torch.tensor([0.196, -0.028], dtype=torch.float64))
    assert abs(x.grad @ x.detach()) < 1e-12


# ---- before or after


def test_what_is_left_of_the_word(output):
    for n in (2, 4, 12, 24):
        assert re.search(rf"{n} +{(1 + n) ** -0.5:.3f} +{2 ** (-n / 2):.2g}", output)


def test_post_norm_scrambles_the_slopes_and_does_not_make_them_vanish(output):
    row = r"^ +(\d+) +(pre|post) +(-?\d\.\d+) +(-?\d\.\d+) +(\d\.\d+) +(\d\.\d+)$"
    found = re.findall(row, output, re.M)
    ends = {(int(depth), order): tuple(map(float, rest)) for depth, order, *rest in found}
    assert len(ends) == 6
    assert min(ends[12, "pre"][:2]) > 0.4 and max(ends[12, "post"][:2]) < 0.15
    assert all(0.5 < length < 4 for _, _, length, _ in ends.values())
    kept = {run: after for run, (*_, after) in ends.items()}
    assert kept[12, "post"] < 0.5 < 0.7 < kept[12, "pre"]  # what one step leaves of the slope
    assert min(kept[2, "pre"], kept[2, "post"]) > 0.9


def test_depth_stops_post_norm_and_not_pre_norm(output):
    found = re.findall(r"(\d+) blocks, (pre|post) *: (\d\.\d)", output)
    loss = {(int(depth), order): float(value) for depth, order, value in found}
    by_frequency = float(re.search(r"by frequency alone: (\d\.\d)", output)[1])
    assert len(loss) == 6
    assert max(loss[depth, "pre"] for depth in (2, 6, 12)) < 3
    assert loss[2, "post"] < loss[6, "post"] < loss[12, "post"]
    assert loss[12, "post"] == pytest.approx(by_frequency, abs=0.1)


# ---- the ledger


@pytest.fixture(scope="module")
def ledgers():
    """Lines (9, tokens, 96) of other stories than the chapter's, by the blocks' own parts."""
    saved = load_checkpoint(ROOT / "models" / "kingdom")
    model, tokenizer = saved.build_model().double().eval(), saved.tokenizer
    parts = []
    with torch.no_grad():
        for story in corpus.stories(20, seed=99):
            ids = [tokenizer.special_id(END), *tokenizer.encode(story)]
            lines, stream = [], []
            for block in model.blocks:
                block.register_forward_pre_hook(lambda _, given, s=stream: s.append(given[0][0]))
            model.final_norm.register_forward_pre_hook(
                lambda _, given, s=stream: s.append(given[0][0])
            )
            for block in model.blocks:
                for part in (block.attention, block.mlp):
                    part.register_forward_hook(lambda *call, n=lines: n.append(call[-1][0]))
            model(torch.tensor([ids]))
            every = torch.stack([stream[0], *lines])
            torch.testing.assert_close(every.sum(dim=0), stream[-1])
            parts.append(every[:, 1:])
            for module in model.modules():
                module._forward_hooks.clear()
                module._forward_pre_hooks.clear()
    return torch.cat(parts, dim=1)


def test_the_delta_is_not_small(ledgers):
    size = ledgers.square().mean(dim=-1).sqrt().mean(dim=1)
    stream = ledgers.cumsum(dim=0).square().mean(dim=-1).sqrt().mean(dim=1)
    assert size[2] > 4 * size[0]  # the first MLP against the token
    assert size[8] > stream[7]  # the last MLP against all before it
    assert stream[8] > 20 * stream[0]
    for attention in (3, 5, 7):
        assert 0.33 < size[attention] / stream[attention - 1] < 0.67


def test_what_is_written_stands_mostly_across_what_is_there(ledgers):
    before = ledgers.cumsum(dim=0)[:-1]
    means = torch.cosine_similarity(ledgers[1:], before, dim=-1).mean(dim=1)
    assert means.abs().max() < 0.4 and means[6] < 0  # attention 4 writes a little against it


def test_who_wrote_the_end(ledgers):
    final = ledgers.sum(dim=0)
    shares = ((ledgers * final).sum(dim=-1) / final.square().sum(dim=-1)).mean(dim=1)
    assert shares.sum() == pytest.approx(1)
    assert shares[8] > 0.5 and abs(shares[0]) < 0.02


def test_a_layernorm_model_becomes_one_with_rmsnorm(worked):
    assert "logits within a millionth: True" in worked
