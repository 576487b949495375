import itertools

import pytest
import torch
from model_helpers import (
    close,
    every_config,
    logits_by_hand,
    loud_model,
    name_of,
    some_tokens,
    tiny,
    window_by_hand,
)

from minigpt.errors import GenerateError, ShapeError
from minigpt.generate import Decoder, beam_search, generate, stream, window_start
from minigpt.model import GPT
from minigpt.sampling import Sampler

VOCAB = 97


class Watched:
    """A chooser that keeps the scores it was shown."""

    def __init__(self, choose):
        self.choose, self.logits = choose, []

    def __call__(self, logits, tokens):
        self.logits.append(logits.clone())
        return self.choose(logits, tokens)


# --- the window -----------------------------------------------------------------------------


@pytest.mark.parametrize("context_length", range(1, 14))
def test_the_window_starts_where_dropping_halves_leaves_it(context_length):
    for n in range(70):
        start = window_start(n, context_length)
        assert list(range(start, n)) == window_by_hand(range(n), context_length)
        assert n - start <= context_length


# --- with the cache and without -------------------------------------------------------------

N_NEW = 10
CONFIGS = [
    config.replace(context_length=length)
    for config, length in zip(
        every_config(vocab_size=VOCAB, d_model=16, d_ff=12),
        itertools.cycle((6, 9, 7)),
        strict=False,
    )
]
GREEDY, VARIED = Sampler(0), Sampler(0, repetition_penalty=3.0)  # both take the highest score
PROMPTS = [(1, GREEDY), (4, VARIED), (6, GREEDY), (9, VARIED), (20, VARIED)]
RUNS = [(N_NEW, None), (N_NEW, 1), (7, 2), (N_NEW, 4)]  # new tokens, and the prompt's pieces


def test_there_are_more_than_a_thousand_cases():
    n_cases = len(CONFIGS) * len(PROMPTS) * len(RUNS)
    print(f"{n_cases} cases of prompt, length and chunks, each with two rows")
    assert n_cases >= 1000


@pytest.mark.parametrize("config", CONFIGS, ids=name_of)
def test_the_cache_changes_neither_tokens_nor_scores(config):
    model = loud_model(config, std=0.6)
    written = []
    for T, choose in PROMPTS:
        prompt = some_tokens(2, T, VOCAB, seed=T)
        plain = Watched(choose)
        expected = generate(model, prompt, N_NEW, plain, use_cache=False)
        for n_new, chunk in RUNS:
            cached = Watched(choose)
            assert torch.equal(
                generate(model, prompt, n_new, cached, chunk=chunk), expected[:, : T + n_new]
            )
            for ours, theirs in zip(cached.logits, plain.logits, strict=False):
                assert close(ours, theirs, 1e-9)
            assert len(cached.logits) == n_new
        best = torch.stack(plain.logits).topk(2).values
        assert (best[..., 0] - best[..., 1]).min() > 1e-8  # no ties that rounding could turn
        written.append(expected[:, T:])
    rows = torch.cat(written)
    assert len(rows.unique(dim=0)) >= 7  # of ten
    assert len(rows.unique()) >= 12


@pytest.mark.parametrize("config", CONFIGS[::4], ids=name_of)
def test_every_step_reads_the_window_by_hand(config):
    model, prompt = loud_model(config), some_tokens(2, 5, VOCAB)
    seen = Watched(VARIED)
    tokens = generate(model, prompt, 12, seen)
    for step, logits in enumerate(seen.logits):
        for row in range(2):
            text = tokens[row, : 5 + step].tolist()
            assert close(logits[row], logits_by_hand(model, text), 1e-9)
            assert tokens[row, 5 + step] == VARIED(logits, tokens[:, : 5 + step])[row]


def test_sampled_texts_are_the_same_too():
    model, prompt = loud_model(tiny(vocab_size=VOCAB)), some_tokens(3, 4, VOCAB)
    runs = [
        generate(model, prompt, 20, Sampler(seed=5), use_cache=use_cache, chunk=chunk)
        for use_cache, chunk in ((True, None), (True, 3), (False, None))
    ]
    assert torch.equal(runs[0], runs[1]) and torch.equal(runs[0], runs[2])
    assert runs[0][:, 4:].unique().numel() > 25


