"""Optimisers: AdamW for every parameter, or Muon for the matrices and AdamW for the rest.

Their memory goes into a checkpoint as named tensors.
"""

import math
from collections import defaultdict

import torch
from jaxtyping import Float
from torch import Tensor, nn
from torch.optim import AdamW, Optimizer

from minigpt.config import TrainConfig
from minigpt.errors import CheckpointError, problem


def orthogonalise(
    matrices: Float[Tensor, "n rows columns"], steps: int = 5, dtype: torch.dtype | None = None
) -> Float[Tensor, "n rows columns"]:
    """Push every singular value of every matrix towards 1, keeping its directions.

    Five rounds of a fifth-degree polynomial in the matrix leave the singular values
    between about 0.7 and 1.2, which is near enough and far cheaper than an SVD. So rough
    a result does not suffer from products in `dtype` bfloat16.

    Raises: nothing.
    Source: Jordan et al. 2024 (Muon), Newton-Schulz iteration with their coefficients.
    """
    a, b, c = 3.4445, -4.7750, 2.0315
    tall = matrices.shape[-2] > matrices.shape[-1]
    x = matrices.mT if tall else matrices
    x = (x / x.norm(dim=(-2, -1), keepdim=True).clamp(min=1e-7)).to(dtype or x.dtype)
    for _ in range(steps):
        gram = x @ x.mT
        factor = torch.baddbmm(gram, gram, gram, beta=b, alpha=c)
        factor.diagonal(dim1=-2, dim2=-1).add_(a)
        x = factor @ x  # a x + b (x x') x + c (x x')² x
    return (x.mT if tall else x).to(matrices.dtype)


class Muon(Optimizer):
    """Step along the orthogonalised momentum, so that no direction dominates a matrix.

    Matrices of one shape are stacked and orthogonalised together. The step is larger
    by sqrt(rows / columns) where there are more rows (outputs) than columns. The same
    rule as `torch.optim.Muon`, which always multiplies in bfloat16, one matrix at a time;
    here `dtype` says in what to multiply.

    Raises: nothing.
    Source: Jordan et al. 2024 (Muon). Built in chapter 15.
    """

    def __init__(
        self,
        params: list[Tensor],
        lr: float = 0.02,
        momentum: float = 0.95,
        weight_decay: float = 0.1,
        dtype: torch.dtype | None = None,
    ):
        super().__init__(params, {"lr": lr, "momentum": momentum, "weight_decay": weight_decay})
        self.dtype = dtype

    @torch.no_grad()
    def step(self, closure: None = None) -> None:
        """Update every parameter that has a gradient.

        Raises: nothing.
        Source: Jordan et al. 2024 (Muon), algorithm 2.
        """
        for group in self.param_groups:
            by_shape = defaultdict(list)
            for p in group["params"]:
                if p.grad is not None:
                    by_shape[p.shape].append(p)
            for params in by_shape.values():
                self._step_stack(params, group["lr"], group["momentum"], group["weight_decay"])

    def _step_stack(
        self, params: list[Tensor], lr: float, momentum: float, weight_decay: float
    ) -> None:
        for p in params:
            if p not in self.state:
                self.state[p]["momentum"] = torch.zeros_like(p)
        gradients = [p.grad for p in params]
        momenta = [self.state[p]["momentum"] for p in params]
        torch._foreach_lerp_(momenta, gradients, 1 - momentum)
        ahead = torch._foreach_lerp(gradients, momenta, momentum)  # Nesterov's look ahead
        updates = orthogonalise(torch.stack(ahead), dtype=self.dtype)
        rows, columns = params[0].shape
        torch._foreach_mul_(params, 1 - lr * weight_decay)
        scale = lr * math.sqrt(max(1.0, rows / columns))
        torch._foreach_add_(params, list(updates), alpha=-scale)


