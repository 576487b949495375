"""How people take the words around one word, and go astray at the edges (4.2)."""

import numpy as np


def sides(x, place, window):
    return x[max(0, place - window) : place], x[place + 1 : place + 1 + window]


def around(x, place, window):
    return x[max(0, place - window) : place + window + 1]


def two_slices(x, place, window):
    near = np.concatenate([x[place - window : place], x[place + 1 : place + 1 + window]])
    return near.mean(axis=0)


def one_slice(x, place, window):
    near = x[place - window : place + window + 1]
    return (near.sum(axis=0) - x[place]) / (len(near) - 1)


def by_index(x, place, window):
    places = [j for j in range(place - window, place + window + 1) if j != place]
    return np.mean([x[j] for j in places], axis=0)


def wrapped(x, place, window):
    places = [j % len(x) for j in range(place - window, place + window + 1) if j != place]
    return x[places].mean(axis=0)


def stopped_at_the_edge(x, place, window):
    last = len(x) - 1
    places = [min(max(j, 0), last) for j in range(place - window, place + window + 1) if j != place]
    return x[places].mean(axis=0)


def by_value(x, place, window):
    near = around(x, place, window)
    return near[(near != x[place]).any(axis=1)].mean(axis=0)


def two_means(x, place, window):
    both = sides(x, place, window)
    return np.mean([side.mean(axis=0) for side in both if len(side)], axis=0)


def two_means_of_nobody(x, place, window):
    left, right = sides(x, place, window)
    return (left.mean(axis=0) + right.mean(axis=0)) / 2


def added(x, place, window):
    left, right = sides(x, place, window)
    return (left + right).mean(axis=0)


def not_in_one(x, place, window):
    return np.concatenate(*sides(x, place, window)).mean(axis=0)


def turned_positive(x, place, window):
    near = np.concatenate([x[abs(place - window) : place], x[place + 1 : place + 1 + window]])
    return near.mean(axis=0)


def nearer_louder(x, place, window):
    apart = np.abs(np.arange(len(x)) - place)
    weights = np.where((apart > 0) & (apart <= window), 1 / np.maximum(apart, 1), 0)
    return weights / weights.sum() @ x


def neighbour_sum(x, place, window):
    return around(x, place, window).sum(axis=0) - x[place]
