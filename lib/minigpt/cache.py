"""The KV cache: keys and values of the tokens already seen, kept for the next one."""

import torch
from jaxtyping import Float, Int
from torch import Tensor

from minigpt.config import ModelConfig
from minigpt.errors import ShapeError, problem


class LayerCache:
    """One layer's keys and values, in memory set aside once.

    k and v have shape (B, n_kv_heads, capacity, d_head); the first `length` positions
    are filled.

    Raises: nothing.
    Source: Shazeer 2019, section 2.4 (incremental decoding). Built in chapter 17.
    """

    def __init__(self, k: Tensor, v: Tensor):
        self.k, self.v, self.length = k, v, 0

    def append(
        self,
        k: Float[Tensor, "B n_kv_heads T d_head"],
        v: Float[Tensor, "B n_kv_heads T d_head"],
    ) -> tuple[Float[Tensor, "B n_kv_heads T_k d_head"], Float[Tensor, "B n_kv_heads T_k d_head"]]:
        """Add T new positions; return all T_k positions so far, as views.

        Raises: ShapeError when the cache would overflow, or was made for another batch
        or another model.
        Source: Shazeer 2019, section 2.4.
        """
        end = self.length + k.shape[2]
        B, n_kv_heads, capacity, d_head = self.k.shape
        if end > capacity or (*k.shape[:2], k.shape[3]) != (B, n_kv_heads, d_head):
            needed = f"keys for a cache of shape {tuple(self.k.shape)}, {self.length} filled"
            remedy = "a cache of this model and batch, or reset() before a new prompt"
            raise ShapeError(problem(needed, f"{tuple(k.shape)}", remedy))
        self.k[:, :, self.length : end] = k
        self.v[:, :, self.length : end] = v
        self.length = end
        return self.k[:, :, :end], self.v[:, :, :end]


class KVCache:
    """The caches of all layers of a model.

    Memory: 2 * n_layers * B * n_kv_heads * capacity * d_head numbers.

    Raises: ShapeError when batch_size or capacity is not positive.
    Source: Shazeer 2019, section 2.4. Built in chapter 17.
    """

    def __init__(
        self,
        config: ModelConfig,
        batch_size: int = 1,
        capacity: int | None = None,
        device: torch.device | str = "cpu",
        dtype: torch.dtype = torch.float32,
    ):
        capacity = config.context_length if capacity is None else capacity
        if batch_size < 1 or capacity < 1:
            came = f"batch_size={batch_size}, capacity={capacity}"
            raise ShapeError(problem("a positive batch_size and capacity", came, "at least 1"))
        shape = (batch_size, config.n_kv_heads, capacity, config.d_head)
        self.layers = [
            LayerCache(
                torch.zeros(shape, device=device, dtype=dtype),
                torch.zeros(shape, device=device, dtype=dtype),
            )
            for _ in range(config.n_layers)
        ]

    @property
    def length(self) -> int:
        """How many positions are filled.

        Raises: nothing.
        Source: this book.
        """
        return self.layers[0].length

    @property
    def n_bytes(self) -> int:
        """The memory set aside, in bytes.

        Raises: nothing.
        Source: Shazeer 2019, section 2.4.
        """
        return sum(layer.k.nbytes + layer.v.nbytes for layer in self.layers)

    def reset(self) -> None:
        """Forget everything, so that the memory can serve another prompt.

        Raises: nothing.
        Source: this book.
        """
        for layer in self.layers:
            layer.length = 0

    def reorder(self, rows: Int[Tensor, " B"]) -> None:
        """Let row b go on from what row rows[b] has seen; beam search needs it.

        Raises: nothing.
        Source: this book.
        """
        for layer in self.layers:
            layer.k, layer.v = layer.k[rows], layer.v[rows]
