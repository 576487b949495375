"""Words and matrices for 7.1 and 7.2, out of one generator: the order of the draws counts."""

import numpy as np

from minigpt.exercises.exercise import Case

rng = np.random.default_rng(7)


def one_case(i, T, d_model, d_head, d_v):
    shapes = [(d_model, d_head), (d_model, d_head), (d_model, d_v)]
    w_q, w_k, w_v = (0.7 * rng.normal(size=shape) for shape in shapes)
    axes = (None, "T d_model", "d_model d_head", "d_model d_head", "d_model d_v")
    return Case((i, rng.normal(size=(T, d_model)), w_q, w_k, w_v), axes)


def all_case(B, T, d_model, d_head, d_v):
    w_qkv = 0.7 * rng.normal(size=(d_model, 2 * d_head + d_v))
    axes = ("B T d_model", "d_model d_qkv", None)
    return Case((rng.normal(size=(B, T, d_model)), w_qkv, d_head), axes)


ONE_QUERY = (one_case(4, 7, 5, 3, 2), one_case(0, 4, 6, 2, 3), one_case(5, 8, 3, 5, 7))
ALL_QUERIES = (all_case(2, 7, 5, 4, 3), all_case(3, 5, 8, 2, 6))
