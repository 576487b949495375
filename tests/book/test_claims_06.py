"""Every number of chapter 6 computed anew, and what the sources say about it; and that it says so.

Plain Python on purpose: fractions and decimals, where numbers are exact, loops, and torch's own
gradients; no code of the chapter's own.
"""

import math
import re
from decimal import Decimal, localcontext
from fractions import Fraction
from itertools import product

import numpy as np
import pytest
import torch

NOTEBOOK = "06_softmax.ipynb"


def softmax(scores):
    """To forty digits: no score is too large for decimals."""
    with localcontext(prec=40):
        raised = [Decimal(score).exp() for score in scores]
        return [float(number / sum(raised)) for number in raised]


def row(numbers):
    """As NumPy prints a row on the page: three decimals, no zeros at the end, padded."""
    texts = [f"{float(number):.3f}".rstrip("0") for number in numbers]
    return re.sub(r" +", " ", "[" + " ".join(texts) + "]")


def squeezed(output):
    return output.replace("[ ", "[").replace(" ]", "]").replace("[ ", "[")


# A score of 1000


def test_a_shift_moves_nothing_and_is_exact(output, text):
    for first in (2.0, 12.0, 102.0, 1000.0):
        assert row(softmax([first, first - 1, first - 2])) == "[0.665 0.245 0.09]"
    assert squeezed(output).count("[0.665 0.245 0.09]") >= 3
    for shift in (0, 3, 100):
        raised = [Fraction(2) ** (score - shift) for score in (3, 1, 0)]
        shares = " ".join(str(number / sum(raised)) for number in raised)
        assert shares == "8/11 2/11 1/11"
        assert f"minus {shift}: shares {shares}" in output
    assert "Nothing is approximated: the factor $e^{-c}$ cancels" in text
    assert len(str(int(Decimal(1000).exp()))) == 435
    assert "has 435 digits" in text


def test_where_the_exponential_overflows(output):
    bits = {"float16": (5, 10), "float32": (8, 23), "float64": (11, 52)}
    for name, (exponent, fraction) in bits.items():
        most = 2 ** (exponent - 1) - 1
        with localcontext(prec=40):
            largest = (2 - Decimal(2) ** -fraction) * Decimal(2) ** most
            half_the_least = Decimal(2) ** (1 - most - fraction - 1)
            limits = f"{largest.ln():.2f} {half_the_least.ln():.2f}"
        assert f"{name} {limits}" in output
    half = torch.tensor([11.0, 12.0], dtype=torch.float16).exp()
    assert torch.isfinite(half).tolist() == [True, False]


def test_a_row_of_nothing(output):
    nothing = torch.full((5,), -math.inf)
    assert torch.softmax(nothing, dim=0).isnan().all()
    assert "PyTorch's: [nan nan nan nan nan]" in output
    assert "the library's: [0. 0. 0. 0. 0.]" in output


# In logarithms


def test_log_sum_exp(output, text):
    for scores in ([3, -50, -60], [3, 1, 0], [3, 3, 3], [1000, 999, 998]):
        with localcontext(prec=40):
            total = sum(Decimal(score).exp() for score in scores).ln()
        assert f"{scores} {total:.3f}" in output
        assert max(scores) <= total <= max(scores) + math.log(3) + 1e-12
    assert f"{3 + math.log(3):.3f}" == "4.099"
    assert "$3 + \\log 3$ is 4.099" in text


def test_weights_minus_wish(output):
    scores = torch.tensor([math.log(2), 0, 0], dtype=torch.float64, requires_grad=True)
    loss = -torch.log_softmax(scores, dim=0)[2]
    (slope,) = torch.autograd.grad(loss, scores)
    assert slope.tolist() == pytest.approx([0.5, 0.25, -0.75])
    lines = re.findall(r"(?:minus wish|by nudging|by PyTorch) (\[.*\])", squeezed(output))
    assert lines == ["[0.5 0.25 -0.75]"] * 3
    assert f"surprise {loss.item():.4f}, PyTorch's {loss.item():.4f}" in output


# Temperature


