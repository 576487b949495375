"""Attention: every token takes a weighted average of what the others offer.

Two paths compute the same thing. `attention` reads like the book and hands back its
weights; `fused_attention` is PyTorch's fused kernel, faster, which keeps them to itself.
`MultiHeadAttention` is built on both.
"""

import math
from collections.abc import Iterator
from contextlib import contextmanager

import torch
from jaxtyping import Float
from torch import Tensor, nn
from torch.nn import functional as F

from minigpt.cache import LayerCache
from minigpt.config import ModelConfig
from minigpt.errors import ShapeError, problem
from minigpt.masks import Mask, both, causal_mask, check_mask, mask_to_bias
from minigpt.norms import RMSNorm, rounded
from minigpt.positions import Rotation, rotate


def attention(
    q: Float[Tensor, "... T_q d_head"],
    k: Float[Tensor, "... T_k d_head"],
    v: Float[Tensor, "... T_k d_v"],
    mask: Mask | None = None,
    dropout: float = 0.0,
) -> tuple[Float[Tensor, "... T_q d_v"], Float[Tensor, "... T_q T_k"]]:
    """Mix the values, each query by its own weights; return the mixture and the weights.

    Weights are fractions: every row sums to 1. Scores have no unit; dividing by
    sqrt(d_head) keeps their variance near 1 when q and k have unit variance.
    The mask is either boolean, True where a query may look, or a float bias that is
    added to the scores (-inf where it may not look). A row that may look nowhere
    gets weights of zero. `dropout` is the share of weights struck out in training.
    Cost: 4 * T_q * T_k * d_head FLOPs for each head.

    Raises: ShapeError when q, k, v or the mask disagree.
    Source: Vaswani et al. 2017, eq. 1. Built in chapters 5 to 8.
    """
    check_shapes(q, k, v, mask)
    scores = q @ k.transpose(-2, -1) / math.sqrt(q.shape[-1])
    weights = masked_softmax(scores, mask)
    return F.dropout(weights, dropout) @ v, weights


def masked_softmax(
    scores: Float[Tensor, "... T_q T_k"], mask: Mask | None = None
) -> Float[Tensor, "... T_q T_k"]:
    """Turn scores into weights: e to the score, divided by the row's sum.

    Masking comes before the softmax, so that hidden positions take no share. Where
    nothing may be seen, the softmax of nothing is undefined; here it is all zeros.

    Raises: nothing.
    Source: Vaswani et al. 2017, section 3.2.3. Built in chapters 6 and 8.
    """
    if mask is None:
        return torch.softmax(scores, dim=-1)
    bias = mask_to_bias(mask, scores.dtype)
    blind = torch.isneginf(bias).all(dim=-1, keepdim=True)
    weights = torch.softmax(scores + bias.masked_fill(blind, 0.0), dim=-1)
    return weights.masked_fill(blind, 0.0)


def fused_attention(
    q: Float[Tensor, "... T_q d_head"],
    k: Float[Tensor, "... T_k d_head"],
    v: Float[Tensor, "... T_k d_v"],
    mask: Mask | None = None,
    causal: bool = False,
    dropout: float = 0.0,
) -> Float[Tensor, "... T_q d_v"]:
    """Compute `attention` without ever storing the weights (FlashAttention where it runs).

    `causal=True` adds the causal mask, the queries being the last T_q positions. Where
    nothing else hides, the kernel knows that mask and need not read it from memory.

    Raises: ShapeError when q, k, v or the mask disagree.
    Source: Dao et al. 2022; `torch.nn.functional.scaled_dot_product_attention`.
    """
    check_shapes(q, k, v, mask)
    T_q, T_k = q.shape[-2], k.shape[-2]
    known = causal and mask is None and T_q == T_k
    if causal and not known:  # the kernel would line up the first query with the first key
        mask = both(mask, causal_mask(T_q, T_k, q.device))
    if q.device.type == "cpu":  # whose kernel is several times slower in bfloat16
        with torch.autocast("cpu", enabled=False):
            return _fused(wide(q), wide(k), wide(v), mask, known, dropout)
    return _fused(q, k, v, mask, known, dropout)


def _fused(
    q: Tensor, k: Tensor, v: Tensor, mask: Mask | None, causal: bool, dropout: float
) -> Tensor:
    if mask is not None and mask.dtype != torch.bool:
        mask = mask.to(q.dtype)
    return F.scaled_dot_product_attention(
        q, k, v, attn_mask=mask, is_causal=causal, dropout_p=dropout
    )


def wide(x: Float[Tensor, "..."]) -> Float[Tensor, "..."]:
    """Return x in 32 bits, or in 64 where it has them; the same tensor where it is wide.

    Raises: nothing.
    Source: this book.
    """
    return x.to(torch.promote_types(x.dtype, torch.float32))


def check_shapes(q: Tensor, k: Tensor, v: Tensor, mask: Mask | None = None) -> None:
    """Refuse q, k, v and a mask that do not fit; shapes (..., T, d_head), mask (..., T_q, T_k).

    Raises: ShapeError, naming the axes that look swapped.
    Source: this book.
    """
    if min(q.dim(), k.dim()) < 2 or q.shape[:-2] != k.shape[:-2] or q.shape[-1] != k.shape[-1]:
        swapped = q.dim() == 4 and k.dim() == 4 and q.shape == k.transpose(1, 2).shape
        remedy = "a transpose(1, 2) on k: axes 1 and 2 look swapped" if swapped else "q and k alike"
        raise ShapeError(
            problem(
                "q and k must agree in all axes but the positions",
                f"q {tuple(q.shape)} and k {tuple(k.shape)}",
                remedy,
            )
        )
    if k.shape[:-1] != v.shape[:-1]:
        raise ShapeError(
            problem(
                "every key needs one value, so k and v must agree in all axes but the last",
                f"k {tuple(k.shape)} and v {tuple(v.shape)}",
                "the same tokens for both",
            )
        )
    if mask is not None:
        check_mask(mask, (*q.shape[:-1], k.shape[-2]))


