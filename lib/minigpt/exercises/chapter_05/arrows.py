"""The length of an arrow, and how it is written in a message."""

import numpy as np


def length(a):
    return np.linalg.norm(a)


def said(arrow):
    return f"({', '.join(f'{round(number, 3) + 0.0:g}' for number in arrow)})"