def lengths_seen(model, T=5, n_new=9, write=generate, **how):
    lengths = []
    hook = model.register_forward_pre_hook(lambda _, args: lengths.append(args[0].shape[1]))
    list(write(model, some_tokens(1, T), n_new, **how))
    hook.remove()
    return lengths


def test_with_the_cache_only_what_is_new_goes_through_the_model():
    model = loud_model(tiny(context_length=8))
    assert lengths_seen(model, use_cache=False) == [5, 6, 7, 8, 5, 6, 7, 8, 5]
    for write in (generate, stream):
        assert lengths_seen(model, write=write) == [5, 1, 1, 1, 5, 1, 1, 1, 5]
    assert lengths_seen(model, chunk=2) == [2, 2, 1, 1, 1, 1, 2, 2, 1, 1, 1, 1, 2, 2, 1]
    assert lengths_seen(model, chunk=3, T=23, n_new=2) == [3, 3, 1, 1]


# --- stream and generate --------------------------------------------------------------------

MODEL = loud_model(tiny(vocab_size=VOCAB))
PROMPT = some_tokens(3, 4, VOCAB)


def test_what_is_streamed_is_what_is_generated():
    columns = list(stream(MODEL, PROMPT, 9, Sampler(seed=1)))
    assert [column.shape for column in columns] == [(3,)] * 9
    whole = generate(MODEL, PROMPT, 9, Sampler(seed=1))
    assert torch.equal(torch.cat((PROMPT, torch.stack(columns, 1)), 1), whole)


def test_a_stream_does_no_more_than_it_is_asked():
    seen = Watched(GREEDY)
    tokens = stream(MODEL, PROMPT, 1000, seen)
    assert seen.logits == []
    first = next(tokens)
    assert len(seen.logits) == 1
    assert torch.equal(first, MODEL(PROMPT)[:, -1].argmax(-1))


def test_greedy_unless_told():
    assert torch.equal(generate(MODEL, PROMPT, 9), generate(MODEL, PROMPT, 9, GREEDY))


def test_the_chooser_sees_the_whole_text_and_may_be_any_function():
    seen = []

    def shortest(logits, tokens):
        seen.append(tokens.clone())
        return tokens[:, 0]

    text = generate(MODEL, PROMPT, 12, shortest)
    assert torch.equal(text[:, 4:], PROMPT[:, :1].expand(3, 12))
    assert all(torch.equal(s, text[:, : 4 + i]) for i, s in enumerate(seen))


def until_stop(row, stop):
    """What a row should become: after its first stop token, that token again and again."""
    for i, token in enumerate(row):
        if token in stop:
            return row[: i + 1] + [token] * (len(row) - i - 1)
    return row


def test_each_row_stops_at_its_own_stop_token_and_the_text_at_the_last():
    free = generate(MODEL, PROMPT, 12, VARIED)[:, 4:].tolist()
    stop = (free[0][2], free[1][5], free[2][7])
    first = [min(row.index(s) for s in stop if s in row) for row in free]
    assert len(set(first)) > 1
    for use_cache in (True, False):
        text = generate(MODEL, PROMPT, 12, VARIED, stop=stop, use_cache=use_cache)
        assert text[:, 4:].tolist() == [until_stop(row, stop)[: max(first) + 1] for row in free]


def test_a_stop_token_in_the_prompt_stops_nothing():
    stop = (int(PROMPT[0, -1]),)
    assert generate(MODEL, PROMPT, 3, lambda _, tokens: tokens[:, 0] * 0, stop=stop).shape == (3, 7)


@pytest.mark.parametrize("T", [4, 30])
def test_no_new_tokens_leave_the_prompt(T):
    prompt = some_tokens(2, T, VOCAB)
    assert torch.equal(generate(MODEL, prompt, 0), prompt)
    best, score = beam_search(MODEL, prompt[:1], 0)
    assert torch.equal(best, prompt[0]) and score == 0.0


