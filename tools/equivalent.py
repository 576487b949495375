"""Mutants that turned out to be as right as their reference, each with the reason."""

SHIFTED = "the same number taken from all scores of a row moves no weight"
EXAMPLES = "any such answer will do"
TURNED = "a distance has no direction"
EDGE = "no entry lies as close as this to the edge"

EQUIVALENT = {
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
        "an argument changed": "there is no array to change",
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
        "an argument changed": "there is no array to change",
    },
}
