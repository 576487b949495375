"""1.4, let the players bet together: `mix`."""

import numpy as np

from minigpt.exercises.exercise import Case, Exercise, Hint, Slip, Variant

ENOUGH = 1e-3  # bits per word above the best mixture


SUMMED = (
    "Your weights sum to the number of words: the shares of every word are a whole, and you have "
    "added them all up. What is a player's share of an average word?"
)


def mix(chances):
    weights = np.ones(len(chances))
    for _ in range(300):
        shares = weights[:, None] * chances
        weights = (shares / shares.sum(axis=0)).mean(axis=1)
    return weights


def price(weights, chances):
    """Bits per word of the mixture; chances (n_players, n_words)."""
    return -np.log2(weights @ chances).mean()


def whole(weights):
    return weights / weights.sum()


def rounds(chances, n):
    weights = np.full(len(chances), 1 / len(chances))
    for _ in range(n):
        shares = weights[:, None] * chances
        weights = (shares / shares.sum(axis=0)).mean(axis=1)
    return weights


def winner(chances):
    best = np.log2(chances).sum(axis=1).argmax()
    return np.eye(len(chances))[best]


def wins(chances):
    return np.bincount(chances.argmax(axis=0), minlength=len(chances)) / chances.shape[1]


def over_words(chances):
    weights = np.full(len(chances), 1 / len(chances))
    for _ in range(100):
        shares = weights[:, None] * chances
        weights = (shares / shares.sum(axis=1, keepdims=True)).mean(axis=1)
    return weights


def not_shared_out(chances):
    weights = np.full(len(chances), 1 / len(chances))
    for _ in range(100):
        weights = (weights[:, None] * chances).mean(axis=1)
    return whole(weights)


def weights_beside_the_words(chances):
    weights = np.full(len(chances), 1 / len(chances))
    shares = weights * chances
    return (shares / shares.sum(axis=0)).mean(axis=1)


def least_squares(chances):
    return np.linalg.lstsq(chances.T, np.ones(chances.shape[1]), rcond=None)[0]


def one_whole_a_word(chances):
    shares = chances / chances.sum(axis=0)
    return shares


SLIPS = (
    Slip(
        "alike",
        lambda chances: np.full(len(chances), 1 / len(chances)),
        "Each player has the same weight, whatever it is worth. That is where one may start; "
        "which player explains more of the words?",
    ),
    Slip(
        "the winner takes all",
        winner,
        "All the weight is on the player with the lowest price. It is the best of them, and still "
        "a little of another pays wherever it is surprised.",
    ),
    Slip(
        "counting wins",
        wins,
        "You count how often each player bet the most, by a hair or by far. How much "
        "more it bet matters too.",
    ),
    Slip(
        "the mean chance",
        lambda chances: whole(chances.mean(axis=1)),
        "The weights follow the players' mean probability. What counts is the bits, and the words "
        "on which *all the others* bet little.",
    ),
    Slip(
        "by total price",
        lambda chances: whole(2 ** (-np.log2(1 / chances).sum(axis=1) + 20.0)),
        "That is how probable each player is to be the one who wrote *all* the words, and it goes to the "
        "winner. Here each word may have been another's.",
    ),
    Slip(
        "by perplexity",
        lambda chances: whole(2 ** np.log2(chances).mean(axis=1)),
        "The weights follow one over the perplexity. A player may be poor on average and "
        "invaluable on the words where the rest fail.",
    ),
    Slip(
        "by bits",
        lambda chances: whole(1 / -np.log2(chances).mean(axis=1)),
        "The weights follow one over the price. Where does your rule ask what the mixture as a whole "
        "will pay?",
    ),
    Slip(
        "one round",
        lambda chances: rounds(chances, 1),
        "A step in the right direction, from equal weights. The shares were computed with the old "
        "weights: what if you compute them again?",
    ),
    Slip(
        "shares over the words",
        over_words,
        "The shares are to be divided among the *players*, word by word. Yours sum to 1 over the "
        "words, and then nothing ever moves.",
    ),
    Slip(
        "not shared out",
        not_shared_out,
        "You weigh the players' chances again and again, but never ask, word by word, whose "
        "share of the mixture each is. All drifts to one player.",
    ),
    Slip(
        "sums of shares",
        lambda chances: rounds(chances, 300) * chances.shape[1],
        SUMMED,
    ),
    Slip(
        "weights beside the words",
        weights_beside_the_words,
        "`weights * chances` lays the weights along the words, and there are more words than players. "
        "How does a row of weights become a column?",
    ),
    Slip(
        "a sum above 1",
        lambda chances: np.ones(len(chances)),
        "The weights sum to more than 1: this is how one cheats in this game. Each is a share of one "
        "whole.",
    ),
    Slip(
        "least squares",
        least_squares,
        "Least squares pull the mixture's chances towards 1, which is another wish than few bits, and "
        "these weights make no whole.",
    ),
    Slip(
        "weights for every word",
        one_whole_a_word,
        "You give other weights at every word, chosen when it is known which word came. One "
        "set of weights must serve all of them.",
    ),
)


