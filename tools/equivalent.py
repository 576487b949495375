"""Mutants that turned out to be as right as their reference, each with the reason."""

SHIFTED = "the same number taken from all scores of a row moves no weight"
EXAMPLES = "any such answer will do"
TURNED = "a distance has no direction"
EDGE = "no entry lies as close as this to the edge"

EQUIVALENT = {
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
}