def test_nothing_is_dropped_out():
    model = GPT(tiny(dropout=0.5, zero_init=False)).train()
    assert torch.equal(generate(model, some_tokens(1, 4), 9), generate(model, some_tokens(1, 4), 9))
    assert not model.training
    model.train()
    beam_search(model, some_tokens(1, 4), 2)
    assert not model.training


@pytest.mark.parametrize("dtype", [torch.int32, torch.int64])
@pytest.mark.parametrize("sampler", [Sampler(0), Sampler(seed=0, repetition_penalty=1.2)])
def test_ids_keep_their_dtype(dtype, sampler):
    text = generate(MODEL, PROMPT.to(dtype), 5, sampler)
    assert text.dtype == dtype
    assert beam_search(MODEL, PROMPT[:1].to(dtype), 3, stop=(1,))[0].dtype == dtype


def test_what_was_written_can_be_trained_on():
    model = GPT(tiny())
    text = generate(model, some_tokens(2, 4), 5)
    model.loss(text[:, :-1], text[:, 1:]).backward()
    best, _ = beam_search(model, some_tokens(1, 4), 5)
    model.loss(best[None, :-1], best[None, 1:]).backward()


# --- what makes no sense --------------------------------------------------------------------


FIRST = "a prompt of at least one token, (B, T), but got shape {}. Try: a first token."
PIECES = "chunks of at least 1 token, but got chunk={}. Try: chunk=64."


@pytest.mark.parametrize("way", [generate, stream, beam_search])
@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ((PROMPT[:1, :0], 5), FIRST.format((1, 0))),
        ((PROMPT[0], 5), FIRST.format((4,))),
        (
            (PROMPT[:1], -1),
            "max_new_tokens of at least 0, but got -1. Try: max_new_tokens=100.",
        ),
    ],
)
def test_requests_that_make_no_sense_are_refused_at_once(way, arguments, message):
    with pytest.raises(GenerateError) as caught:
        way(MODEL, *arguments)
    assert str(caught.value) == message


@pytest.mark.parametrize(
    ("refused", "message"),
    [
        (lambda: Decoder(MODEL, chunk=0), PIECES.format(0)),
        (lambda: generate(MODEL, PROMPT, 5, chunk=-2), PIECES.format(-2)),
        (
            lambda: generate(GPT(tiny(causal=False)), PROMPT, 5),
            "a causal model, to write from left to right, but got causal=False. Try: another.",
        ),
        (lambda: Decoder(MODEL).next_logits(PROMPT[0]), FIRST.format((4,))),
        (lambda: Decoder(MODEL).next_logits(PROMPT[:, :0]), FIRST.format((3, 0))),
    ],
)
def test_settings_that_make_no_sense_are_refused(refused, message):
    with pytest.raises(GenerateError) as caught:
        refused()
    assert str(caught.value) == message


def test_a_decoder_refuses_what_does_not_continue():
    decoder = Decoder(MODEL)
    decoder.next_logits(PROMPT)
    with pytest.raises(ShapeError, match="with 4 in the cache"):
        decoder.next_logits(PROMPT)
    with pytest.raises(ShapeError, match="a cache of this model and batch"):
        decoder.next_logits(some_tokens(2, 6, VOCAB))


@pytest.mark.parametrize("use_cache", [True, False])
def test_a_default_device_of_the_callers_changes_nothing(use_cache):
    expected = generate(MODEL, PROMPT, 8, stop=(5,), use_cache=use_cache)
    with torch.device("meta"):
        again = generate(MODEL, PROMPT, 8, stop=(5,), use_cache=use_cache)
    assert torch.equal(again, expected)


@pytest.mark.parametrize("use_cache", [True, False])
def test_unknown_ids_are_refused(use_cache):
    with pytest.raises(ShapeError, match="token ids from 0 to 96"):
        generate(MODEL, PROMPT + 90, 2, use_cache=use_cache)
