"""Mutants that turned out to be as right as their reference, each with the reason."""

SHIFTED = "the same number taken from all scores of a row moves no weight"
EXAMPLES = "any such answer will do"
TURNED = "a distance has no direction"
EDGE = "no entry lies as close as this to the edge"

OTHERS = "any other ending will do"
ROUNDS = "it has settled long before"

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