def make_optimizers(
    model: nn.Module, config: TrainConfig, dtype: torch.dtype | None = None
) -> list[Optimizer]:
    """Share the parameters out: matrices in the blocks to Muon, where it is asked for.

    AdamW takes the rest. Weight decay pulls on matrices, not on norms and biases. Muon
    multiplies in `dtype`; None leaves the parameters' own.

    Raises: nothing.
    Source: Loshchilov & Hutter 2019; Jordan et al. 2024 (Muon).
    """
    muon: list[Tensor] = []
    decayed: list[Tensor] = []
    others: list[Tensor] = []
    for name, p in model.named_parameters():
        if p.dim() < 2:
            others.append(p)
        elif config.optimizer == "muon" and "blocks." in name:
            muon.append(p)
        else:
            decayed.append(p)
    groups = [{"params": decayed}, {"params": others, "weight_decay": 0.0}]
    betas = (config.beta1, config.beta2)
    adamw = AdamW(groups, config.lr, betas, weight_decay=config.weight_decay, fused=True)
    optimizers: list[Optimizer] = [adamw]
    if muon:
        optimizers.append(Muon(muon, config.muon_lr, weight_decay=config.weight_decay, dtype=dtype))
    for optimizer in optimizers:
        for group in optimizer.param_groups:
            group["peak_lr"] = group["lr"]
    return optimizers


def lr_factor(step: int, config: TrainConfig) -> float:
    """Return the share of the peak step size at a step: up over the warm-up, then down.

    Raises: nothing.
    Source: Loshchilov & Hutter 2017 (cosine); Vaswani et al. 2017, section 5.3 (warm-up).
    """
    if step < config.warmup_steps:
        return (step + 1) / config.warmup_steps
    if config.schedule == "constant":
        return 1.0
    progress = (step - config.warmup_steps) / max(1, config.steps - config.warmup_steps)
    fall = (1 + math.cos(math.pi * progress)) / 2 if config.schedule == "cosine" else 1 - progress
    return config.final_lr + (1 - config.final_lr) * fall


def set_lr(optimizers: list[Optimizer], factor: float) -> None:
    """Set every group's step size to its peak times the factor.

    Raises: nothing.
    Source: this book.
    """
    for optimizer in optimizers:
        for group in optimizer.param_groups:
            group["lr"] = group["peak_lr"] * factor


def pack_training(optimizers: list[Optimizer]) -> dict[str, Tensor]:
    """Flatten the optimisers' memory into named tensors.

    The memory of a matrix has its shape, (d_out, d_in).

    Raises: nothing.
    Source: this book.
    """
    packed = {}
    for k, optimizer in enumerate(optimizers):
        for i, memory in optimizer.state_dict()["state"].items():
            for name, tensor in memory.items():
                packed[f"optimizer.{k}.{i}.{name}"] = tensor.detach().cpu().contiguous()
    return packed


def unpack_training(packed: dict[str, Tensor], optimizers: list[Optimizer]) -> None:
    """Give the optimisers back what `pack_training` took.

    Shapes as there: (d_out, d_in) and (d,).

    Raises: CheckpointError when the tensors belong to other optimisers.
    Source: this book.
    """
    memories: list[dict[int, dict[str, Tensor]]] = [{} for _ in optimizers]
    try:
        for key, tensor in packed.items():
            _, k, i, name = key.split(".")
            memories[int(k)].setdefault(int(i), {})[name] = tensor
        for optimizer, memory in zip(optimizers, memories, strict=True):
            _check_fit(memory, optimizer)
            groups = optimizer.state_dict()["param_groups"]
            optimizer.load_state_dict({"state": memory, "param_groups": groups})
    except (LookupError, ValueError, RuntimeError, TypeError) as error:
        came = f"tensors that do not fit ({error})"
        raise CheckpointError(
            problem("the memory of these optimisers", came, "the run's own settings")
        ) from error


def _check_fit(memory: dict[int, dict[str, Tensor]], optimizer: Optimizer) -> None:
    params = [p for group in optimizer.param_groups for p in group["params"]]
    for i, tensors in memory.items():
        if any(t.dim() and t.shape != params[i].shape for t in tensors.values()):
            raise ValueError(f"parameter {i} has the shape {tuple(params[i].shape)}")
