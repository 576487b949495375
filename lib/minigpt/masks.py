"""Masks: who may look at whom.

A mask is boolean, True where the query (row) may look at the key (column).
"""

import math

import torch
from jaxtyping import Bool, Float, Int
from torch import Tensor

from minigpt.errors import ShapeError, problem

# Boolean, True where a query may look; or numbers to add to the scores.
Mask = Bool[Tensor, "... T_q T_k"] | Float[Tensor, "... T_q T_k"]
Device = torch.device | str | None


def causal_mask(T_q: int, T_k: int | None = None, device: Device = None) -> Bool[Tensor, "T_q T_k"]:
    """Let each position see itself and what came before it.

    With more keys than queries, the queries are the last T_q of the T_k positions:
    that is the case with a cache.

    Raises: ShapeError when there are fewer keys than queries.
    Source: Vaswani et al. 2017, section 3.2.3. Built in chapter 8.
    """
    T_k = T_q if T_k is None else T_k
    if T_k < T_q:
        raise ShapeError(problem("T_k >= T_q", f"T_q={T_q}, T_k={T_k}", "the keys of all tokens"))
    return torch.ones(T_q, T_k, dtype=torch.bool, device=device).tril(T_k - T_q)


def sliding_mask(
    T_q: int, window: int, T_k: int | None = None, device: Device = None
) -> Bool[Tensor, "T_q T_k"]:
    """Let each position see itself and the window - 1 positions before it.

    Raises: ShapeError when there are fewer keys than queries, or window is not positive.
    Source: Beltagy et al. 2020, section 3.1; Jiang et al. 2023, section 2.
    """
    if window < 1:
        raise ShapeError(problem("a window of at least 1 position", f"{window}", "window=1"))
    T_k = T_q if T_k is None else T_k
    return causal_mask(T_q, T_k, device).triu(T_k - T_q - window + 1)


def padding_mask(lengths: Int[Tensor, " B"], T: int) -> Bool[Tensor, "B 1 1 T"]:
    """Hide the padding: in row b only the first lengths[b] keys may be seen.

    Raises: ShapeError when lengths is not one axis.
    Source: this book. Built in chapter 8.
    """
    if lengths.dim() != 1:
        raise ShapeError(problem("one length a row, shape (B,)", str(tuple(lengths.shape)), "(B,)"))
    return (torch.arange(T, device=lengths.device) < lengths[:, None])[:, None, None, :]


def prefix_mask(T: int, prefix: int, device: Device = None) -> Bool[Tensor, "T T"]:
    """Causal, but the first `prefix` positions all see one another.

    Raises: ShapeError when prefix is negative.
    Source: Raffel et al. 2020, section 3.2.1. Built in chapter 8.
    """
    if prefix < 0:
        raise ShapeError(problem("a prefix of at least 0 positions", f"{prefix}", "prefix=0"))
    mask = causal_mask(T, device=device)
    mask[:, :prefix] = True
    return mask


def mask_to_bias(mask: Mask, dtype: torch.dtype) -> Float[Tensor, "... T_q T_k"]:
    """Write a boolean mask (True: may look) as numbers to add: 0 or minus infinity.

    A mask that already holds such numbers is returned in the given dtype.

    Raises: nothing.
    Source: Vaswani et al. 2017, section 3.2.3.
    """
    if mask.dtype != torch.bool:
        return mask.to(dtype)
    return torch.zeros(mask.shape, dtype=dtype, device=mask.device).masked_fill(~mask, -math.inf)


def both(mask: Mask | None, own: Bool[Tensor, "T_q T_k"]) -> Tensor:
    """Let a query look only where both masks let it.

    `mask` (..., T_q, T_k) may be a bias, or None, which hides nothing.

    Raises: nothing.
    Source: this book.
    """
    if mask is None:
        return own
    if mask.dtype == torch.bool:
        return mask & own
    return mask + mask_to_bias(own, mask.dtype)


def check_mask(mask: Mask, scores_shape: tuple[int, ...]) -> None:
    """Refuse a mask that cannot mask scores of that shape, (..., T_q, T_k).

    Whole numbers are refused too: as a bias, 0 and 1 would hide nothing.

    Raises: ShapeError.
    Source: this book.
    """
    if mask.dtype != torch.bool and not mask.is_floating_point():
        needed = "a mask of True and False, or of numbers to add to the scores"
        raise ShapeError(problem(needed, str(mask.dtype), "mask.bool()"))
    try:
        fits = torch.broadcast_shapes(mask.shape, scores_shape) == torch.Size(scores_shape)
    except RuntimeError:
        fits = False
    if not fits:
        needed = f"a mask that broadcasts to the scores, {tuple(scores_shape)}"
        remedy = "rows for queries and columns for keys, with axes of size 1 for the rest"
        raise ShapeError(problem(needed, f"{tuple(mask.shape)}", remedy))