class MultiHeadAttention(nn.Module):
    """Several attentions side by side, each in its own slice of the width.

    With n_kv_heads < n_heads, neighbouring heads share keys and values (grouped-query
    attention; with a single pair, multi-query attention).

    Raises: nothing.
    Source: Vaswani et al. 2017, section 3.2.2; Ainslie et al. 2023 for shared keys;
    Henry et al. 2020 for normalised queries and keys. Built in chapter 9.
    """

    def __init__(self, config: ModelConfig):
        super().__init__()
        self.config = config
        d_kv = config.n_kv_heads * config.d_head
        self.w_q = nn.Linear(config.d_model, config.d_model, bias=config.bias)
        self.w_k = nn.Linear(config.d_model, d_kv, bias=config.bias)
        self.w_v = nn.Linear(config.d_model, d_kv, bias=config.bias)
        self.w_o = nn.Linear(config.d_model, config.d_model, bias=config.bias)
        self.q_norm = RMSNorm(config.d_head, config.norm_eps) if config.qk_norm else nn.Identity()
        self.k_norm = RMSNorm(config.d_head, config.norm_eps) if config.qk_norm else nn.Identity()
        self.recorded: list[Tensor] | None = None  # set by record_weights

    def forward(
        self,
        x: Float[Tensor, "B T d_model"],
        source: Float[Tensor, "B T_k d_model"] | None = None,
        mask: Mask | None = None,
        causal: bool = False,
        rotation: Rotation | None = None,
        cache: LayerCache | None = None,
    ) -> Float[Tensor, "B T d_model"]:
        """Let x look at itself or, in cross-attention, at `source`.

        mask broadcasts to (B, n_heads, T, T_k); `causal=True` adds the causal one.

        Raises: ShapeError when source or mask do not fit x.
        Source: Vaswani et al. 2017, section 3.2.
        """
        x = rounded(x)
        source = x if source is None else source
        q = self.q_norm(split_heads(self.w_q(x), self.config.n_heads))
        k = self.k_norm(split_heads(self.w_k(source), self.config.n_kv_heads))
        v = split_heads(self.w_v(source), self.config.n_kv_heads)
        if rotation is not None:
            q = rotate(q, *rotation, self.config.rotary_pairs)
            k = rotate(k, *rotation, self.config.rotary_pairs)
        if cache is not None:
            k, v = cache.append(k, v)
        n_shared = self.config.n_heads // self.config.n_kv_heads
        context = self._mix(q, share_heads(k, n_shared), share_heads(v, n_shared), mask, causal)
        return self.w_o(merge_heads(context))

    def _mix(self, q: Tensor, k: Tensor, v: Tensor, mask: Mask | None, causal: bool) -> Tensor:
        dropout = self.config.dropout if self.training else 0.0
        if self.config.fused and self.recorded is None:
            return fused_attention(q, k, v, mask, causal, dropout)
        if causal:
            check_shapes(q, k, v, mask)
            mask = both(mask, causal_mask(q.shape[-2], k.shape[-2], q.device))
        context, weights = attention(q, k, v, mask, dropout)
        if self.recorded is not None:
            self.recorded.append(weights.detach())
        return context


def split_heads(x: Float[Tensor, "B T d"], n_heads: int) -> Float[Tensor, "B n_heads T d_head"]:
    """Cut the width into n_heads slices and bring the head axis to the front.

    Raises: RuntimeError from PyTorch when d is not a multiple of n_heads.
    Source: Vaswani et al. 2017, section 3.2.2. Built in chapter 9.
    """
    return x.unflatten(-1, (n_heads, -1)).transpose(1, 2)


def merge_heads(x: Float[Tensor, "B n_heads T d_head"]) -> Float[Tensor, "B T d"]:
    """Undo `split_heads`: lay each position's slices side by side again.

    Raises: nothing.
    Source: Vaswani et al. 2017, section 3.2.2. Built in chapter 9.
    """
    return x.transpose(1, 2).flatten(2)


def share_heads(
    x: Float[Tensor, "B n_kv_heads T d_head"], n_shared: int
) -> Float[Tensor, "B n_heads T d_head"]:
    """Repeat each key-value head for the n_shared query heads that use it.

    Raises: nothing.
    Source: Ainslie et al. 2023, section 2.2. Built in chapter 19.
    """
    return x if n_shared == 1 else x.repeat_interleave(n_shared, dim=1)


@contextmanager
def record_weights(model: nn.Module) -> Iterator[list[Tensor]]:
    """Keep the attention weights of every forward pass inside the `with` block.

    Gives a list to which each `MultiHeadAttention` of the model, in order of its use,
    appends weights of shape (B, n_heads, T, T_k). Recording takes the plain path.

    Example: `with record_weights(model) as maps: model(tokens)`.

    Raises: nothing.
    Source: this book.
    """
    modules = [m for m in model.modules() if isinstance(m, MultiHeadAttention)]
    recorded: list[Tensor] = []
    for module in modules:
        module.recorded = recorded
    try:
        yield recorded
    finally:
        for module in modules:
            module.recorded = None