def test_temperature(output, text):
    scores = [dot / math.sqrt(2) for dot in (0.25, 1.25, 0.0, 1.55)]
    for tau in (0.1, 1, 10, 100):
        shares = row(softmax([score / tau for score in scores]))
        assert f"{tau}: {shares}" in squeezed(output)
    assert softmax([score / 1e-6 for score in scores])[3] == 1
    assert softmax([score / 1e9 for score in scores]) == pytest.approx([0.25] * 4)
    assert softmax([5e4, 5e4, 0]) == [0.5, 0.5, 0]  # a tie, however cold
    half = softmax([score * math.log(2) for score in (3, 1, 0)])
    assert half == pytest.approx([8 / 11, 2 / 11, 1 / 11])  # two in place of e
    peak = max(
        (0.05 + 0.01 * n for n in range(400)), key=lambda t: softmax([s / t for s in scores])[1]
    )
    assert 0.1 < peak < 1
    assert "as *bird*'s does" in text


# Why share like this?


def projected(scores):
    """Sparsemax by its definition: the nearest point whose entries are shares, by halving."""
    low, high = min(scores) - 1, max(scores)
    for _ in range(200):
        cut = (low + high) / 2
        low, high = (cut, high) if sum(max(s - cut, 0) for s in scores) > 1 else (low, cut)
    return [max(s - low, 0) for s in scores]


def test_other_ways_of_sharing(output):
    scores = [1.1, 0.9, 0.2, -0.3]
    ways = {
        "softmax": softmax,
        "squares": lambda s: [x * x / sum(y * y for y in s) for x in s],
        "clipped": lambda s: [max(x, 0) / sum(max(y, 0) for y in s) for x in s],
        "sparsemax": projected,
    }
    for name, way in ways.items():
        inputs = scores, [s + 10 for s in scores], [3 * s for s in scores]
        plain, raised, tripled = (way(list(some)) for some in inputs)
        shown = f"{name}\n as is {row(plain)}\n + 10 {row(raised)}\n x 3 {row(tripled)}"
        assert shown in squeezed(output)
        assert sum(plain) == pytest.approx(1)
        assert (plain == pytest.approx(raised)) == (name in ("softmax", "sparsemax"))
        assert (plain == pytest.approx(tripled)) == (name in ("squares", "clipped"))


def test_the_crowd(output, text):
    for others in (9, 99, 9999, 999_999):
        best = 1 / (1 + others * math.exp(-6))
        assert f"one against {others}: {best:.4f}" in output
    assert "$1/(1 + (n-1)e^{-2b})$" in text


# "Softmax ... amplifies differences ... (0.18 vs 0.12)"


def test_what_softmax_amplifies(output, text):
    assert Fraction("0.57") / Fraction("0.38") == Fraction("0.18") / Fraction("0.12") == 1.5
    first, second = softmax([0.57, 0.38])
    assert f"{first / second:.3f}" == f"{math.exp(0.19):.3f}" == "1.209"
    assert f"softmax, scores x 10: {math.exp(1.9):.3f}" in output
    assert "Nothing was amplified" in text
    assert 'answers that softmax "amplifies differences"' in text


# How wide is a dot product?


def test_coins(output):
    for d in (1, 2, 3, 4):
        dots = [
            sum(a * b for a, b in zip(pair[:d], pair[d:], strict=True))
            for pair in product((1, -1), repeat=2 * d)
        ]
        counts = " ".join(f"{dot}: {dots.count(dot)}" for dot in sorted(set(dots)))
        assert sum(dots) == 0
        assert Fraction(sum(dot**2 for dot in dots), len(dots)) == d
        assert f"d = {d}, variance {d}\n {counts}" in output


def measured(output, d):
    (part,) = re.findall(rf"d = {d}, variance / d: all in a row\n((?: .*\n){{4}})", output)
    lines = re.findall(r" ([a-z' 1]+?) (\d+\.\d) (\d+\.\d)\n", part)
    return {name: (float(all_), float(row_)) for name, all_, row_ in lines}


def test_spoilt_assumptions(output):
    for d in (64, 512):
        found = measured(output, d)
        together = 1 + (d - 1) / 16
        expected = {
            "as assumed": (1, 1),
            "queries' mean 1": (2, 2),
            "keys' mean 1": (2, 1),
            "correlated": (together, together),
        }
        assert set(found) == set(expected)
        for name, pair in expected.items():
            assert found[name] == pytest.approx(pair, rel=0.08), name
        assert f"correlated, derived {together:.1f}" in output
    assert f"a word with itself, / root: {math.sqrt(512):.1f}" in output


# What a nudge does


