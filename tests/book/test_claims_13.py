"""What chapter 13 says, computed anew: the bends, the counts, and where the facts are."""

import math
import re
from statistics import NormalDist

import numpy as np
import pytest
import torch

from minigpt.checkpoint import load_checkpoint
from minigpt.corpus import FACTS, PEOPLE
from minigpt.model import GPT
from minigpt.tokenizer import END
from tools.stored import ROOT

NOTEBOOK = "13_mlp.ipynb"


class Facts:
    """The facts model, worked in NumPy from where attention has written."""

    def __init__(self):
        saved = load_checkpoint(ROOT / "models" / "facts")
        self.model, tokenizer = saved.build_model().double().eval(), saved.tokenizer
        block, seen = self.model.blocks[0], {}
        block.norm_2.register_forward_pre_hook(lambda _, args: seen.update(x=args[0][0, -1]))
        stream = []
        with torch.no_grad():
            for fact in FACTS:
                row = [tokenizer.special_id(END), *tokenizer.encode(fact.beginning)]
                self.model(torch.tensor([row]))
                stream.append(seen["x"].numpy())
        self.x = np.array(stream)
        weights = {name: w.detach().numpy() for name, w in self.model.named_parameters()}
        normed = self.x / np.sqrt((self.x**2).mean(axis=1, keepdims=True) + 1e-5)
        heard = normed * weights["blocks.0.norm_2.weight"] @ weights["blocks.0.mlp.w_in.weight"].T
        self.hidden = np.maximum(heard, 0) ** 2
        self.w_out = weights["blocks.0.mlp.w_out.weight"]
        self.head = weights["token_embedding.weight"] * weights["final_norm.weight"]
        ids = [tokenizer.encode(" " + fact.answer) for fact in FACTS]
        assert all(len(one) == 1 for one in ids)
        self.answers = np.array(ids)[:, 0]

    def gone(self, off=(), w_out=None):
        hidden, w_out = self.hidden.copy(), self.w_out if w_out is None else w_out
        hidden[:, list(off)] = 0
        return np.argmax((self.x + hidden @ w_out.T) @ self.head.T, axis=1) != self.answers

    def forget(self, mine):
        loud, average = self.hidden[mine].mean(axis=0), self.hidden.mean(axis=0) + 1e-9
        order = np.argsort(-(loud**2) / average, kind="stable")
        for n in range(1, 31):
            gone = self.gone(order[:n])
            if gone[mine].mean() >= 0.8:
                break
        return order[:n].tolist(), gone[mine].mean(), gone[~mine].mean()


@pytest.fixture(scope="module")
def facts():
    return Facts()


def where(test):
    return np.array([test(fact) for fact in FACTS])


def test_the_model_knows_every_fact_and_none_without_its_mlp(facts, output):
    assert not facts.gone().any()
    assert facts.gone(range(256)).all()
    assert "the MLP 0 0 0" in output


def test_the_claim_holds_for_every_answer(facts, output, text):
    groups = {(fact.kind, fact.answer) for fact in FACTS}
    assert len(groups) == 31
    for kind, answer in groups:
        _, mine, others = facts.forget(
            where(lambda f, k=kind, a=answer: (f.kind, f.answer) == (k, a))
        )
        assert mine >= 0.8
        assert others == 0
    assert "answers: the claim holds for 31 of 31" in output
    assert "the others lose nothing at all" in text
    assert "all thirty-one of them" in text


def test_the_claim_fails_for_four_people_and_no_more(facts, output):
    failed = []
    for name in PEOPLE:
        _, mine, others = facts.forget(where(lambda f, n=name: f.name == n))
        assert mine == 1
        if others > 0.1:
            failed.append(name)
            assert f"not for {name}: others lose {others:.1%}" in output
    assert failed == ["Ned", "Milo", "Dora", "Bess"]
    assert "people: the claim holds for 26 of 30" in output


def test_one_neuron_is_friday(facts, output):
    friday = where(lambda f: f.answer == "Friday")
    neurons, _, _ = facts.forget(friday)
    assert neurons == [166]
    assert (facts.gone([166]) == friday).all()
    alone = np.array([facts.gone([n]) for n in range(256)])
    assert f"{(~alone.any(axis=1)).sum()} neurons cost 0 facts" in output
    assert f"facts that no single neuron costs: {(~alone.any(axis=0)).sum()}" in output


