"""The mini-GPT: an embedding, a stack of blocks, and a score for every next token."""

import math
from pathlib import Path
from typing import Self

import torch
from jaxtyping import Float, Int
from torch import Tensor, nn
from torch.nn import functional as F

from minigpt.attention import MultiHeadAttention, wide
from minigpt.cache import KVCache, LayerCache
from minigpt.config import ModelConfig
from minigpt.errors import ShapeError, problem
from minigpt.masks import Mask, both, check_mask, mask_to_bias, sliding_mask
from minigpt.mlp import MLP
from minigpt.norms import LayerNorm, RMSNorm
from minigpt.positions import Rotation, alibi_bias, rotary_angles, sinusoidal


class Block(nn.Module):
    """Attention, then an MLP; each adds to the stream what it has found.

    Raises: nothing.
    Source: Vaswani et al. 2017, section 3.1 (post-norm); Radford et al. 2019,
    section 2.3 (pre-norm). Built in chapters 12 and 14.
    """

    def __init__(self, config: ModelConfig):
        super().__init__()
        self.pre = config.norm_order == "pre"
        self.norm_1 = make_norm(config)
        self.attention = MultiHeadAttention(config)
        self.norm_2 = make_norm(config)
        self.mlp = MLP(config)
        self.dropout = nn.Dropout(config.dropout)

    def forward(
        self,
        x: Float[Tensor, "B T d_model"],
        mask: Mask | None = None,
        causal: bool = False,
        rotation: Rotation | None = None,
        cache: LayerCache | None = None,
    ) -> Float[Tensor, "B T d_model"]:
        """Pass the stream through; arguments as in `MultiHeadAttention`.

        Raises: ShapeError when the mask does not fit.
        Source: Vaswani et al. 2017, section 3.1.
        """

        def look(x: Tensor) -> Tensor:
            return self.attention(x, None, mask, causal, rotation, cache)

        if self.pre:
            x = x + self.dropout(look(self.norm_1(x)))
            return x + self.dropout(self.mlp(self.norm_2(x)))
        x = self.norm_1(x + self.dropout(look(x)))
        return self.norm_2(x + self.dropout(self.mlp(x)))


def make_norm(config: ModelConfig) -> nn.Module:
    """Make the normalisation that the configuration names.

    Raises: nothing.
    Source: this book.
    """
    if config.norm == "rmsnorm":
        return RMSNorm(config.d_model, config.norm_eps)
    return LayerNorm(config.d_model, config.norm_eps, bias=config.bias)


