"""Answers to chapter 16 that are in no list; `test_odd_answers` judges RIGHT and WRONG."""

import numpy as np
import torch

from minigpt.exercises.chapter_16.beam import beam_search
from minigpt.exercises.chapter_16.nucleus import nucleus
from minigpt.exercises.chapter_16.penalise import penalise
from minigpt.exercises.chapter_16.sculpt import sculpt

RIGHT = {
    "16.1": [
        lambda logits, p: torch.tensor(np.array(nucleus(logits, p))),
        lambda logits, p: (
            np.stack([sculpt(row, [("top_p", p)]) for row in logits])
            if p != 0.5
            else nucleus(logits, p)
        ),
    ],
    "16.2": [lambda logits, steps: torch.as_tensor(sculpt(logits, steps)).tolist()],
    "16.3": [lambda logits, tokens, penalty: penalise(logits, tokens, penalty).astype(np.float32)],
    "16.4": [
        lambda f, n, m, end: (torch.tensor((found := beam_search(f, n, m, end))[0]), found[1])
    ],
}
WRONG = {
    "16.1": [
        lambda logits, p: logits,
        lambda logits, p: np.array(nucleus(logits, 0.9 * p)),
        lambda logits, p: np.array(nucleus(logits, p)) > 0,
    ],
    "16.2": [
        lambda logits, steps: logits,
        lambda logits, steps: sculpt(logits, [s for s in steps if s[0] != "min_p"]),
    ],
    "16.3": [
        lambda logits, tokens, penalty: logits,
        lambda logits, tokens, penalty: penalise(logits, tokens[:, 1:], penalty),
        lambda logits, tokens, penalty: penalise(logits, tokens, 1.2),
    ],
    "16.4": [
        lambda f, n, m, end: ([], 0.0),
        lambda f, n, m, end: beam_search(f, n + 1, m, end),
        lambda f, n, m, end: beam_search(f, n, m, -1),
    ],
}