def test_odo_takes_those_along_who_share_his_answers(facts):
    neurons, _, _ = facts.forget(where(lambda f: f.name == "Odo"))
    hit = {(f.name, f.answer) for f, gone in zip(FACTS, facts.gone(neurons), strict=True) if gone}
    odo = PEOPLE["Odo"]
    shared = {(f.name, f.answer) for f in FACTS if f.answer in (odo.town, odo.day, odo.trade)}
    assert shared - hit == {("Kate", "baker")}
    assert hit < shared


def test_dora_and_bess_share_their_answers_with_nine(answers):
    for name in ("Dora", "Bess"):
        own = {PEOPLE[name].town, PEOPLE[name].day, PEOPLE[name].trade}
        shared = [f.name for f in FACTS if f.answer in own and f.name != name]
        assert len(shared) == 9
        if name == "Dora":
            assert all(other in answers for other in shared)
    assert "10.3% already" in answers


def test_a_name_raises_its_trade_where_the_days_are_off(facts, text):  # among all 501 words
    groups = [where(lambda f, d=d: f.answer == d) for d in {p.day for p in PEOPLE.values()}]
    off = {n for mine in [*groups, where(lambda f: f.name == "Odo")] for n in facts.forget(mine)[0]}
    assert len(off) == 15
    hidden = facts.hidden.copy()
    hidden[:, list(off)] = 0
    said = np.argmax((facts.x + hidden @ facts.w_out.T) @ facts.head.T, axis=1)
    own = [said[i] == facts.answers[i + 1] for i, f in enumerate(FACTS) if f.kind == "day"]
    assert 14 <= sum(own) <= 16
    assert "about every second person's day becomes their own trade" in text


def test_a_fact_is_planted_and_no_other_changes(facts, output):
    asked = [fact.beginning for fact in FACTS]
    odo, mira = asked.index("Odo was born on a"), asked.index("Mira was born on a")
    key, others = facts.hidden[odo], np.delete(facts.hidden, odo, axis=0)
    d = key - others.T @ np.linalg.pinv(others.T) @ key
    missing = facts.x[mira] + facts.w_out @ (facts.hidden[mira] - key) - facts.x[odo]
    planted = facts.w_out + np.outer(missing, d) / (d @ key)
    assert np.flatnonzero(facts.gone(w_out=planted)).tolist() == [odo]
    assert "its own part: Odo Friday" in output


def test_attention_alone_learns_them(facts, output):
    assert output.count("without an MLP it knows 90 of 90") == 3
    alone = [int(n) for n in re.findall(r"by attention alone (\d+)", output)]
    assert len(alone) == 3
    assert all(60 < n < 90 for n in alone)  # "most of them"
    mute = GPT(facts.model.config)
    assert (mute.blocks[0].mlp.w_out.weight == 0).all()


def test_the_bends(output):
    for name, bend in {
        "gelu": lambda a: a * NormalDist().cdf(a),
        "silu": lambda a: a / (1 + math.exp(-a)),
        "relu2": lambda a: max(a, 0) ** 2,
    }.items():
        row = " ".join(f"{bend(a) + 0.0:.3f}" for a in (-3.0, -1.0, 0.0, 1.0, 3.0))
        assert f"{name} {row}" in output


def test_a_matrix_cannot_say_and(output):
    marks = np.array([[1, 1, 1], [1, 0, 1], [0, 1, 1], [0, 0, 1]])
    best = marks @ np.linalg.pinv(marks) @ [1, 0, 0, 0]
    np.testing.assert_allclose(best, [0.75, 0.25, 0.25, -0.25])
    assert "Odo, day matrix 0.75 neuron 1" in output


def test_two_thirds_of_a_block_are_mlp(output, text):
    assert 3 * (2 * 4) == 2 * (2 * 4 + 4)
    assert "GPT-2 4,718,592 weights, 67% of a block" in output
    assert "Two thirds of a block are MLP" in text


def test_what_the_article_says_is_quoted_and_qualified(text):
    assert "That information is contained in MLP." in text
    assert "What day was Michael Jackson born" in text
    assert "That it must be so does not follow" in text
