"""14.1, from IDs to scores: `forward`. Every slip is all of it with one step changed."""

import numpy as np

from minigpt.exercises.chapter_14.hints import FORWARD
from minigpt.exercises.exercise import Case, Exercise, Slip, Variant


def forward(tokens, w_token, w_place, blocks, norm):
    T = tokens.shape[1]
    x = w_token[tokens] + w_place[:T]
    for attend, mlp, norm_1, norm_2 in blocks:
        x = x + attend(norm_1(x))
        x = x + mlp(norm_2(x))
    return norm(x) @ w_token.T


def embedded(tokens, w_token, w_place):
    return w_token[tokens] + w_place[: tokens.shape[1]]


def blocked(x, attend, mlp, norm_1, norm_2):
    x = x + attend(norm_1(x))
    return x + mlp(norm_2(x))


def steps(
    embed=embedded,
    block=blocked,
    stack=lambda x, blocks, block: stacked(x, blocks, block),
    finish=lambda x, norm, w_token: norm(x) @ w_token.T,
):
    """All of it, and one step changed."""

    def changed(tokens, w_token, w_place, blocks, norm):
        x = stack(embed(tokens, w_token, w_place), blocks, block)
        return finish(x, norm, w_token)

    return changed


def stacked(x, blocks, block):
    for parts in blocks:
        x = block(x, *parts)
    return x


def without_the_stream(x, attend, mlp, norm_1, norm_2):
    return mlp(norm_2(attend(norm_1(x))))


def one_addition(x, attend, mlp, norm_1, norm_2):
    return x + mlp(norm_2(attend(norm_1(x))))


def side_by_side(x, attend, mlp, norm_1, norm_2):
    return x + attend(norm_1(x)) + mlp(norm_2(x))


def behind(x, attend, mlp, norm_1, norm_2):
    x = norm_1(x + attend(x))
    return norm_2(x + mlp(x))


def normed_stream(x, attend, mlp, norm_1, norm_2):
    x = norm_1(x)
    x = x + attend(x)
    x = norm_2(x)
    return x + mlp(x)


def one_norm(x, attend, mlp, norm_1, norm_2):
    x = x + attend(norm_1(x))
    return x + mlp(norm_1(x))


def no_second_norm(x, attend, mlp, norm_1, norm_2):
    x = x + attend(norm_1(x))
    return x + mlp(x)


def no_norms(x, attend, mlp, norm_1, norm_2):
    x = x + attend(x)
    return x + mlp(x)


def mlp_first(x, attend, mlp, norm_1, norm_2):
    x = x + mlp(norm_1(x))
    return x + attend(norm_2(x))


def norms_exchanged(x, attend, mlp, norm_1, norm_2):
    x = x + attend(norm_2(x))
    return x + mlp(norm_1(x))


def mlp_first_by_its_norm(x, attend, mlp, norm_1, norm_2):
    x = x + mlp(norm_2(x))
    return x + attend(norm_1(x))


def all_from_the_start(x, blocks, block):
    return sum(block(x, *parts) for parts in blocks)


def added_again(x, blocks, block):
    for parts in blocks:
        x = x + block(x, *parts)
    return x


def normed_each_time(tokens, w_token, w_place, blocks, norm):
    x = embedded(tokens, w_token, w_place)
    for parts in blocks:
        x = norm(blocked(x, *parts))
    return x @ w_token.T


def normed_again(tokens, w_token, w_place, blocks, norm):
    x = embedded(tokens, w_token, w_place)
    for parts in blocks:
        x = norm(blocked(x, *parts))
    return norm(x) @ w_token.T


def unpacked(order):
    """The four functions of a block under other names."""
    return steps(block=lambda x, *parts: blocked(x, *(parts[i] for i in order)))


def softmax(logits):
    raised = np.exp(logits - logits.max(axis=-1, keepdims=True))
    return raised / raised.sum(axis=-1, keepdims=True)


