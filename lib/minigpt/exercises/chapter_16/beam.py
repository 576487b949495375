"""16.4, a beam: `beam_search`."""

import numpy as np

from minigpt.exercises.chapter_16.hints import BEAM
from minigpt.exercises.exercise import Case, Exercise, Slip, Variant


def beam_search(next_log_p, n_beams, max_tokens, end):
    beams = [(0.0, [])]
    for _ in range(max_tokens):
        grown = []
        for total, text in beams:
            if text[-1:] == [end]:
                grown.append((total, text))
                continue
            for token, log_p in enumerate(next_log_p(text)):
                grown.append((total + log_p, [*text, token]))
        beams = sorted(grown, reverse=True)[:n_beams]
    total, text = beams[0]
    return text, total


def has_ended(text, end):
    return text[-1:] == [end]


def children(beams, next_log_p):
    """Every text with every token behind it, ended or not."""
    return [
        (total + log_p, [*text, token])
        for total, text in beams
        for token, log_p in enumerate(next_log_p(text))
    ]


def best(beams, n_beams):
    return sorted(beams, reverse=True)[:n_beams]


def racing(
    ended=has_ended,
    chance=lambda log_p: log_p,
    add=lambda total, log_p: total + log_p,
    rank=lambda total, text: total,
    last=lambda total, text: total,
    answer=lambda text, total, end: (text, total),
    lead=max,
    first=0.0,
):
    """The search, and one of its steps changed."""

    def changed(next_log_p, n_beams, max_tokens, end):
        beams = [(first, [])]
        for _ in range(max_tokens):
            grown = [beam for beam in beams if ended(beam[1], end)]
            for total, text in beams:
                if not ended(text, end):
                    grown += [
                        (add(total, chance(log_p)), [*text, token])
                        for token, log_p in enumerate(next_log_p(text))
                    ]
            grown.sort(key=lambda beam: rank(*beam), reverse=lead is max)
            beams = grown[:n_beams]
        total, text = max(beams, key=lambda beam: last(*beam))
        return answer(text, total, end)

    return changed


def greedy(next_log_p, n_beams, max_tokens, end):
    return beam_search(next_log_p, 1, max_tokens, end)


def first_to_end(next_log_p, n_beams, max_tokens, end):
    beams = [(0.0, [])]
    for _ in range(max_tokens):
        beams = best(children(beams, next_log_p), n_beams)
        for total, text in beams:
            if has_ended(text, end):
                return text, total
    total, text = beams[0]
    return text, total


def ended_forgotten(next_log_p, n_beams, max_tokens, end):
    beams = [(0.0, [])]
    for _ in range(max_tokens):
        grown = children(beams, next_log_p)
        beams = best([beam for beam in grown if not has_ended(beam[1], end)], n_beams)
    total, text = beams[0]
    return text, total


def set_aside(next_log_p, n_beams, max_tokens, end):
    """Ended texts leave the race, and their places go to others."""
    beams, done = [(0.0, [])], []
    for _ in range(max_tokens):
        first = best(children(beams, next_log_p), 2 * n_beams)
        done += [beam for beam in first if has_ended(beam[1], end)]
        beams = [beam for beam in first if not has_ended(beam[1], end)][:n_beams]
    total, text = max(done + beams)
    return text, total


def not_empty_first(next_log_p, n_beams, max_tokens, end):
    text, total = beam_search(next_log_p, n_beams, max_tokens, end)
    return [end, *text], total


def never_dropped(next_log_p, n_beams, max_tokens, end):
    """Ended texts leave the race when they are among the best, and win if nobody passes them."""
    beams, done = [(0.0, [])], []
    for _ in range(max_tokens):
        first = best(children(beams, next_log_p), n_beams)
        done += [beam for beam in first if has_ended(beam[1], end)]
        beams = [beam for beam in first if not has_ended(beam[1], end)]
    total, text = max(done + beams)
    return text, total


def gone_the_step_after(next_log_p, n_beams, max_tokens, end):
    beams = [(0.0, [])]
    for _ in range(max_tokens):
        live = [beam for beam in beams if not has_ended(beam[1], end)]
        beams = best(children(live, next_log_p), n_beams) or beams
    total, text = beams[0]
    return text, total


