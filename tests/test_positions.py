import math

import pytest
import torch
from model_helpers import close, normal
from transformers import LlamaConfig
from transformers.models.llama.modeling_llama import LlamaRotaryEmbedding, apply_rotary_pos_emb

from minigpt.config import ROTARY_PAIRS
from minigpt.errors import ShapeError
from minigpt.positions import alibi_bias, alibi_slopes, rotary_angles, rotate, sinusoidal

B, N_HEADS, T, D_HEAD = 2, 3, 7, 10
either_pairing = pytest.mark.parametrize("pairs", ROTARY_PAIRS)


# --- sinusoidal -----------------------------------------------------------------------------


@pytest.mark.parametrize("base", [10_000.0, 50.0])
@pytest.mark.parametrize("d_model", [2, 8, 14])
def test_sinusoidal_is_the_papers_formula(d_model, base):
    table = sinusoidal(torch.arange(40), d_model, base)
    for pos in range(40):
        for i in range(d_model // 2):
            angle = pos / base ** (2 * i / d_model)
            assert table[pos, 2 * i] == pytest.approx(math.sin(angle), abs=1e-5)
            assert table[pos, 2 * i + 1] == pytest.approx(math.cos(angle), abs=1e-5)


def test_the_default_base_is_the_papers():
    assert torch.equal(sinusoidal(torch.arange(9), 8), sinusoidal(torch.arange(9), 8, 10_000))


def test_positions_may_come_in_rows():
    ids = torch.tensor([[0, 1, 2], [7, 3, 3]])
    table = sinusoidal(torch.arange(8), 6)
    assert torch.equal(sinusoidal(ids, 6), table[ids])


def test_moving_on_turns_the_sinusoids_as_rotary_would():
    table = sinusoidal(torch.arange(30), 8).double().unflatten(-1, (4, 2))
    z = torch.complex(table[..., 1], table[..., 0])  # cosine and sine: a point on the circle
    steps = z[1:] / z[:-1]
    assert (steps - steps[:1]).abs().max() < 1e-5


# --- rotary ---------------------------------------------------------------------------------


def by_complex_numbers(x, position_ids, pairs, base=10_000.0):
    half = x.shape[-1] // 2
    a, b = (
        (x[..., 0::2], x[..., 1::2]) if pairs == "interleaved" else (x[..., :half], x[..., half:])
    )
    steps = base ** (-torch.arange(half).double() / half)
    z = torch.complex(a, b) * torch.exp(1j * position_ids[..., None] * steps)
    if pairs == "interleaved":
        return torch.view_as_real(z).flatten(-2)
    return torch.cat((z.real, z.imag), -1)


@either_pairing
@pytest.mark.parametrize("base", [10_000.0, 500_000.0, 3.0])
def test_rotary_multiplies_by_complex_numbers(pairs, base):
    x, ids = normal(B, N_HEADS, T, D_HEAD), torch.tensor([0, 1, 2, 3, 11, 40, 41])
    turned = rotate(x, *rotary_angles(ids, D_HEAD, base), pairs)
    assert close(turned, by_complex_numbers(x, ids, pairs, base), 2e-5)
    assert close(turned[:, :, 0], x[:, :, 0], 1e-12)  # position 0 turns nothing
    assert not close(turned[:, :, 1:], x[:, :, 1:], 0.5)


def test_angles_may_differ_between_rows():
    x, ids = normal(B, N_HEADS, T, D_HEAD), torch.stack((torch.arange(T), torch.arange(T) + 5))
    cos, sin = rotary_angles(ids, D_HEAD)
    turned = rotate(x, cos[:, None], sin[:, None])
    for b in range(B):
        alone = rotate(x[b : b + 1], *rotary_angles(ids[b], D_HEAD))
        assert torch.equal(turned[b : b + 1], alone)


@either_pairing
def test_lengths_do_not_change(pairs):
    x = normal(B, N_HEADS, T, D_HEAD)
    turned = rotate(x, *rotary_angles(torch.arange(T) * 9, D_HEAD), pairs)
    assert close(turned.norm(dim=-1), x.norm(dim=-1), 1e-5)


@either_pairing
def test_only_distance_matters(pairs):
    q, k = normal(1, N_HEADS, 1, D_HEAD, seed=1), normal(1, N_HEADS, 1, D_HEAD, seed=2)

    def score(m, n):
        at = [rotary_angles(torch.tensor([p]), D_HEAD) for p in (m, n)]
        return (rotate(q, *at[0], pairs) * rotate(k, *at[1], pairs)).sum(-1)

    for m, n in ((0, 0), (3, 0), (3, 8), (20, 1)):
        for shift in (1, 7, 60):
            assert close(score(m, n), score(m + shift, n + shift), 1e-4)
    assert not close(score(3, 0), score(4, 0), 1e-2)
    assert not close(score(3, 0), score(0, 3), 1e-2)  # before and behind differ


def test_one_pairing_is_the_other_after_a_permutation():
    x, angles = normal(B, N_HEADS, T, D_HEAD), rotary_angles(torch.arange(T), D_HEAD)
    evens_first = [*range(0, D_HEAD, 2), *range(1, D_HEAD, 2)]
    interleaved, halves = rotate(x, *angles, "interleaved"), rotate(x, *angles, "halves")
    assert torch.equal(
        rotate(x[..., evens_first], *angles, "halves"), interleaved[..., evens_first]
    )
    assert not close(interleaved, halves, 0.5)


def test_halves_are_hugging_faces_llama():
    q, k = normal(B, N_HEADS, T, D_HEAD, seed=1), normal(B, 2, T, D_HEAD, seed=2)
    ids = torch.arange(3, 3 + T)
    cos, sin = rotary_angles(ids, D_HEAD)
    whole = [torch.cat((a, a), -1)[None].double() for a in (cos, sin)]
    for ours, theirs in zip((q, k), apply_rotary_pos_emb(q, k, *whole), strict=True):
        assert close(rotate(ours, cos, sin), theirs, 1e-12)


def test_the_angles_are_hugging_faces_llama():
    config = LlamaConfig(hidden_size=3 * D_HEAD, num_attention_heads=3)
    ids = torch.arange(64)
    theirs = LlamaRotaryEmbedding(config)(torch.zeros(1), ids[None])
    for ours, whole in zip(rotary_angles(ids, D_HEAD), theirs, strict=True):
        assert close(ours, whole[0, :, : D_HEAD // 2], 1e-5)


def test_turning_needs_no_batch():
    x, angles = normal(B, N_HEADS, T, D_HEAD), rotary_angles(torch.arange(T), D_HEAD)
    for pairs in ROTARY_PAIRS:
        assert torch.equal(rotate(x[1, 2], *angles, pairs), rotate(x, *angles, pairs)[1, 2])


def test_turning_keeps_the_dtype():
    x = normal(B, N_HEADS, T, D_HEAD).bfloat16()
    for pairs in ROTARY_PAIRS:
        assert rotate(x, *rotary_angles(torch.arange(T), D_HEAD), pairs).dtype == torch.bfloat16


@pytest.mark.parametrize("pairs", ROTARY_PAIRS)
def test_cosines_and_sines_are_rounded_to_the_dtype_of_what_is_turned(pairs):
    x = normal(B, N_HEADS, T, D_HEAD).bfloat16()
    angles = rotary_angles(torch.arange(T), D_HEAD)
    rounded = [table.bfloat16() for table in angles]
    assert not any(torch.equal(a, b.float()) for a, b in zip(angles, rounded, strict=True))
    assert torch.equal(rotate(x, *angles, pairs), rotate(x, *rounded, pairs))


# --- ALiBi ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("n_heads", "exponents"),
    [
        (8, [1, 2, 3, 4, 5, 6, 7, 8]),  # the paper's own example
        (16, [0.5 * i for i in range(1, 17)]),
        (4, [2, 4, 6, 8]),
        (2, [4, 8]),
        (1, [8]),
        (12, [1, 2, 3, 4, 5, 6, 7, 8, 0.5, 1.5, 2.5, 3.5]),  # 8 heads', then every other of 16's
        (3, [4, 8, 2]),
        (6, [2, 4, 6, 8, 1, 3]),
    ],
)
def test_slopes_are_the_published_ones(n_heads, exponents):
    assert alibi_slopes(n_heads).tolist() == pytest.approx([2**-e for e in exponents], rel=1e-6)


def published_slopes(n_heads):
    """The rule as the authors' code words it: a geometric row, and recursion for the rest."""
    if math.log2(n_heads).is_integer():
        start = 2 ** (-(2 ** -(math.log2(n_heads) - 3)))
        return [start**i for i in range(1, n_heads + 1)]
    below = 2 ** math.floor(math.log2(n_heads))
    return published_slopes(below) + published_slopes(2 * below)[0::2][: n_heads - below]


@pytest.mark.parametrize("n_heads", range(1, 40))
def test_slopes_follow_the_authors_rule(n_heads):
    assert alibi_slopes(n_heads).tolist() == pytest.approx(published_slopes(n_heads), rel=1e-6)


def test_the_bias_is_minus_slope_times_distance():
    query_ids, key_ids = torch.tensor([4, 5, 9]), torch.tensor([0, 2, 4, 5, 7, 9])
    bias = alibi_bias(3, query_ids, key_ids)
    for h, slope in enumerate((1 / 16, 1 / 256, 1 / 4)):
        for i, m in enumerate(query_ids.tolist()):
            for j, n in enumerate(key_ids.tolist()):
                assert bias[h, i, j] == pytest.approx(-slope * abs(m - n))


def test_positions_stay_where_their_ids_are():
    ids = torch.arange(4, device="meta")
    made = [sinusoidal(ids, 6), *rotary_angles(ids, 6), alibi_bias(3, ids, ids)]
    assert all(x.device.type == "meta" for x in made)


# --- what does not fit ----------------------------------------------------------------------


ANGLES = "angles of shape (T, d_head/2), but got x (1, 2, 4, 6) and angles {}."


@pytest.mark.parametrize(
    ("refused", "message"),
    [
        (
            lambda: sinusoidal(torch.arange(3), 5),
            "an even width, since columns pair up, but got 5. Try: 6.",
        ),
        (
            lambda: rotary_angles(torch.arange(3), 7),
            "an even width, since columns pair up, but got 7. Try: 8.",
        ),
        (
            lambda: rotate(normal(1, 2, 4, 6), *rotary_angles(torch.arange(5), 6)),
            f"{ANGLES.format((5, 3))} Try: rotary_angles(ids, d_head).",
        ),
        (
            lambda: rotate(normal(1, 2, 4, 6), *rotary_angles(torch.arange(4), 8)),
            f"{ANGLES.format((4, 4))} Try: rotary_angles(ids, d_head).",
        ),
        (
            lambda: rotate(normal(1, 2, 4, 7), *rotary_angles(torch.arange(4), 6)),
            "angles of shape (T, d_head/2), but got x (1, 2, 4, 7) and angles (4, 3). "
            "Try: rotary_angles(ids, d_head).",
        ),
        (
            lambda: rotate(normal(1, 2, 4, 6), *rotary_angles(torch.arange(4), 6), "thirds"),
            "pairs 'interleaved' or 'halves', but got 'thirds'. Try: 'halves'.",
        ),
    ],
)
def test_what_is_refused_is_named(refused, message):
    with pytest.raises(ShapeError) as caught:
        refused()
    assert str(caught.value) == message


@either_pairing
def test_the_gradient_is_turned_back(pairs):
    ids = torch.tensor([0, 1, 2, 3, 11, 40, 41])
    x, g = (normal(B, N_HEADS, T, D_HEAD, seed=s).requires_grad_() for s in (4, 5))
    cos, sin = (a.double() for a in rotary_angles(ids, D_HEAD))
    (ours,) = torch.autograd.grad(rotate(x, cos, sin, pairs), x, g)
    (theirs,) = torch.autograd.grad(by_complex_numbers(x, ids, pairs), x, g)
    assert close(ours, theirs, 2e-5)
    assert close(rotate(ours, cos, sin, pairs), g, 1e-6)
    torch.autograd.gradgradcheck(lambda x: rotate(x, cos, sin, pairs), (x[:1, :1],))