SLIPS = (
    Slip(
        "no places",
        steps(embed=lambda tokens, w_token, w_place: w_token[tokens]),
        "The words come in without their places: `w_place` is never used.",
    ),
    Slip(
        "places by the token",
        steps(
            embed=lambda tokens, w_token, w_place: w_token[tokens] + w_place[tokens % len(w_place)]
        ),
        "Each token gets the place whose number is its own ID. Which row should the third token of "
        "a text get, whatever it is?",
    ),
    Slip(
        "the last places",
        steps(embed=lambda tokens, w_token, w_place: w_token[tokens] + w_place[-tokens.shape[1] :]),
        "These are the last rows of `w_place`. A text begins at place 0.",
    ),
    Slip(
        "all places",
        steps(embed=lambda tokens, w_token, w_place: w_token[tokens] + w_place),
        "`w_place` has a row for every place that there can be, and this text is shorter. How many "
        "rows does it need?",
    ),
    Slip(
        "the stream dropped",
        steps(block=without_the_stream),
        "Nothing is added to anything: every part replaces the stream by what it makes of it.",
    ),
    Slip(
        "one addition a block",
        steps(block=one_addition),
        "The MLP reads what attention made, and not the stream with that added to it. A block adds "
        "twice.",
    ),
    Slip(
        "side by side",
        steps(block=side_by_side),
        "Attention and MLP read the same stream here, side by side; some models do that. In "
        "this one the MLP reads what attention has already changed.",
    ),
    Slip(
        "norms behind",
        steps(block=behind),
        "The norms stand behind the additions, as in 2017. Here each stands before its part, and "
        "the stream itself is never normed within a block.",
    ),
    Slip(
        "the stream is normed",
        steps(block=normed_stream),
        "Each part gets the right input, but is added to the normed stream. To what should it be "
        "added?",
    ),
    Slip(
        "one norm for both",
        steps(block=one_norm),
        "Both parts of a block read through its first norm. Each has one of its own.",
    ),
    Slip(
        "the MLP reads without a norm",
        steps(block=no_second_norm),
        "The MLP reads the stream as it is. Which norm is never used?",
    ),
    Slip(
        "no norms in the blocks",
        steps(block=no_norms),
        "Both parts read the stream as it is: the norms of the blocks are never used.",
    ),
    Slip(
        "the MLP first",
        steps(block=mlp_first),
        "The MLP has its turn before attention. In which order do the four parts of a block come?",
    ),
    Slip(
        "the MLP first, each through its norm",
        steps(block=mlp_first_by_its_norm),
        "The MLP writes before attention does, each through its own norm. Which of the two comes "
        "first?",
    ),
    Slip(
        "the norms exchanged",
        steps(block=norms_exchanged),
        "Attention reads through the block's second norm and the MLP through its first. Which belongs "
        "to which?",
    ),
    Slip(
        "unpacked as they are drawn",
        unpacked((0, 2, 1, 3)),
        "Of a block's four functions the second is taken for a norm, and the third for the MLP. In "
        "which order does the page list them?",
    ),
    Slip(
        "unpacked as they are called",
        unpacked((1, 3, 0, 2)),
        "Of a block's four functions the first is taken for a norm, and the second for attention's "
        "place. In which order does the page list them?",
    ),
    Slip(
        "the last norm after every block",
        normed_again,
        "The stream goes through `norm` after every block. That norm stands once, behind the last.",
    ),
    Slip(
        "the last norm inside the loop",
        normed_each_time,
        "`norm` stands inside the loop, so every block but the first reads a normed stream. Where "
        "does it belong?",
    ),
    Slip(
        "every block from the start",
        steps(stack=all_from_the_start),
        "Every block reads what came from the embedding, and the results are added up. A block reads "
        "what the block before it has left.",
    ),
    Slip(
        "the stream twice",
        steps(stack=added_again),
        "After each block the stream is added once more, and so it doubles. The two additions inside "
        "have already carried it along.",
    ),
    Slip(
        "only the last block",
        steps(stack=lambda x, blocks, block: block(x, *blocks[-1])),
        "Only the last block has any effect. What does each of them start from?",
    ),
    Slip(
        "a return in the loop",
        steps(stack=lambda x, blocks, block: block(x, *blocks[0])),
        "Only the first block has any effect: does the loop end in its first round?",
    ),
    Slip(
        "from the last to the first",
        steps(stack=lambda x, blocks, block: stacked(x, blocks[::-1], block)),
        "The blocks are passed from the last to the first.",
    ),
    Slip(
        "no last norm",
        steps(finish=lambda x, norm, w_token: x @ w_token.T),
        "The scores are made from the stream as the last block leaves it. Who norms it?",
    ),
    Slip(
        "not turned round",
        steps(finish=lambda x, norm, w_token: norm(x) @ w_token),
        "`w_token` has a row for each token, as wide as the stream. In the product its columns must "
        "be the tokens.",
    ),
    Slip(
        "shares, not scores",
        steps(finish=lambda x, norm, w_token: softmax(norm(x) @ w_token.T)),
        "Those are probabilities, and right ones. Asked for are the scores that a softmax would be "
        "given.",
    ),
    Slip(
        "divided by a root",
        steps(finish=lambda x, norm, w_token: norm(x) @ w_token.T / w_token.shape[1] ** 0.5),
        "The scores are divided by the root of the width. Attention does that inside; the head does "
        "not.",
    ),
    Slip(
        "the last place alone",
        steps(finish=lambda x, norm, w_token: norm(x)[:, -1] @ w_token.T),
        "That is what follows the whole text. Every place has scores of its own for what follows it.",
    ),
    Slip(
        "never scored",
        steps(finish=lambda x, norm, w_token: norm(x)),
        "That is the stream behind the last norm. What does each token score there?",
    ),
)


