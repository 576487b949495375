import math

import pytest
import torch
from model_helpers import normal, some_tokens
from transformers import (
    LogitsProcessorList,
    MinPLogitsWarper,
    RepetitionPenaltyLogitsProcessor,
    TemperatureLogitsWarper,
    TopKLogitsWarper,
    TopPLogitsWarper,
)

from minigpt.errors import GenerateError
from minigpt.sampling import Sampler, keep_min_p, keep_top_k, keep_top_p, penalise_repetition

B, VOCAB = 5, 23
LOGITS = normal(B, VOCAB, scale=2.0)
TIED = LOGITS.round()  # many equal scores
TOKENS = some_tokens(B, 9, VOCAB)
either = pytest.mark.parametrize("logits", [LOGITS, TIED], ids=["spread", "tied"])


def kept(logits):
    """Which tokens a filter has left, row by row."""
    return [{i for i, x in enumerate(row) if x > -math.inf} for row in logits.tolist()]


def shares(row):
    e = [math.exp(x) for x in row]
    return [x / sum(e) for x in e]


def probabilities(*rows):
    return torch.tensor(rows, dtype=torch.float64).log()


# --- the filters, by brute force and against Hugging Face's ---------------------------------


@either
@pytest.mark.parametrize("k", [1, 2, 5, 22, 23, 99])
def test_top_k_keeps_those_that_fewer_than_k_beat(logits, k):
    expected = [
        {i for i, x in enumerate(row) if sum(y > x for y in row) < k} for row in logits.tolist()
    ]
    found = keep_top_k(logits, k)
    assert kept(found) == expected
    assert torch.equal(found, TopKLogitsWarper(k)(None, logits.clone()))


@pytest.mark.parametrize("p", [1e-9, 0.1, 0.35, 0.5, 0.8, 0.95, 0.999])
def test_top_p_keeps_the_likeliest_until_they_reach_p(p):
    for row, left in zip(LOGITS.tolist(), kept(keep_top_p(LOGITS, p)), strict=True):
        total, expected = 0.0, set()
        for share, i in sorted(((s, i) for i, s in enumerate(shares(row))), reverse=True):
            expected.add(i)
            total += share
            if total >= p:  # the one that crosses has just been added
                break
        assert left == expected
    assert torch.equal(keep_top_p(LOGITS, p), TopPLogitsWarper(p)(None, LOGITS.clone()))


def test_top_p_by_hand():
    logits = probabilities([0.5, 0.3, 0.15, 0.05], [0.05, 0.15, 0.3, 0.5])
    assert kept(keep_top_p(logits, 0.6)) == [{0, 1}, {2, 3}]  # 0.5 falls short, 0.8 crosses
    assert kept(keep_top_p(logits, 0.49)) == [{0}, {3}]
    assert kept(keep_top_p(logits, 0.81)) == [{0, 1, 2}, {1, 2, 3}]
    assert kept(keep_top_p(logits, 1.0)) == [{0, 1, 2, 3}] * 2
    exact = probabilities([0.5, 0.25, 0.25])
    assert kept(keep_top_p(exact, 0.5)) == [{0}]  # reached, not passed
    assert kept(keep_top_p(exact, 0.6)) == [{0, 1}]  # of two that tie, the first


def test_top_p_never_leaves_nothing():
    certain = torch.tensor([[0.0, 200.0, 0.0]])
    assert kept(keep_top_p(certain, 1e-12)) == kept(keep_top_p(certain, 1.0)) == [{1}]
    for p in (1e-12, 0.0):
        assert all(len(row) == 1 for row in kept(keep_top_p(TIED, p)))


@either
@pytest.mark.parametrize("min_p", [0.0, 0.01, 0.1, 0.5, 1.0])
def test_min_p_measures_against_the_likeliest(logits, min_p):
    for row, left in zip(logits.tolist(), kept(keep_min_p(logits, min_p)), strict=True):
        share = shares(row)
        assert left == {i for i, s in enumerate(share) if s >= min_p * max(share)}
    assert torch.equal(keep_min_p(logits, min_p), MinPLogitsWarper(min_p)(None, logits.clone()))