def test_the_jacobian_by_hand(output, text):
    weights = Fraction(1, 2), Fraction(1, 4), Fraction(1, 4)
    table = [[w * ((i == j) - v) for j, v in enumerate(weights)] for i, w in enumerate(weights)]
    shown = re.search(
        r"\[\[4\. -2\. -2\.\]\n \[-2\. 3\. -1\.\]\n \[-2\. -1\. 3\.\]\] / 16", squeezed(output)
    )
    assert shown
    assert [[16 * entry for entry in line] for line in table] == [
        [4, -2, -2],
        [-2, 3, -1],
        [-2, -1, 3],
    ]
    assert all(sum(line) == 0 for line in table)
    assert "**No entry is ever above a quarter.**" in text


def test_a_slope_on_its_way_back(output, text):
    scores = torch.tensor([math.log(2), 0, 0], dtype=torch.float64, requires_grad=True)
    (4 * torch.softmax(scores, dim=0)[0]).backward()
    assert scores.grad.tolist() == pytest.approx([1, -0.5, -0.5])
    assert "slopes of 4, 0, 0 go on as [1. -0.5 -0.5]" in squeezed(output)
    assert "what goes on: 1, −½ and −½" in text


def test_a_softmax_never_makes_slopes_larger(text):
    generator = torch.Generator().manual_seed(60)
    scores = 5 * torch.randn(5000, 6, generator=generator, dtype=torch.float64)
    scores.requires_grad_()
    slopes = torch.rand(5000, 6, generator=generator, dtype=torch.float64) * 2 - 1
    torch.softmax(scores, dim=-1).backward(slopes)
    largest = slopes.abs().max(dim=-1).values
    assert (scores.grad.abs().max(dim=-1).values <= largest / 2).all()
    assert "*A softmax cannot make a gradient explode.*" in text


# "keeps gradients from exploding", "For efficiency"


@pytest.fixture(scope="module")
def field():
    """The experiment of the page anew, with torch's generator and its gradients."""
    generator = torch.Generator().manual_seed(61)

    def draw(*shape):
        return torch.randn(*shape, generator=generator, dtype=torch.float64)

    q, k, slopes = draw(1000, 1, 1024), draw(1000, 8, 1024), draw(1000, 8)

    def at(d, divisor):
        query = q[..., :d].clone().requires_grad_()
        weights = torch.softmax((query * k[..., :d]).sum(dim=-1) / divisor, dim=-1)
        weights.backward(slopes)
        size = (weights * (1 - weights)).max(dim=-1).values.detach()
        return size, query.grad[:, 0].norm(dim=-1)

    return at


def test_without_the_root_gradients_vanish_for_most_and_grow_for_a_few(field, output, text):
    size, arrived = field(1024, 1)
    kept, arrived_too = field(1024, 32)
    assert size.median() < 1e-5 < 0.1 < kept.median()
    assert size.mean() < 0.03 < 0.2 < kept.mean()
    assert arrived.median() < 1e-3 < 0.2 < arrived_too.median()
    assert arrived.mean() > 2 * arrived_too.mean()  # the average grows ...
    assert arrived.max() > 10 * arrived_too.max()  # ... for the sake of a few
    dead = (size < 0.01).double().mean().item()
    (shown,) = re.findall(r"not divided \d\.\d\d \d\.\d\d \d\.\d\d (\d\.\d\d)", output)
    assert float(shown) == pytest.approx(dead, abs=0.05)
    narrow, wide = (field(d, 1)[0].mean().item() for d in (64, 1024))
    assert math.log(narrow / wide) / math.log(16) == pytest.approx(0.5, abs=0.12)  # 1 / root of d
    assert "**The gradient vanishes.**" in text
    assert "**all or nothing**" in text


def test_with_the_root_the_width_makes_no_difference(field):
    sizes = [field(d, math.sqrt(d))[0].mean().item() for d in (64, 256, 1024)]
    assert max(sizes) - min(sizes) < 0.02


def learnt(d, root, behind, step, n=40, optimizer=torch.optim.SGD, seed=62):
    """Queries that are taught by torch's own gradients."""
    generator = torch.Generator().manual_seed(seed)
    q, k = (torch.randn(n, m, d, generator=generator) for m in (1, 8))
    q.requires_grad_()
    optimizer, target = optimizer([q], lr=step), torch.zeros(n, dtype=torch.long)
    for _ in range(300):
        scores = (q @ k.mT)[:, 0] / (math.sqrt(d) if root else 1)
        weights = torch.softmax(scores, dim=-1)
        miss = ((weights - torch.eye(8)[0]) ** 2).sum() / 2
        loss = (
            miss if behind else torch.nn.functional.cross_entropy(scores, target, reduction="sum")
        )
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    return (weights[:, 0] > 0.9).double().mean().item()