def each_with_its_first(next_log_p, n_beams, max_tokens, end):
    beams = [(0.0, [])]
    for _ in range(max_tokens):
        grown = [beam for beam in beams if has_ended(beam[1], end)]
        for total, text in beams:
            if not has_ended(text, end):
                logs = next_log_p(text)
                grown += [(total + logs[n], [*text, int(n)]) for n in np.argsort(logs)[:n_beams]]
        beams = sorted(grown, reverse=True)[:n_beams]
    total, text = beams[0]
    return text, total


SLIPS = (
    Slip(
        "greedy",
        greedy,
        "That is the greedy text: a single one goes on, whatever `n_beams` says. Is each text "
        "lengthened by its likeliest token alone?",
    ),
    Slip(
        "ended texts go on",
        racing(ended=lambda text, end: False),
        "Texts go on after `end`. One that has ended keeps its total, and stays in the race as it is.",
    ),
    Slip(
        "ended texts forgotten",
        ended_forgotten,
        "No text of yours ever ends. One that has ended is not out of the race, only finished.",
    ),
    Slip(
        "the first to end",
        first_to_end,
        "You stop at the first text that ends. One that is still being written may turn out "
        "likelier than that.",
    ),
    Slip(
        "ended texts set aside",
        set_aside,
        "Ended texts make room for others, so that your beam is wider than `n_beams`. That is a "
        "search of its own, and a common one; here an ended text keeps its place.",
    ),
    Slip(
        "ended texts for one step",
        gone_the_step_after,
        "A text that has ended is forgotten one step later. It runs along, as it is, to the last step.",
    ),
    Slip(
        "the total first",
        racing(answer=lambda text, total, end: (total, text)),
        "First the text, please, and then its total.",
    ),
    Slip(
        "the unlikeliest children",
        each_with_its_first,
        "`argsort` goes upwards: the first that it names are the unlikeliest tokens.",
    ),
    Slip(
        "ended texts never dropped",
        never_dropped,
        "Your ended texts wait outside, where nobody can overtake them. Here they race along: one "
        "that is not among the best `n_beams` any more is gone.",
    ),
    Slip(
        "probabilities added",
        racing(chance=np.exp),
        "You add up probabilities. Of a text they are multiplied, so what adds up is their logarithms.",
    ),
    Slip(
        "multiplied",
        racing(add=lambda total, log_p: total * log_p, first=1.0),
        "You multiply logarithms. A product of probabilities is a sum of logarithms.",
    ),
    Slip(
        "the last token alone",
        racing(add=lambda total, log_p: log_p),
        "A text's total has forgotten all tokens but the last.",
    ),
    Slip(
        "by the length, at the end",
        racing(
            last=lambda total, text: total / len(text),
            answer=lambda text, total, end: (text, total / len(text)),
        ),
        "You divide the totals by the lengths at the end. Many do, so that long texts have a "
        "chance; here the likeliest text is asked for.",
    ),
    Slip(
        "by the length, throughout",
        racing(
            rank=lambda total, text: total / len(text),
            last=lambda total, text: total / len(text),
        ),
        "Your texts race by their average per token. Here the likeliest text is asked for, "
        "and what counts is the sum.",
    ),
    Slip(
        "the worst survive",
        racing(lead=min),
        "The unlikeliest texts survive each step. Which way does your sort go?",
    ),
    Slip(
        "the end cut off",
        racing(
            answer=lambda text, total, end: (text[:-1] if has_ended(text, end) else text, total)
        ),
        "The text is right but for its `end`, which belongs to it.",
    ),
    Slip(
        "a probability",
        racing(answer=lambda text, total, end: (text, np.exp(total))),
        "The text is right. Its total should be a sum of logarithms, and you made it a "
        "probability.",
    ),
    Slip(
        "a minus",
        racing(answer=lambda text, total, end: (text, -total)),
        "The text is right, and the total has the wrong sign: logarithms of probabilities are "
        "negative, and so is their sum.",
    ),
    Slip(
        "a step too few",
        lambda next_log_p, n_beams, max_tokens, end: beam_search(
            next_log_p, n_beams, max_tokens - 1, end
        ),
        "You stop one step early: a text may have `max_tokens` tokens.",
    ),
    Slip(
        "a step too many",
        lambda next_log_p, n_beams, max_tokens, end: beam_search(
            next_log_p, n_beams, max_tokens + 1, end
        ),
        "You take one step too many: a text has `max_tokens` tokens at the most.",
    ),
    Slip(
        "the worst of the last",
        racing(last=lambda total, text: -total),
        "The search is right, and then you return the last of its texts and not the best.",
    ),
)


