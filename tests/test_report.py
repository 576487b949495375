import json
import math

import pytest
import torch
from run_helpers import text_file, tiny_model

from minigpt import corpus
from minigpt.config import ModelConfig, TrainConfig
from minigpt.data import Batches, StorySource, encode_source, encode_stories, open_data
from minigpt.errors import DataError
from minigpt.model import GPT
from minigpt.report import Report, held_back, report
from minigpt.run import make_tokenizer
from minigpt.tokenizer import END, CharTokenizer
from minigpt.train import Trainer

KINGDOM = open_data("kingdom:120")


def story_model(tokenizer, context_length, **changes):
    return tiny_model(
        vocab_size=tokenizer.vocab_size, context_length=context_length, **changes
    ).eval()


def nats_of(model, ids):
    """What a model pays for ids after the first: one at a time, from what stands before."""
    with torch.no_grad():
        p = model(torch.tensor([ids[:-1]]))[0].double().log_softmax(-1)
    return -sum(p[t, answer].item() for t, answer in enumerate(ids[1:]))


@pytest.mark.parametrize("split", ["val", "train", "all"])
@pytest.mark.parametrize("kind", ["char", "bpe"])
def test_stories_are_measured_whole_against_their_own_floor(split, kind):
    tokenizer = make_tokenizer(KINGDOM, kind, 400 if kind == "bpe" else None)
    length = 110 if kind == "char" else 48  # about half of the stories fit
    model = story_model(tokenizer, length)
    told = [s for part in ("train", "val") if split in (part, "all") for s in KINGDOM.stories(part)]
    end = tokenizer.special_id(END)
    encoded = [[end, *tokenizer.encode(story), end] for story in told]
    fitting = [(s, ids) for s, ids in zip(told, encoded, strict=True) if len(ids) <= length + 1]
    bits = sum(nats_of(model, ids) for _, ids in fitting) / math.log(2) / len(fitting)
    floor = sum(corpus.story_bits(story) for story, _ in fitting) / len(fitting)
    found = report(model, tokenizer, KINGDOM, split)
    assert 0 < len(fitting) < len(told)
    assert (found.stories, found.left_out) == (len(fitting), len(told) - len(fitting))
    assert found.tokens == sum(len(ids) - 1 for _, ids in fitting)
    assert found.bits_per_story == pytest.approx(bits, rel=1e-5)
    assert found.floor == pytest.approx(floor)
    assert found.bits_above_floor == pytest.approx(bits - floor, rel=1e-5)
    assert found.loss == pytest.approx(bits * math.log(2) * len(fitting) / found.tokens, rel=1e-5)
    assert found.perplexity == pytest.approx(math.exp(found.loss))


@pytest.mark.parametrize("split", ["val", "train", "all"])
def test_a_text_is_measured_to_its_last_character(tmp_path, split):
    source = open_data(text_file(tmp_path, n_words=150))
    tokenizer = make_tokenizer(source, "char")
    model = story_model(tokenizer, 13)
    found = report(model, tokenizer, source, split)
    nats = n = 0
    for part in ("train", "val"):
        ids = tokenizer.encode("".join(source.chunks(part)))
        if split in (part, "all"):
            starts = range(0, len(ids) - 1, 13)
            nats += sum(nats_of(model, ids[start : start + 14]) for start in starts)
            n += len(ids) - 1
    assert found.tokens == n
    assert found.loss == pytest.approx(nats / n, rel=1e-5)
    assert found.floor is found.stories is found.bits_per_story is found.left_out is None


def test_dropout_is_off_and_the_model_left_as_it_was():
    tokenizer = make_tokenizer(KINGDOM, "char")
    model = story_model(tokenizer, 110, dropout=0.5).train()
    assert report(model, tokenizer, KINGDOM).loss == report(model, tokenizer, KINGDOM).loss
    assert model.training


def test_nothing_is_measured_on_a_split_that_is_none():
    tokenizer = make_tokenizer(KINGDOM, "char")
    with pytest.raises(DataError, match="'train' or 'val', but got 'test'"):
        report(story_model(tokenizer, 110), tokenizer, KINGDOM, "test")


def test_stories_that_are_all_too_long_are_named():
    with pytest.raises(DataError, match="12 stories, none of which does"):
        held_back(KINGDOM, make_tokenizer(KINGDOM, "char"), 30)


def test_stories_need_a_tokenizer_that_ends_them():
    plain = CharTokenizer.from_text("".join(KINGDOM.stories("train")), specials=())
    with pytest.raises(DataError, match=r"a tokenizer made for stories, but got one .* for a text"):
        held_back(KINGDOM, plain, 110)


def test_as_words_and_as_json():
    text = Report(1.5, 4.4817, 12_345)
    assert str(text) == "loss 1.5000 nats/token, perplexity 4.48, 12,345 tokens"
    assert json.loads(json.dumps(text.to_dict())) == {
        "loss": 1.5,
        "perplexity": 4.4817,
        "tokens": 12345,
    }
    stories = Report(1.5, 4.5, 99, 7, 0, 30.26, 25.5, 4.76)
    first, second = str(stories).splitlines()
    assert first == "loss 1.5000 nats/token, perplexity 4.50, 99 tokens"
    assert second == "30.26 bits/story, floor 25.50, +4.76 bits above the floor"
    assert stories.to_dict()["left_out"] == 0 and len(stories.to_dict()) == 8
    below = Report(1.5, 4.5, 99, 2_000, 1_500, 20.0, 25.5, -5.5)
    assert "-5.50 bits above the floor" in str(below)
    assert str(below).endswith("\n1,500 of 3,500 stories are longer than the context: left out")


# --- the floor tells a leak -------------------------------------------------------------------


def trained(causal):
    """A model of one layer that learned for a moment, with the mask or without it."""
    source = open_data("kingdom:300")
    tokenizer = make_tokenizer(source, "char")
    shape = {"context_length": 128, "d_model": 32, "n_layers": 1, "n_heads": 2, "qk_norm": False}
    config = TrainConfig(
        steps=400, batch_size=8, lr=0.01, warmup_steps=5, weight_decay=0, device="cpu"
    )
    torch.manual_seed(0)
    model = GPT(ModelConfig(tokenizer.vocab_size, causal=causal, **shape))
    tokens = encode_source(source, tokenizer, "train")
    trainer = Trainer(model, Batches(tokens, 8, 128, seed=0), config)
    for _ in range(config.steps):
        trainer.train_step()
    return report(model, tokenizer, source)


def test_without_the_mask_a_model_falls_below_the_floor_and_with_it_none_does():
    leaking, honest = trained(causal=False), trained(causal=True)
    assert leaking.floor == honest.floor and leaking.stories == honest.stories
    assert leaking.bits_above_floor < -5  # it reads each answer off the next position
    assert honest.bits_above_floor > 50


# --- a source of stories that is not the corpus's own ------------------------------------------


def test_batches_and_stories_belong_together():
    source = StorySource(["a bb ccc", "d", "a bb", "ccc dd a bb ccc"] * 5, "ours")
    tokenizer = make_tokenizer(source, "char")
    batches, told, left_out = held_back(source, tokenizer, 10, ["train", "val"])
    lengths = [len(e) for part in ("train", "val") for e in encode_stories(source, tokenizer, part)]
    assert left_out == 5 and told == ["a bb ccc", "d", "a bb"] * 5
    assert sum(int((targets >= 0).sum()) for _, targets in batches) == sum(
        n - 1 for n in lengths if n <= 11
    )
