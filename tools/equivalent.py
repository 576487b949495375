"""Mutants that turned out to be as right as their reference, each with the reason."""

SHIFTED = "the same number taken from all scores of a row moves no weight"
EXAMPLES = "any such answer will do"
TURNED = "a distance has no direction"
EDGE = "no entry lies as close as this to the edge"
OTHERS = "any other ending will do"
ROUNDS = "it has settled long before"
NEVER_FIRST = "no character begins with a byte from 128 to 193"
EMPTY = "an empty list holds numbers of any kind"
TIES = "no two words agree with a query to the last bit"
SIGN = "a sum and an average rank alike, and have one sign"
NOTHING = "of a row of nothing, nothing is left, whatever is taken or divides"
ROWS = "scores have two axes"
FURTHER = "the last width alive lies well before the end of the search"
EXCHANGED = "an exchange of two has no direction"

EQUIVALENT = {
    "1.2": {
        "counts = np.full((vocab_size, vocab_size), float(alpha))": "a square turned is itself",
        "counts = np.full((vocab_size, vocab_size), alpha)": "each alpha makes its table's dtype",
    },
    "1.3": {
        "whole, blind = (True, True)": "two of the same",
        "whole = whole and min(bets) >= 0 and (abs(sum(bets) - 1) <= 1e-06)": EDGE,
        "whole = whole and min(bets) >= 0 and (abs(1 - sum(bets)) < 1e-06)": TURNED,
        "for shift in range(2, vocab_size):\n"
        "    ending = [(word + shift) % vocab_size for word in story[i:]]\n"
        "    blind = blind and np.allclose(player(story[:i] + ending + [0], i), bets)": OTHERS,
        "for shift in range(0, vocab_size):\n"
        "    ending = [(word + shift) % vocab_size for word in story[i:]]\n"
        "    blind = blind and np.allclose(player(story[:i] + ending + [0], i), bets)": OTHERS,
        "ending = [vocab_size % (word + shift) for word in story[i:]]": OTHERS,
        "ending = [word + shift for word in story[i:]]": OTHERS,
        "ending = [(word - shift) % vocab_size for word in story[i:]]": OTHERS,
        "ending = [(word + shift) % vocab_size for word in story]": OTHERS,
        "blind = blind and np.allclose(player(story[:i] + [0], i), bets)": OTHERS,
        "blind = blind and np.allclose(player(story[:i] + ending + [1], i), bets)": OTHERS,
        "blind = blind and np.allclose(player(story[:i] + ending + [-1], i), bets)": OTHERS,
        "blind = blind and np.allclose(bets, player(story[:i] + ending + [0], i))": TURNED,
    },
    "1.4": {
        "for _ in range(301):\n    shares = weights[:, None] * chances\n"
        "    weights = (shares / shares.sum(axis=0)).mean(axis=1)": ROUNDS,
        "for _ in range(299):\n    shares = weights[:, None] * chances\n"
        "    weights = (shares / shares.sum(axis=0)).mean(axis=1)": ROUNDS,
    },
    "2.1": {"merged: cast to int": EMPTY},
    "2.2a": {
        "ids = text.encode('utf-8')": "bytes can be walked along like a list",
        "ids: cast to int": EMPTY,
    },
    "2.2b": {
        "ids: cast to int": EMPTY,
        "ids.append(max(fits, key=lambda i: tokens[i]))": "of those that begin alike, the longest "
        "comes last in the alphabet",
    },
    "2.3b": {
        "size = 1 + (first > 192) + (first >= 224) + (first >= 240)": NEVER_FIRST,
        "size = 1 + (first >= 193) + (first >= 224) + (first >= 240)": NEVER_FIRST,
        "size = 1 + (first >= 191) + (first >= 224) + (first >= 240)": NEVER_FIRST,
    },
    "3.1a": {"rows: cast to int": "ones and zeros are whole numbers"},
    "3.2": {
        "error = 1 / (1 + np.exp(-(center @ context))) - 1": "a dot product is symmetric",
    },
    "3.3b": {
        "units = table": EXAMPLES,
        "units = table / np.linalg.norm(table, keepdims=True)": EXAMPLES,
        "return units[b] - 0.01 / (units[c] - units[a])": EXAMPLES,
        "return units[b] - 0.01 * units[c]": EXAMPLES,
        "vector: a thousandth too large": EXAMPLES,
    },
    "3.4a": {
        "mean = (units[pairs[:, 1]] - units[pairs[:, 0]]).sum(axis=0)": "its length is divided out",
    },
    "3.4b": {
        "steps = units[pairs[:, 0]] - units[pairs[:, 1]]": "all are turned round, and so is the mean",
    },
    "4.1": {
        "return (cosines[:, None] < cosines) & (dots[:, None] > dots)": "both, in any order",
        "return (dots[:, None] >= dots) & (cosines[:, None] < cosines)": TIES,
        "return (dots[:, None] > dots) & (cosines[:, None] <= cosines)": TIES,
    },
    "4.2": {"left = x[max(place - window, 0):place]": "the larger of two, in any order"},
    "4.4": {
        "best, winner = (None, scores.sum(axis=0).argmax())": SIGN,
        "if lead[order[k:]].mean() < 0 and (best is None or k < len(best)):\n    best = order[:k]": SIGN,
        "if lead[order[k:]].sum() < 0 and (best is None or k <= len(best)):\n    best = order[:k]": (
            "of two sets of one size, either will do"
        ),
    },
    "5.1": {
        "raised = np.exp(scores)": SHIFTED,
        "raised = np.exp(scores + scores.max(axis=-1, keepdims=True))": SHIFTED,
        "raised = np.exp(scores - scores.max(keepdims=True))": SHIFTED,
        "raised = np.exp(scores - scores.min(axis=-1, keepdims=True))": SHIFTED,
    },
    "5.2a": {"return a @ a / (b @ a)": "a dot product is symmetric"},
    "5.2b": {
        "return s - 2 * np.array([-s[1], s[0]])": EXAMPLES,
        "s = 2.1 * a": EXAMPLES,
        "return s + 3 * np.array([-s[1], s[0]])": EXAMPLES,
        "b: a thousandth too large": EXAMPLES,
    },
    "5.3a": {
        "return np.allclose(f(x)[order], f(x[order]))": "it is True or False as it is",
        "return bool(np.allclose(f(x[order]), f(x)[order]))": "both differ by too much or neither",
    },
    "5.3b": {
        "y, push = (x.copy(), x.shape[-1])": EXAMPLES,
        "y, push = (x.copy(), np.ones(x.shape[1]))": "a sentence has two axes",
        "y[-1] += push": EXAMPLES,
        "y[2] -= push": EXAMPLES,
        "words: upside down": "the twin's words in another order are a twin",
    },
    "6.1": {
        "raised = np.exp(scores - np.where(np.isneginf(top), 1, top))": NOTHING,
        "raised = np.exp(scores - np.where(np.isneginf(top), -1, top))": NOTHING,
        "return raised / np.where(total == 0, 2, total)": NOTHING,
    },
    "6.2a": {
        "top = np.where(np.isneginf(top), 1, top)": NOTHING,
        "top = np.where(np.isneginf(top), -1, top)": NOTHING,
        "return np.log(np.exp(scores - top).sum(axis=-1)) + top[..., -1]": "an axis of one",
    },
    "6.2b": {
        "scores = scores - scores.max(axis=1, keepdims=True)": ROWS,
        "total = np.log(np.exp(scores).sum(axis=1))": ROWS,
    },
    "6.3b": {
        "return math.sqrt(np.sum(cov_k * (cov_q + np.outer(mean_q, mean_q))))": "it is itself",
    },
    "6.4b": {
        "far = math.log(bound / len(scores)) / (first - second)": "only its square is used",
        "far = math.log(len(scores) / bound) / (second - first)": "only its square is used",
        "widths = np.arange(1, math.ceil(far ** 3) + 1)": FURTHER,
        "widths = np.arange(1, math.ceil(far ** 2) + 2)": FURTHER,
        "widths = np.arange(1, far ** 2 + 1)": FURTHER,
        "widths = np.arange(0, math.ceil(far ** 2) + 1)": "a width of 0 is never the last",
        "widths = np.arange(1, math.ceil(far ** 2))": FURTHER,
        "widths = np.arange(1, math.ceil(far ** 2) + 0)": FURTHER,
        "alive = widths[(weights * (1 - weights)).max(axis=1) > bound]": EDGE,
    },
    "7.1": {
        "raised = np.exp(scores)": SHIFTED,
        "raised = np.exp(scores + scores.max())": SHIFTED,
        "raised = np.exp(scores - scores.min())": SHIFTED,
    },
    "7.2": {
        "raised = np.exp(scores)": SHIFTED,
        "raised = np.exp(scores + scores.max(axis=-1, keepdims=True))": SHIFTED,
        "raised = np.exp(scores - scores.max(keepdims=True))": SHIFTED,
        "raised = np.exp(scores - scores.min(axis=-1, keepdims=True))": SHIFTED,
    },
    "7.3a": {
        "return np.abs(x @ w - printed) >= 0.005 + 1e-09": EDGE,
        "return np.abs(x @ w - printed) > 0.005": EDGE,
        "return np.abs(x @ w - printed) > 0.005 - 1e-09": EDGE,
        "return np.abs(printed - x @ w) > 0.005 + 1e-09": TURNED,
    },
    "7.3b": {
        "pairs = zip(follows, [scores, weights, context])": "three of each",
        "pairs = zip(follows, [scores, weights, context], strict=False)": "three of each",
        "pairs = zip([scores, weights, context], follows, strict=True)": TURNED,
        "return tuple((np.abs(a - b) >= 0.005 + 1e-09 for a, b in pairs))": EDGE,
        "return tuple((np.abs(a - b) > 0.005 for a, b in pairs))": EDGE,
        "return tuple((np.abs(a - b) > 0.005 - 1e-09 for a, b in pairs))": EDGE,
        "return tuple((np.abs(b - a) > 0.005 + 1e-09 for a, b in pairs))": TURNED,
    },
    "7.4a": {
        "raised = np.exp(scores.T)": SHIFTED,
        "raised = np.exp(scores.T + scores.max())": SHIFTED,
        "raised = np.exp(scores.T - scores.min())": SHIFTED,
    },
    "8.1": {
        "may = np.tri(scores.shape[-1])": "1 and 0 choose like True and False",
        "may = np.tri(scores.shape[-2], dtype=bool)": "as many keys as queries",
        "raised = np.exp(shown)": SHIFTED,
        "raised = np.exp(shown + shown.max(axis=-1, keepdims=True))": SHIFTED,
        "raised = np.exp(shown - shown.max(keepdims=True))": SHIFTED,
    },
    "8.2a": {
        "return [fill - 40.0, fill - 50.0, 0.0]": EXAMPLES,
        "return np.array([fill - 40.0, fill - 50.0, 1.0])": EXAMPLES,
        "return np.array([fill - 40.0, fill - 50.0, -1.0])": EXAMPLES,
        "return np.array([fill - 41.0, fill - 50.0, 0.0])": EXAMPLES,
        "return np.array([fill - 39.0, fill - 50.0, 0.0])": EXAMPLES,
        "return np.array([fill - 40.0, fill - 51.0, 0.0])": EXAMPLES,
        "return np.array([fill - 40.0, fill - 49.0, 0.0])": EXAMPLES,
        "scores: cast to int": EXAMPLES,
        "scores: a thousandth too large": EXAMPLES,
    },
    "8.2b": {
        "return raised / np.where(total == 0.0, 2.0, total)": "zeros, whatever divides them",
        "raised = np.exp(shown - np.where(top == -np.inf, 1.0, top))": "minus infinity stays so",
        "raised = np.exp(shown - np.where(top == -np.inf, -1.0, top))": "minus infinity stays so",
    },
    "8.3": {
        "before, rng = (f(x), np.random.default_rng(9))": EXAMPLES,
        "before, rng = (f(x), np.random.default_rng(7))": EXAMPLES,
        "y[b, j:] = size": EXAMPLES,
        "y[b, j:] = size / rng.normal(size=y[b, j:].shape)": EXAMPLES,
        "y[b, j:] = size * rng.normal()": EXAMPLES,
        "gap[b, j:] = -1": "below every difference",
        "gap = np.abs(before - f(y))": TURNED,
        "if not gap.max() <= 1e-06:\n    return True": "no difference lies at the edge",
    },
    "8.4a": {
        "reach = np.eye(masks.shape[-1])": "1 and 0 become True and False in the first layer",
        "reach = np.eye(masks.shape[1], dtype=bool)": "a mask is square",
        "reach = np.eye(masks.shape[-2], dtype=bool)": "a mask is square",
    },
    "8.4b": {
        "if j >= i or window == 1:\n    return math.inf": "that i is j has been answered",
    },
    "9.1a": {
        "return x.reshape(B, T, n_heads, d_model // n_heads).swapaxes(2, 1)": EXCHANGED,
    },
    "9.1b": {
        "return heads.swapaxes(2, 1).reshape(B, T, n_heads * d_head)": EXCHANGED,
    },
    "9.2a": {"return heads.swapaxes(2, 1).reshape(B, T, d_model)": EXCHANGED},
    "9.2b": {"return columns.swapaxes(2, 1).reshape(d_model, width)": EXCHANGED},
    "9.3": {
        "q, k, v = (part.swapaxes(2, 1) for part in cut)": EXCHANGED,
        "raised = np.exp(scores)": SHIFTED,
        "raised = np.exp(scores + scores.max(axis=-1, keepdims=True))": SHIFTED,
        "raised = np.exp(scores - scores.max(keepdims=True))": SHIFTED,
        "raised = np.exp(scores - scores.min(axis=-1, keepdims=True))": SHIFTED,
        "merged = (weights @ v).swapaxes(2, 1).reshape(B, T, wide)": EXCHANGED,
    },
    "9.4b": {
        "merged = context.swapaxes(2, 1).reshape(B * T, n_heads * d_head)": EXCHANGED,
    },
    "10.3": {
        "first = min(j, i)": "the smaller of two has no order",
        "if not np.isclose(score(i - first, j - first), score(i, j)):\n    return False": "which "
        "of the two is compared with which matters to a hair of the tolerance",
    },
    "10.4": {
        "pairs = w.reshape(n_heads, d_model, width // n_heads // 2, 2)": "the two axes in front are "
        "folded together again, uncrossed",
    },
    "11.1": {
        "raised = np.exp(scores)": SHIFTED,
        "raised = np.exp(scores + scores.max(axis=1, keepdims=True))": SHIFTED,
        "raised = np.exp(scores - scores.max(keepdims=True))": SHIFTED,
        "raised = np.exp(scores - scores.min(axis=1, keepdims=True))": SHIFTED,
    },
    "11.4": {
        "weights = np.linalg.lstsq(a, labels)[0]": "it is NumPy's own choice of a cut-off",
        "return np.mean((new_a @ weights >= 0.5) == (new_labels > 0.5))": EDGE,
        "return np.mean((new_a @ weights > 0.5) == (new_labels >= 0.5))": "labels are 0 and 1",
    },
    "12.1a": {
        "variance = ((mean - x) ** 2).mean(axis=-1, keepdims=True)": "a square has no sign",
    },
    "12.3a": {"return along / (total * total).sum(axis=1)": "the total has two axes"},
    "12.3b": {
        "size = np.sqrt((total * total).mean(axis=1) + eps)": "the total has two axes",
    },
    "13.1": {
        "hidden = np.maximum(0, x @ w_in.T + b_in) ** 2": "the larger of two, in either order",
    },
    "13.3b": {
        "return w_out + np.outer(wanted - w_out @ key, direction) / (key @ direction)": (
            "a dot product, in either order"
        ),
    },
    "13.4": {"lost[:, n] = ~after & before": "both must be true, in either order"},
    "16.2": {
        "stay = order[ordered.cumsum() - ordered <= setting]": EDGE,
    },
    "16.3": {
        "row[token] = row[token] / penalty if row[token] >= 0 else row[token] * penalty": "a logit of 0 "
        "stays 0 either way",
    },
    "17.1": {
        "raised = np.exp(scores)": SHIFTED,
        "raised = np.exp(scores + scores.max(axis=2, keepdims=True))": SHIFTED,
        "raised = np.exp(scores - scores.max(keepdims=True))": SHIFTED,
        "raised = np.exp(scores - scores.max(axis=2))": SHIFTED,
        "raised = np.exp(scores - scores.max(axis=2, keepdims=False))": SHIFTED,
        "raised = np.exp(scores - scores.min(axis=2, keepdims=True))": SHIFTED,
        "return ((weights @ v)[:, -1], k, v)": "of one word the first is the last",
    },
    "17.4b": {"whole = min(len(lengths), tokens // capacity)": "the lesser has no order"},
}