def with_a_heap(next_log_p, n_beams, max_tokens, end):
    import heapq

    beams = [((), 0.0)]
    for _ in range(max_tokens):
        live = [beam for beam in beams if end not in beam[0]]
        ended = [beam for beam in beams if end in beam[0]]
        longer = (
            ((*text, token), total + log_p)
            for text, total in live
            for token, log_p in enumerate(np.asarray(next_log_p(text)).tolist())
        )
        beams = heapq.nlargest(n_beams, [*ended, *longer], key=lambda beam: beam[1])
    return beams[0]


def with_arrays(next_log_p, n_beams, max_tokens, end):
    texts, totals = [[]], np.zeros(1)
    for _ in range(max_tokens):
        if all(text and text[-1] == end for text in texts):
            break
        rows = []
        for text in texts:
            logs = np.array(next_log_p(text))
            if text and text[-1] == end:
                logs = np.where(np.arange(len(logs)) == end, 0, -np.inf)
            rows.append(logs)
        table = totals[:, None] + np.array(rows)
        best = np.argsort(-table, axis=None)[:n_beams]
        parents, tokens = np.unravel_index(best, table.shape)
        texts = [
            texts[parent] if texts[parent][-1:] == [end] else [*texts[parent], int(token)]
            for parent, token in zip(parents, tokens, strict=True)
        ]
        totals = table.ravel()[best]
    return np.array(texts[int(totals.argmax())]), totals.max()


def by_recursion(next_log_p, n_beams, max_tokens, end):
    def step(beams, left):
        if left == 0:
            return max(beams, key=lambda beam: beam[1])
        longer = [
            beam
            for text, total in beams
            for beam in (
                [(text, total)]
                if end in text
                else [([*text, n], total + float(p)) for n, p in enumerate(next_log_p(text))]
            )
        ]
        return step(sorted(longer, key=lambda beam: -beam[1])[:n_beams], left - 1)

    return step([([], 0.0)], max_tokens)


RIGHT = (
    Variant("a heap", with_a_heap),
    Variant("arrays, with an end that costs nothing", with_arrays),
    Variant("recursion", by_recursion),
    Variant("small functions", racing()),
)


def language(seed, vocab_size, spread):
    """A made-up language, whose next token depends on the last two."""
    table = spread * np.random.default_rng(seed).normal(size=[vocab_size + 1] * 2 + [vocab_size])

    def next_log_p(text):
        before = [vocab_size, vocab_size, *(int(token) for token in text)]
        logits = table[before[-2], before[-1]]
        return logits - np.log(np.exp(logits).sum())

    return next_log_p


def one_case(seed, vocab_size, n_beams, max_tokens, end):
    next_log_p = language(seed, vocab_size, 1.2)
    return Case((next_log_p, n_beams, max_tokens, end), (None, None, None, None))


CASES = (
    one_case(19, 4, 2, 5, 0),
    one_case(33, 5, 3, 7, 4),
    one_case(136, 6, 2, 6, 2),
    one_case(24, 3, 4, 8, 1),
    one_case(2, 5, 4, 6, 3),
    one_case(3, 5, 3, 4, 3),
    one_case(5, 5, 1, 4, 3),
    one_case(21, 4, 2, 6, 1),
)

EXERCISE = Exercise(
    id="16.4",
    title="A beam",
    name="beam_search",
    minutes=60,
    difficulty="An evening's thought",
    reference=beam_search,
    returns=("text", "total"),
    cases=CASES,
    slips=SLIPS,
    right=RIGHT,
    hints=BEAM,
    notice="a wider beam may find a less likely text than a narrow one: what is dropped early cannot "
    "come back, and a wider beam drops differently.",
)
