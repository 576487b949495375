"""Answers to chapter 15 that are in no list; `test_odd_answers` judges RIGHT and WRONG.

The registry's own slips and variants are tried elsewhere, for every chapter alike.
"""

import numpy as np
import pytest
import torch

from minigpt.data import windows
from minigpt.exercises.chapter_15.diagnose import MISTAKEN, TRUE
from minigpt.exercises.judge import judge
from minigpt.exercises.registry import EXERCISES
from tools import broken_runs

# ---- 15.1


def pairs_by_the_library(stream, T):
    whole = (len(stream) - 1) // T * T + 1
    batches = list(windows(stream[:whole].tolist(), T, 100))
    return batches[0]


def pairs_by_reading(stream, T):
    reader = iter(stream.tolist())
    last, rows = next(reader), []
    while len(row := [t for _, t in zip(range(T), reader, strict=False)]) == T:
        rows.append(([last, *row[:-1]], row))
        last = row[-1]
    return [x for x, _ in rows], [y for _, y in rows]


# ---- 15.2


def adamw_in_float32(*args):
    *arrays, step, lr, beta1, beta2, decay, eps = args
    arrays = [np.float32(array) for array in arrays]
    return EXERCISES["15.2"].reference(*arrays, step, lr, beta1, beta2, decay, eps)


def adamw_by_torch(w, gradient, m, v, step, lr, beta1, beta2, weight_decay, eps):
    p = torch.nn.Parameter(torch.tensor(w))
    p.grad = torch.tensor(gradient)
    optimizer = torch.optim.AdamW([p], lr, (beta1, beta2), eps, weight_decay)
    memory = {"exp_avg": torch.tensor(m), "exp_avg_sq": torch.tensor(v)}
    optimizer.state[p] = memory | {"step": torch.tensor(step - 1.0)}
    optimizer.step()
    return [part.detach().numpy() for part in (p, memory["exp_avg"], memory["exp_avg_sq"])]


def test_the_reference_is_torchs_adamw():
    for case in EXERCISES["15.2"].cases:
        for ours, theirs in zip(
            EXERCISES["15.2"].reference(*case.args), adamw_by_torch(*case.args), strict=True
        ):
            np.testing.assert_allclose(ours, theirs, rtol=0, atol=1e-12)


# ---- 15.4


def accumulate_by_autograd(mean_gradient, x, targets, sizes):
    """Weights as shares, known before the first part is seen."""
    ends = np.cumsum(sizes)
    shares = [np.mean(targets[e - s : e] != -100) * s for e, s in zip(ends, sizes, strict=True)]
    whole = sum(shares)
    gradient = 0
    for e, s, share in zip(ends, sizes, shares, strict=True):
        if share:
            gradient = gradient + share / whole * mean_gradient(x[e - s : e], targets[e - s : e])
    return torch.tensor(gradient)


def accumulate_in_other_parts(mean_gradient, x, targets, sizes):
    """Only rows that count, two at a time."""
    kept = np.flatnonzero(targets >= 0)
    parts = [kept[i : i + 2] for i in range(0, len(kept), 2)]
    return sum(len(p) * mean_gradient(x[p], targets[p]) for p in parts) / len(kept)


def test_the_parts_make_the_gradient_of_the_whole():
    """Against torch's own cross-entropy over all rows at once."""
    for case in EXERCISES["15.4"].cases:
        function, x, targets, _ = case.args
        w = dict(
            zip(
                function.__code__.co_freevars,
                (c.cell_contents for c in function.__closure__),
                strict=True,
            )
        )["w"]
        weight = torch.tensor(w, requires_grad=True)
        logits = torch.tensor(x) @ weight
        torch.nn.functional.cross_entropy(logits, torch.tensor(targets)).backward()
        came = EXERCISES["15.4"].reference(*case.args)
        np.testing.assert_allclose(came, weight.grad, atol=1e-12)


RIGHT = {
    "15.1": [
        pairs_by_the_library,
        pairs_by_reading,
        lambda stream, T: [
            stream[k : k + (len(stream) - 1) // T * T].reshape(-1, T).tolist() for k in (0, 1)
        ],
    ],
    "15.2": [adamw_in_float32, lambda *args: list(EXERCISES["15.2"].reference(*args))],
    "15.3": [
        lambda run: np.int64(TRUE[run]),
        lambda run: torch.tensor(TRUE[run]),
        lambda run: 41523 // 10 ** (4 - "ABCDE".index(run)) % 10,
    ],
    "15.4": [accumulate_by_autograd, accumulate_in_other_parts],
}

WRONG = {
    "15.1": [
        lambda stream, T: (stream[:-1], stream[1:]),
        lambda stream, T: pairs_by_reading(stream[1:], T),
        lambda stream, T: pairs_by_reading(stream, T - 1),
        lambda stream, T: pairs_by_reading(stream, T)[0],
        lambda stream, T: [part[:1] for part in pairs_by_reading(stream, T)],
    ],
    "15.2": [
        lambda w, g, m, v, *rest: EXERCISES["15.2"].reference(w, -g, m, v, *rest),
        lambda *args: EXERCISES["15.2"].reference(*args)[0],
        lambda *args: EXERCISES["15.2"].reference(*args)[::-1],
        lambda w, g, m, v, step, lr, *rest: (w - lr * g, m, v),
        lambda w, g, m, v, step, lr, *rest: (w - lr * np.sign(g), m, v),
    ],
    "15.3": [lambda run: 0, lambda run: 6, lambda run: [TRUE[run]], lambda run: TRUE[run] + 0.5],
    "15.4": [
        lambda f, x, targets, sizes: f(x[:2], targets[:2]),
        lambda f, x, targets, sizes: accumulate_in_other_parts(f, x, targets, sizes).mean(),
        lambda f, x, targets, sizes: accumulate_in_other_parts(f, x, targets, sizes).T,
        lambda f, x, targets, sizes: -accumulate_in_other_parts(f, x, targets, sizes),
    ],
}


# ---- 15.3: every wrong attribution


def test_the_diagnoses_are_what_the_tool_did():
    numbers = ["shifted twice", "no mask", "steps too long", "dropout in evaluation"]
    numbers.append("weights frozen")
    faults = {run: fault for run, fault in broken_runs.FAULTS.items() if fault}
    assert {run: numbers.index(fault) + 1 for run, fault in faults.items()} == TRUE


@pytest.mark.parametrize("run", TRUE)
@pytest.mark.parametrize("claimed", range(1, 6))
def test_every_wrong_attribution_hears_why(run, claimed):
    """Others right, this one wrong: the message is its own."""
    if claimed == TRUE[run]:
        return
    verdict = judge(EXERCISES["15.3"], lambda asked: claimed if asked == run else TRUE[asked])
    assert verdict.lines[0] == MISTAKEN[run, claimed]
    assert len(set(MISTAKEN.values())) == len(MISTAKEN) == 20