def by_descent(chances):
    """Along the slopes of a softmax's scores."""
    scores = np.zeros(len(chances))
    for _ in range(2000):
        weights = np.exp(scores) / np.exp(scores).sum()
        shares = weights[:, None] * chances / (weights @ chances)
        scores += 2 * (shares.mean(axis=1) - weights)
    return weights.tolist()


def by_grid(chances):
    """Ever finer grids around the best weights so far."""
    best, width = np.full(len(chances), 1 / len(chances)), 0.5
    rng = np.random.default_rng(0)
    for _ in range(40):
        trials = best + width * rng.normal(size=(200, len(chances)))
        trials = np.vstack([best, trials.clip(1e-9)])
        trials /= trials.sum(axis=1, keepdims=True)
        best = trials[(-np.log2(trials @ chances)).mean(axis=1).argmin()]
        width *= 0.75
    return best


def in_loops(chances):
    players, words = range(len(chances)), range(len(chances[0]))
    weights = [1 / len(chances)] * len(chances)
    for _ in range(150):
        won = [0.0] * len(chances)
        for t in words:
            mixed = sum(weights[k] * chances[k][t] for k in players)
            for k in players:
                won[k] += weights[k] * chances[k][t] / mixed
        weights = [share / len(chances[0]) for share in won]
    return weights


def from_other_weights(chances):
    weights = 1.0 + np.arange(len(chances))
    for _ in range(300):
        weights = (np.einsum("k,kt->kt", weights, chances) / (weights @ chances)).mean(1)
    return np.float32(weights)


RIGHT = (
    Variant("loops, 150 rounds", in_loops),
    Variant("down the slope of a softmax, as a list", by_descent),
    Variant("ever finer trials", by_grid),
    Variant("from other weights", from_other_weights),
)


def too_dear(args, weights):
    """Say what keeps the weights, shape (n_players,), from being the best mixture."""
    (chances,) = args
    if weights.shape != (len(chances),):
        return f"There are {len(chances)} players, and as many weights are wanted."
    if abs(weights.sum() - chances.shape[1]) < 1e-6:
        return SUMMED
    if weights.min() < -1e-9 or abs(weights.sum() - 1) > 1e-6:
        return (
            f"The weights sum to {weights.sum():.4g} and the smallest is {weights.min():.4g}. "
            "They are to be shares of one whole."
        )
    mine, best = price(weights, chances), price(mix(chances), chances)
    if mine > best + ENOUGH:
        return f"Your mixture pays {mine:.4f} bits a word. There is one that pays {best:.4f}."
    return None


def bets(n_players, n_words, seed):
    """Probabilities of the words that came, by players who know different things."""
    rng = np.random.default_rng(seed)
    return rng.beta(0.4, 0.9, size=(n_players, n_words)).clip(0.001, 1)


def with_a_follower(n_words, seed):
    """Of three players the last bets always less than the first."""
    chances = bets(3, n_words, seed)
    chances[2] = 0.4 * chances[0]
    return chances


EXERCISE = Exercise(
    id="1.4",
    title="Let the players bet together",
    name="mix",
    minutes=60,
    difficulty="An evening's thought",
    reference=mix,
    returns=("weights",),
    cases=(
        Case((bets(2, 11, 3),), ("n_players n_words",)),
        Case((bets(4, 60, 5),), ("n_players n_words",)),
        Case((with_a_follower(25, 6),), ("n_players n_words",)),
    ),
    slips=SLIPS,
    right=RIGHT,
    judge_by=too_dear,
    hints=(
        Hint(
            "two players, one word",
            "Mix two players half and half, and let a word come on which one had bet 3/5 and the other "
            "1/5. Of the 2/5 that the mixture had on it, what share was the first player's?",
        ),
        Hint(
            "whose words are they",
            "Compute that share for every player and every word. A player's mean share says how much of "
            "the text is, so to speak, its own. Is that the weight you began with?",
        ),
        Hint(
            "a plan",
            "Begin with equal weights. Again and again: multiply each player's chances with its weight, "
            "divide them, word by word, by the sum over the players, and let each player's new weight be "
            "the mean of its shares. For 3: does a chord of the logarithm's curve lie above the curve, or "
            "below it?",
        ),
    ),
    notice="the weights are shares of one whole, so the mixture's bets are wholes too: no cheating. "
    "A softmax of learned scores will take their place.",
)
