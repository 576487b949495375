import itertools

import pytest
import torch
from model_helpers import every_config, logits_by_hand, loud_model, name_of, some_tokens, tiny

from minigpt.errors import GenerateError
from minigpt.generate import beam_search, generate

VOCAB = 97
MODEL = loud_model(tiny(vocab_size=VOCAB))
SMALL = loud_model(tiny(vocab_size=5, context_length=7, tie_head=False), std=0.5)
START = some_tokens(1, 3, 5, seed=2)


def surprise_by_hand(model, prompt, new):
    """The log-probability of some tokens after others, one forward pass a token."""
    text, total = list(prompt), 0.0
    for token in new:
        total += logits_by_hand(model, text).log_softmax(-1)[token].item()
        text.append(token)
    return total


def every_text(n_new, stop):
    """All continuations: those that end at a stop token, and those that reach n_new."""
    texts = set()
    for new in itertools.product(range(5), repeat=n_new):
        ends = [i for i, token in enumerate(new) if token in stop]
        texts.add(new[: ends[0] + 1] if ends else new)
    return sorted(texts)


@pytest.mark.parametrize("stop", [(), (2,), (0, 3)])
@pytest.mark.parametrize("T", [3, 6])  # with 6, the window moves on the way
def test_the_widest_beam_finds_the_best_of_all_continuations(stop, T):
    prompt = some_tokens(1, T, 5, seed=5)
    totals = {new: surprise_by_hand(SMALL, prompt[0].tolist(), new) for new in every_text(3, stop)}
    winners = set()
    for length_penalty in (0.0, 0.7, 1.0, 3.0):
        scores = {new: total / len(new) ** length_penalty for new, total in totals.items()}
        best = max(scores, key=scores.get)
        winners.add(best)
        for use_cache in (True, False):
            found, score = beam_search(SMALL, prompt, 3, 200, stop, length_penalty, use_cache)
            assert found.tolist() == [*prompt[0].tolist(), *best]
            assert score == pytest.approx(scores[best], abs=1e-9)
    assert len(winners) > 1 or not stop  # else the penalty would not show


# Less sure of itself, so that a beam which falls behind may still come to the front.
FLAT = loud_model(SMALL.config, seed=1, std=0.2)


def beams_by_hand(model, prompt, n_new, n_beams, stop, length_penalty):
    """Beam search on lists, by sorting everything."""
    live, finished = [(0.0, [])], []
    while live and len(finished) < n_beams and len(live[0][1]) < n_new:
        grown = []
        for total, new in live:
            log_p = logits_by_hand(model, prompt + new).log_softmax(-1).tolist()
            grown += [(total + p, [*new, token]) for token, p in enumerate(log_p)]
        grown.sort(key=lambda pair: -pair[0])
        finished += [pair for pair in grown[:n_beams] if pair[1][-1] in stop]
        live = [pair for pair in grown if pair[1][-1] not in stop][:n_beams]
    if live and len(live[0][1]) == n_new:
        finished += live
    return max((total / len(new) ** length_penalty, new) for total, new in finished)


@pytest.mark.parametrize("n_beams", [1, 2, 3, 7])
@pytest.mark.parametrize("stop", [(), (2,), (0, 3, 4)])
@pytest.mark.parametrize("length_penalty", [0.0, 1.0, 2.0])
def test_narrow_beams_equal_a_search_on_lists(n_beams, stop, length_penalty):
    for seed in range(4):
        prompt = some_tokens(1, 3, 5, seed=seed)
        expected, new = beams_by_hand(FLAT, prompt[0].tolist(), 6, n_beams, stop, length_penalty)
        for use_cache in (True, False):
            found, score = beam_search(FLAT, prompt, 6, n_beams, stop, length_penalty, use_cache)
            assert found.tolist() == [*prompt[0].tolist(), *new]
            assert score == pytest.approx(expected, abs=1e-9)


@pytest.mark.parametrize("seed", range(6))
def test_one_beam_is_greedy_stop_token_included(seed):
    prompt = some_tokens(1, 4, VOCAB, seed=seed)
    free = generate(MODEL, prompt, 12)
    assert torch.equal(beam_search(MODEL, prompt, 12, 1)[0], free[0])
    for stop in ((int(free[0, 4]),), (int(free[0, 9]),)):
        assert torch.equal(
            beam_search(MODEL, prompt, 12, 1, stop)[0], generate(MODEL, prompt, 12, stop=stop)[0]
        )


@pytest.mark.parametrize(
    "config", every_config(vocab_size=VOCAB, context_length=7)[::5], ids=name_of
)
def test_beams_with_the_cache_and_without(config):
    model, prompt = loud_model(config), some_tokens(1, 5, VOCAB)
    cached, plain = (beam_search(model, prompt, 9, 4, use_cache=c) for c in (True, False))
    assert torch.equal(cached[0], plain[0])
    assert cached[1] == pytest.approx(plain[1], abs=1e-9)
    new = cached[0][5:].tolist()
    assert cached[1] == pytest.approx(
        surprise_by_hand(model, prompt[0].tolist(), new) / 9, abs=1e-9
    )


@pytest.mark.parametrize(
    ("how", "lengths"),
    [({}, [3, 1, 1, 1]), ({"use_cache": True}, [3, 1, 1, 1]), ({"use_cache": False}, [3, 4, 5, 6])],
)
def test_with_the_cache_only_what_is_new_is_read(how, lengths):
    read = []
    hook = MODEL.register_forward_pre_hook(lambda _, args: read.append(args[0].shape[1]))
    beam_search(MODEL, START, 4, 3, **how)
    hook.remove()
    assert read == lengths


def test_a_default_device_of_the_callers_changes_nothing():
    text, score = beam_search(SMALL, START, 5, 3, stop=(2,))
    with torch.device("meta"):
        again, score_again = beam_search(SMALL, START, 5, 3, stop=(2,))
    assert torch.equal(again, text) and score_again == score


def test_when_every_token_stops_the_likeliest_one_wins():
    found, score = beam_search(SMALL, START, 6, 3, stop=(0, 1, 2, 3, 4))
    log_p = logits_by_hand(SMALL, START[0].tolist()).log_softmax(-1)
    assert found.tolist() == [*START[0].tolist(), int(log_p.argmax())]
    assert score == pytest.approx(log_p.max().item(), abs=1e-9)


@pytest.mark.parametrize(
    ("refused", "came"),
    [
        (lambda: beam_search(MODEL, some_tokens(3, 4), 5), "3 rows and n_beams=4"),
        (lambda: beam_search(MODEL, some_tokens(3, 4), 5, 1), "3 rows and n_beams=1"),
        (lambda: beam_search(MODEL, START, 5, 0), "1 rows and n_beams=0"),
    ],
)
def test_searches_that_make_no_sense_are_refused(refused, came):
    with pytest.raises(GenerateError) as caught:
        refused()
    assert (
        str(caught.value)
        == f"one prompt and at least 1 beam, but got {came}. Try: a row at a time."
    )