@pytest.mark.parametrize("penalty", [1.0, 1.3, 5.0, 0.5])
def test_the_repetition_penalty_pushes_down_whatever_the_sign(penalty):
    found = penalise_repetition(LOGITS, TOKENS, penalty)
    for b, row in enumerate(LOGITS.tolist()):
        for i, x in enumerate(row):
            expected = x if i not in TOKENS[b] else x / penalty if x > 0 else x * penalty
            assert found[b, i].item() == pytest.approx(expected, abs=1e-12)
    theirs = RepetitionPenaltyLogitsProcessor(penalty)(TOKENS, LOGITS.clone())
    assert torch.equal(found, theirs)
    assert (LOGITS.gather(1, TOKENS) > 0).any() and (LOGITS.gather(1, TOKENS) < 0).any()


def test_a_token_that_was_there_often_is_penalised_once():
    once, often = torch.tensor([[3]]), torch.tensor([[3, 3, 3]])
    found = penalise_repetition(LOGITS[:1], often, 2.0)
    assert torch.equal(found, penalise_repetition(LOGITS[:1], once, 2.0))


@pytest.mark.parametrize(
    "use",
    [
        lambda x: keep_top_k(x, 3),
        lambda x: keep_top_p(x, 0.5),
        lambda x: keep_min_p(x, 0.2),
        lambda x: penalise_repetition(x, TOKENS, 2.0),
        lambda x: Sampler(0.5, 3, 0.9, 0.1, 1.5, seed=0)(x, TOKENS),
    ],
)
def test_the_scores_given_stay_as_they_were(use):
    logits = LOGITS.clone()
    use(logits)
    assert torch.equal(logits, LOGITS)


# --- the sampler ----------------------------------------------------------------------------

SETTINGS = [
    {},
    {"temperature": 0.4},
    {"temperature": 2.5, "top_k": 4},
    {"top_p": 0.7, "repetition_penalty": 1.8},
    {"temperature": 3.0, "top_k": 9, "top_p": 0.6, "min_p": 0.2, "repetition_penalty": 1.4},
    {"temperature": 0.5, "min_p": 0.1, "repetition_penalty": 0.7},
]


@pytest.mark.parametrize("settings", SETTINGS, ids=str)
def test_the_filters_are_applied_in_hugging_faces_order(settings):
    chain = LogitsProcessorList()
    for name, warper in (
        ("repetition_penalty", RepetitionPenaltyLogitsProcessor),
        ("temperature", TemperatureLogitsWarper),
        ("top_k", TopKLogitsWarper),
        ("top_p", TopPLogitsWarper),
        ("min_p", MinPLogitsWarper),
    ):
        if name in settings:
            chain.append(warper(settings[name]))
    expected = chain(TOKENS, LOGITS.clone()).softmax(-1)
    found = Sampler(**settings).distribution(LOGITS, TOKENS)
    assert torch.allclose(found, expected, atol=1e-12, rtol=0)
    assert found.sum(-1).tolist() == pytest.approx([1.0] * B)


def test_each_step_of_the_order_shows():
    """Temperature before top-p, top-k before top-p: other orders keep other tokens."""
    logits = probabilities([0.4, 0.3, 0.2, 0.1])
    tokens = torch.zeros(1, 1, dtype=torch.int64)
    assert kept(Sampler(9.0, top_p=0.65).distribution(logits, tokens).log()) == [{0, 1, 2}]
    assert kept(Sampler(1.0, top_p=0.65).distribution(logits, tokens).log()) == [{0, 1}]
    # After top-k 2 the two shares are 4/7 and 3/7: one is enough for 0.5, which 0.4 was not.
    assert kept(Sampler(1.0, top_k=2, top_p=0.5).distribution(logits, tokens).log()) == [{0}]
    assert kept(Sampler(1.0, top_p=0.5).distribution(logits, tokens).log()) == [{0, 1}]


def test_the_distribution_is_made_in_double_precision():
    found = Sampler(0.8, top_p=0.9).distribution(LOGITS.bfloat16(), TOKENS)
    assert found.dtype == torch.float64
    expected = Sampler(0.8, top_p=0.9).distribution(LOGITS.bfloat16().double(), TOKENS)
    assert torch.equal(found, expected)


