"""For each chapter: an exercise, a right answer in a reader's own way, and one common slip in it.

As exercise, the stub's name, the answer, what is mistaken in it, and for what.
"""

ANSWERS = {
    "01_next_token_game": (
        *("1.1", "grade"),
        """def grade(chances):
    words = np.concatenate(chances)
    bits = -np.log2(words).sum()
    return bits / len(chances), 2 ** (bits / len(words))""",
        *("bits / len(words)", "bits / len(chances)"),
    ),
    "02_tokens": (
        *("2.1", "merge_once"),
        """def merge_once(ids, pair, new):
    merged, i = [], 0
    while i < len(ids):
        here = tuple(ids[i : i + 2]) == tuple(pair)
        merged.append(new if here else ids[i])
        i += 2 if here else 1
    return merged""",
        *("2 if here else 1", "1"),
    ),
    "03_embeddings": (
        *("3.2", "step"),
        """def step(center, context, negatives, lr):
    others = np.vstack([context, negatives])
    wish = np.eye(len(others))[0]
    errors = 1 / (1 + np.exp(-others @ center)) - wish
    moved = others - lr * errors[:, None] * center
    return center - lr * errors @ others, moved[0], moved[1:]""",
        *("lr * errors @ others, moved", "lr * errors @ moved, moved"),
    ),
    "04_problem_of_context": (
        *("4.1", "overtakes"),
        """def overtakes(query, vectors):
    dots = vectors @ query
    cosines = dots / np.linalg.norm(vectors, axis=1)
    return (dots[:, None] > dots) & (cosines[:, None] < cosines)""",
        *("(cosines[:, None] < cosines)", "(cosines[:, None] > cosines)"),
    ),
    "05_three_lines": (
        *("5.1", "attend"),
        """def attend(x):
    raised = np.exp(x @ x.mT / math.sqrt(x.shape[-1]))
    weights = raised / raised.sum(axis=-1, keepdims=True)
    return weights @ x, weights""",
        *("axis=-1", "axis=-2"),
    ),
    "06_softmax": (
        *("6.1", "safe_softmax"),
        """def safe_softmax(scores, axis):
    top = np.maximum(scores.max(axis=axis, keepdims=True), -1e300)
    raised = np.exp(scores - top)
    total = raised.sum(axis=axis, keepdims=True)
    return np.divide(raised, total, out=np.zeros_like(raised), where=total > 0)""",
        *("scores.max(axis=axis, keepdims=True)", "scores.max()"),
    ),
    "07_qkv_by_hand": (
        *("7.1", "one_query"),
        """def one_query(i, x, w_q, w_k, w_v):
    scores = x @ w_k @ (x[i] @ w_q) / math.sqrt(w_q.shape[1])
    raised = np.exp(scores - scores.max())
    return raised @ (x @ w_v) / raised.sum()""",
        *("w_q.shape[1]", "len(w_q)"),
    ),
    "08_dont_look_ahead": (
        *("8.1", "causal_attention"),
        """def causal_attention(q, k, v):
    scores = q @ k.mT / np.sqrt(q.shape[-1])
    scores = np.where(np.tri(q.shape[-2], dtype=bool), scores, -np.inf)
    weights = np.exp(scores - scores.max(axis=-1, keepdims=True))
    weights = weights / weights.sum(axis=-1, keepdims=True)
    return weights @ v, weights""",
        *("scores, -np.inf", "scores, 0"),
    ),
    "09_many_heads": (
        *("9.3", "multi_head"),
        """def multi_head(x, w_qkv, b_qkv, w_o, b_o, n_heads):
    q, k, v = np.split(x @ w_qkv + b_qkv, 3, axis=-1)
    size, merged = len(w_o) // n_heads, []
    for h in range(n_heads):
        own = slice(h * size, (h + 1) * size)
        raised = np.exp(q[..., own] @ k[..., own].mT / np.sqrt(size))
        weights = raised / raised.sum(axis=-1, keepdims=True)
        merged.append(weights @ v[..., own])
    return np.concatenate(merged, axis=-1) @ w_o + b_o""",
        *("np.sqrt(size)", "np.sqrt(len(w_o))"),
    ),
    "10_order": (
        *("10.1", "sinusoids"),
        """def sinusoids(T, d_model, base):
    angles = np.outer(np.arange(T), base ** (-np.arange(0, d_model, 2) / d_model))
    return np.stack([np.sin(angles), np.cos(angles)], axis=-1).reshape(T, d_model)""",
        *("axis=-1).reshape(T, d_model)", "axis=1).reshape(T, d_model)"),
    ),
    "11_two_sequences": (
        *("11.1", "cross_attend"),
        """def cross_attend(x, source, w_q, w_k, w_v):
    scores = (x @ w_q) @ (source @ w_k).T / math.sqrt(w_k.shape[1])
    weights = np.exp(scores)
    weights = weights / weights.sum(axis=1, keepdims=True)
    return weights @ (source @ w_v), weights""",
        *("math.sqrt(w_k.shape[1])", "math.sqrt(w_k.shape[0])"),
    ),
    "14_assembling": (
        *("14.1", "forward"),
        """def forward(tokens, w_token, w_place, blocks, norm):
    x = w_token[tokens] + w_place[: tokens.shape[1]]
    for attend, mlp, norm_1, norm_2 in blocks:
        x = x + attend(norm_1(x))
        x = x + mlp(norm_2(x))
    return norm(x) @ w_token.T""",
        *("mlp(norm_2(x))", "mlp(norm_1(x))"),
    ),
}