def test_only_a_head_told_behind_its_softmax_needs_the_root(output):
    for behind, root in product((False, True), repeat=2):
        best = max(learnt(512, root, behind, step) for step in (1, 10))
        assert (best < 0.5) == (behind and not root)
        name = f"{'behind' if behind else 'in front'} {'root' if root else 'no root'}"
        (shown,) = re.findall(rf"^{name} \d\.\d\d (\d\.\d\d)$", output, re.MULTILINE)
        assert float(shown) == pytest.approx(best, abs=0.15)


def test_no_step_size_wakes_the_dead(text):
    assert max(learnt(512, False, True, step) for step in (1e3, 1e6)) < 0.5
    adam = [
        [learnt(512, root, True, step, optimizer=torch.optim.Adam) for step in (0.01, 0.1)]
        for root in (False, True)
    ]
    assert max(adam[0]) < 0.5 < 0.95 < max(adam[1])
    assert "nor does Adam" in text
    assert all(0.05 < learnt(512, False, True, 1, seed=seed) < 0.45 for seed in (63, 64, 65))


def test_which_root(output, text):
    for name, width in {"1": 1, "T": 64, "d_head": 128, "d_model": 12_288}.items():
        root = math.sqrt(width)
        (spread,) = re.findall(rf"√{name} {root:.2f} (\d+\.\d\d) ", output)
        assert float(spread) == pytest.approx(math.sqrt(128) / root, rel=0.04)
    assert 96 * 128 == 12_288
    shares = [float(s) for s in re.findall(r"√\w+ \d+\.\d\d \d+\.\d\d (0\.\d{3})", output)]
    assert shares == sorted(shares, reverse=True)
    assert shares[-1] < 1.5 / 64 < 5 / 64 < shares[-2]
    assert 'by the root of "the dimension of the vector space"' in text
    assert "it is the second" in text


def test_the_division_is_work_and_no_saving(output, text):
    assert f"divisions: {2048 * 2048:,} or {2048 * 128:,}" in output
    assert "Efficient it is not" in text


def test_how_gpt_2_begins(output):
    generator = np.random.default_rng(63)
    x = generator.normal(size=(400, 768))
    w_q, w_k = 0.02 * generator.normal(size=(2, 768, 64))
    spread = ((x @ w_q) @ (x @ w_k).T).std()
    (shown,) = re.findall(r"GPT-2 begins with a spread of (\d\.\d\d)", output)
    assert float(shown) == pytest.approx(spread, rel=0.05)
    assert f"divided by 8, of {float(shown) / 8:.2f}" in output


def test_the_articles_are_told_of_as_they_are(text):
    assert '*Attention* says that the division "keeps gradients from exploding"' in text
    assert 'a "practical fix, not a deep theoretical requirement"' in text
    assert 'divides "for efficiency"' in text
    assert '"too sharp too early, where one token gets almost all the weight"' in text


def test_the_deadly_width_goes_like_the_square_of_a_logarithm(answers):
    for gap, bound in product((1.0, 0.5, 0.25), (0.01, 0.0001)):
        d = next(
            d for d in range(1, 5000) if (p := softmax([0, gap * d**0.5])[0]) * (1 - p) < bound
        )
        assert d == pytest.approx((math.log(1 / bound) / gap) ** 2, rel=0.06, abs=2)
    assert "$(\\log(1/b)/g)^2$" in answers


def test_the_numbers_are_not_usually_of_32_bits(text, output):
    """Article 000: "usually 32-bit floating point numbers"; bfloat16 has float32's reach."""
    assert '"usually 32-bit floating point numbers"' in text
    kind = torch.finfo(torch.bfloat16)
    assert f"bfloat16 {math.log(kind.max):.2f}" in " ".join(output.split())
    assert kind.bits == 16
    assert round(math.log(kind.max), 2) == round(math.log(torch.finfo(torch.float32).max), 2)
    assert 2 < -math.log10(kind.eps / 2) < 3  # "two or three" digits
    assert torch.tensor(257.0, dtype=torch.bfloat16) == 256