@pytest.mark.parametrize("settings", SETTINGS, ids=str)
def test_draws_follow_the_distribution(settings):
    """Pearson's chi-square over 20,000 draws, bounded five standard deviations out."""
    n = 20_000
    sampler = Sampler(**settings, seed=1)
    p = sampler.distribution(LOGITS[:1], TOKENS[:1])[0]
    drawn = sampler(LOGITS[:1].expand(n, -1), TOKENS[:1].expand(n, -1))
    counts = torch.bincount(drawn, minlength=VOCAB).double()
    assert (counts[p == 0] == 0).all()
    often = p * n >= 5
    chi_square = ((counts - n * p)[often] ** 2 / (n * p)[often]).sum().item()
    freedom = max(1, int(often.sum()) - 1)
    assert chi_square < freedom + 5 * math.sqrt(2 * freedom)
    assert counts[~often].sum() <= 5 * max(1, int((~often).sum()))


def test_rows_are_drawn_independently():
    drawn = Sampler(seed=0)(LOGITS[:1].expand(4000, -1), TOKENS[:1].expand(4000, -1))
    same = (drawn[:2000] == drawn[2000:]).double().mean().item()
    p = LOGITS[0].softmax(-1)
    assert same == pytest.approx(p.square().sum().item(), abs=0.04)


def several(sampler, n=40):
    return torch.stack([sampler(LOGITS, TOKENS) for _ in range(n)])


def test_a_seed_makes_the_same_choices():
    first = several(Sampler(1.5, seed=7))
    assert torch.equal(first, several(Sampler(1.5, seed=7)))
    assert not torch.equal(first, several(Sampler(1.5, seed=8)))
    assert len(first.unique(dim=0)) > 30  # and goes on, draw after draw


def test_without_a_seed_every_sampler_has_its_own_chance():
    assert not torch.equal(several(Sampler(1.5)), several(Sampler(1.5)))


def test_the_global_seed_is_left_alone():
    torch.manual_seed(0)
    expected = torch.rand(3)
    torch.manual_seed(0)
    several(Sampler(seed=3))
    several(Sampler())
    assert torch.equal(torch.rand(3), expected)


def test_temperature_0_takes_the_likeliest_after_the_penalty():
    assert torch.equal(Sampler(0)(LOGITS, TOKENS), LOGITS.argmax(-1))
    penalised = RepetitionPenaltyLogitsProcessor(9.0)(TOKENS, LOGITS.clone()).argmax(-1)
    assert torch.equal(Sampler(0, repetition_penalty=9.0)(LOGITS, TOKENS), penalised)
    assert not torch.equal(penalised, LOGITS.argmax(-1))


def test_a_low_temperature_comes_close():
    assert torch.equal(several(Sampler(0.01, seed=0), 9), LOGITS.argmax(-1).expand(9, B))


@pytest.mark.parametrize("settings", [{"top_k": 1}, {"top_p": 1e-9}, {"min_p": 1.0}], ids=str)
def test_the_tightest_filters_are_greedy(settings):
    assert torch.equal(Sampler(2.0, **settings)(LOGITS, TOKENS), LOGITS.argmax(-1))


@pytest.mark.parametrize("dtype", [torch.int32, torch.int64])
@pytest.mark.parametrize("temperature", [0, 1.0])
def test_ids_come_back_in_the_prompts_dtype(temperature, dtype):
    sampler = Sampler(temperature, repetition_penalty=2.0, seed=0)
    found = sampler(LOGITS, TOKENS.to(dtype))
    assert found.shape == (B,) and found.dtype == dtype


# --- what makes no sense --------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "value", "needed"),
    [
        ("temperature", -0.1, "0, or 1e-6 or more"),
        ("temperature", math.inf, "0, or 1e-6 or more"),
        ("temperature", math.nan, "0, or 1e-6 or more"),
        ("top_k", 0, "at least 1"),
        ("top_k", -3, "at least 1"),
        ("top_p", 0.0, "above 0 and at most 1"),
        ("top_p", 1.01, "above 0 and at most 1"),
        ("top_p", math.nan, "above 0 and at most 1"),
        ("min_p", -0.01, "from 0 to 1"),
        ("min_p", 1.5, "from 0 to 1"),
        ("repetition_penalty", 0.0, "above 0"),
        ("repetition_penalty", -2.0, "above 0"),
        ("repetition_penalty", math.inf, "above 0"),
    ],
)
def test_settings_out_of_range_are_refused(name, value, needed):
    with pytest.raises(GenerateError) as caught:
        Sampler(**{name: value})
    assert str(caught.value).startswith(f"{name} must be {needed}, but got {value!r}. Try: {name}")


def test_at_temperature_0_there_is_no_distribution():
    with pytest.raises(GenerateError, match=r"temperature above 0.*argmax"):
        Sampler(0).distribution(LOGITS, TOKENS)