def one_by_one(tokens, w_token, w_place, blocks, norm):
    rows = []
    for text in tokens:
        x = np.stack([w_token[n] + w_place[t] for t, n in enumerate(text)])[None]
        for parts in blocks:
            x = blocked(x, *parts)
        rows.append([[row @ word for word in w_token] for row in norm(x)[0]])
    return rows


def by_one_hot(tokens, w_token, w_place, blocks, norm):
    x = np.eye(len(w_token))[tokens] @ w_token
    x += w_place[np.arange(tokens.shape[1])]
    for attend, mlp, norm_1, norm_2 in blocks:
        x += attend(norm_1(x))
        x += mlp(norm_2(x))
    return np.einsum("btd,vd->btv", norm(x), w_token)


def by_torch(tokens, w_token, w_place, blocks, norm):
    import torch

    table = torch.tensor(w_token)
    x = torch.nn.functional.embedding(torch.tensor(tokens), table)
    x = x + torch.tensor(w_place)[: x.shape[1]]
    for attend, mlp, norm_1, norm_2 in blocks:
        x = x + attend(norm_1(x))
        x = x + mlp(norm_2(x))
    return torch.nn.functional.linear(norm(x), table)


def changes_kept(tokens, w_token, w_place, blocks, norm):
    stream = [embedded(tokens, w_token, w_place)]
    for attend, mlp, norm_1, norm_2 in blocks:
        stream.append(attend(norm_1(sum(stream))))
        stream.append(mlp(norm_2(sum(stream))))
    return norm(sum(stream)) @ w_token.T


RIGHT = (
    Variant("word by word", one_by_one),
    Variant("one-hot rows, in place", by_one_hot),
    Variant("torch", by_torch),
    Variant("a list of all that was added", changes_kept),
)


def either(function):
    """A function of arrays that takes torch's, too."""

    def layer(x):
        made = function(np.asarray(x))
        return x.new_tensor(made) if hasattr(x, "new_tensor") else made

    return layer


def drawn(B, T, vocab_size, context_length, d_model, n_layers, seed):
    rng = np.random.default_rng(seed)

    def attend():
        w = rng.normal(size=(d_model, d_model))
        shares = np.tri(T) / np.arange(1, T + 1)[:, None]
        return either(lambda x: shares[: x.shape[1], : x.shape[1]] @ x @ w)

    def mlp():
        w_in, w_out = rng.normal(size=(2, d_model, d_model))
        return either(lambda x: np.maximum(x @ w_in, 0) @ w_out)

    def norm():
        gains = rng.uniform(0.5, 2, size=d_model)
        return either(lambda x: x / np.sqrt((x**2).mean(axis=-1, keepdims=True)) * gains)

    blocks = [(attend(), mlp(), norm(), norm()) for _ in range(n_layers)]
    tokens = rng.integers(vocab_size, size=(B, T))
    w_token = rng.normal(size=(vocab_size, d_model))
    w_place = rng.normal(size=(context_length, d_model))
    axes = ("B T", "vocab_size d_model", "context_length d_model", None, None)
    return Case((tokens, w_token, w_place, blocks, norm()), axes)


EXERCISE = Exercise(
    id="14.1",
    title="From IDs to scores",
    name="forward",
    minutes=20,
    difficulty="Within reach",
    reference=forward,
    returns=("logits",),
    cases=(drawn(2, 5, 11, 7, 4, 3, 14), drawn(3, 6, 9, 8, 5, 2, 15)),
    slips=SLIPS,
    right=RIGHT,
    hints=FORWARD,
    notice="the stream has one shape from the first line to the last norm. That is why blocks can "
    "be stacked.",
)