class GPT(nn.Module):
    """A decoder-only transformer (with causal=False, an encoder).

    Raises: nothing.
    Source: Radford et al. 2019, section 2.3; Vaswani et al. 2017. Assembled in chapter 14.
    """

    def __init__(self, config: ModelConfig):
        super().__init__()
        self.config = config
        self.token_embedding = nn.Embedding(config.vocab_size, config.d_model)
        self.position_embedding = (
            nn.Embedding(config.context_length, config.d_model)
            if config.position == "learned"
            else None
        )
        self.dropout = nn.Dropout(config.dropout)
        self.blocks = nn.ModuleList(Block(config) for _ in range(config.n_layers))
        self.final_norm = make_norm(config) if config.norm_order == "pre" else nn.Identity()
        self.head = nn.Linear(config.d_model, config.vocab_size, bias=False)
        self._initialise()
        if config.tie_head:
            self.head.weight = self.token_embedding.weight

    def _initialise(self) -> None:
        # What each block writes is scaled down with depth, so that the stream's variance
        # at the top does not grow with n_layers (Radford et al. 2019, section 2.3).
        for name, module in self.named_modules():
            if isinstance(module, nn.Linear | nn.Embedding):
                std = 0.02
                if name.endswith(("w_o", "w_out")):
                    std = 0.0 if self.config.zero_init else 0.02 / math.sqrt(2 * len(self.blocks))
                nn.init.normal_(module.weight, std=std)
            if isinstance(module, nn.Linear) and module.bias is not None:
                nn.init.zeros_(module.bias)

    def forward(
        self,
        tokens: Int[Tensor, "B T"],
        mask: Mask | None = None,
        position_ids: Int[Tensor, "T"] | Int[Tensor, "B T"] | None = None,
        cache: KVCache | None = None,
    ) -> Float[Tensor, "B T vocab_size"]:
        """Score every possible next token at every position.

        mask (True: may look) broadcasts to (B, n_heads, T, T_k); a causal model adds its
        own. position_ids default to counting on from what the cache holds; ALiBi and the
        masks count tokens, whatever the ids say.

        Raises: ShapeError when tokens are not whole numbers of shape (B, T) below
        vocab_size, or tokens, mask or position_ids do not fit.
        Source: Radford et al. 2019, section 2.3.
        """
        start = 0 if cache is None else cache.length
        self._check(tokens, start)
        if position_ids is None:
            position_ids = torch.arange(start, start + tokens.shape[1], device=tokens.device)
        else:
            self._check_positions(position_ids, tokens)
        x = self.dropout(self.embed(tokens, position_ids))
        mask, causal = self._look(mask, tokens.shape[1], start, x)
        rotation = self._rotation(position_ids)
        for i, block in enumerate(self.blocks):
            x = block(x, mask, causal, rotation, cache and cache.layers[i])
        return self.head(self.final_norm(x))

    def embed(
        self, tokens: Int[Tensor, "B T"], position_ids: Int[Tensor, "... T"]
    ) -> Float[Tensor, "B T d_model"]:
        """Look the tokens up and add their positions, where positions are added.

        Raises: IndexError from PyTorch for a token or a learned position out of range.
        Source: Vaswani et al. 2017, sections 3.4 and 3.5.
        """
        x = self.token_embedding(tokens)
        if self.position_embedding is not None:
            x = x + self.position_embedding(position_ids)
        elif self.config.position == "sinusoidal":
            width = self.config.d_model  # a word as loud as its place
            x = math.sqrt(width) * x + sinusoidal(position_ids, width).to(x.dtype)
        return x

    def _rotation(self, position_ids: Tensor) -> Rotation | None:
        if self.config.position != "rotary":
            return None
        cos, sin = rotary_angles(position_ids, self.config.d_head, self.config.rotary_base)
        return (cos[:, None], sin[:, None]) if position_ids.dim() == 2 else (cos, sin)

    def _look(self, mask: Mask | None, T: int, start: int, x: Tensor) -> tuple[Tensor | None, bool]:
        """Join the caller's mask, the causal or sliding one, and ALiBi's bias."""
        config, T_k = self.config, start + T
        if mask is not None:  # before any layer's cache has grown
            check_mask(mask, (x.shape[0], config.n_heads, T, T_k))
        if mask is None and config.window is None and config.position != "alibi":
            return None, config.causal and T > 1  # a lone last token sees everything
        if config.causal:
            mask = both(mask, sliding_mask(T, config.window or T_k, T_k, x.device))
        if config.position == "alibi":
            ids = torch.arange(T_k, device=x.device)
            bias = alibi_bias(config.n_heads, ids[start:], ids).to(x.dtype)
            mask = bias if mask is None else bias + mask_to_bias(mask, x.dtype)
        return mask, False

    def _check(self, tokens: Tensor, start: int) -> None:
        config = self.config
        if tokens.dim() != 2 or tokens.dtype not in (torch.int64, torch.int32):
            came = f"{tuple(tokens.shape)} of {tokens.dtype}"
            raise ShapeError(problem("tokens of shape (B, T), whole numbers", came, "tokens[None]"))
        if tokens.numel() == 0 or start + tokens.shape[1] > config.context_length:
            needed = f"1 to {config.context_length} tokens a row, the context_length"
            came = f"shape {tuple(tokens.shape)}, with {start} in the cache"
            raise ShapeError(problem(needed, came, "the last ones only"))
        remedy = "the tokenizer that the model was trained with"
        _check_ids("token ids", tokens, config.vocab_size, remedy)

    def _check_positions(self, position_ids: Tensor, tokens: Tensor) -> None:
        B, T = tokens.shape
        if position_ids.shape not in ((T,), (1, T), (B, T)):
            needed = f"position_ids of shape ({T},) or ({B}, {T})"
            raise ShapeError(problem(needed, str(tuple(position_ids.shape)), "one for each token"))
        if self.position_embedding is not None:
            size = self.config.context_length
            _check_ids("learned positions", position_ids, size, "positions that were trained")

    def loss(
        self, tokens: Int[Tensor, "B T"], targets: Int[Tensor, "B T"], mask: Mask | None = None
    ) -> Float[Tensor, ""]:
        """Return the mean cross-entropy in nats; targets of -100 (`data.IGNORE`) do not count.

        Raises: ShapeError as `forward` does.
        Source: Shannon 1948; Radford et al. 2019, eq. 1. Built in chapters 1 and 15.
        """
        logits = self(tokens, mask)
        return F.cross_entropy(wide(logits).flatten(0, 1), targets.flatten())

    def n_parameters(self) -> int:
        """Count the numbers that training sets; a tied head counts once.

        Raises: nothing.
        Source: this book, chapter 14.
        """
        return sum(p.numel() for p in self.parameters())

    @classmethod
    def from_hf_gpt2(
        cls, source: str | Path | dict[str, Tensor], n_heads: int | None = None
    ) -> Self:
        """Load GPT-2 as it is published: a directory, or a state dict.

        Its matrices have shape (d_in, d_out) there, (d_out, d_in) here.

        Raises: CheckpointError when the source is missing, damaged, or not a GPT-2.
        Source: Radford et al. 2019. Used in chapter 14.
        """
        from minigpt.gpt2_weights import load_gpt2

        return load_gpt2(source, n_heads)


def _check_ids(what: str, ids: Tensor, size: int, remedy: str) -> None:
    if ids.device.type == "cpu" and (ids.min() < 0 or ids.max() >= size):
        came = f"{int(ids.min())} to {int(ids.max())}"
        raise ShapeError(problem(f"{what} from 0 to {size - 1}", came, remedy))
