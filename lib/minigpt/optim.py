"""Optimisers: AdamW for every parameter, or Muon for the matrices and AdamW for the rest."""

import math
from collections import defaultdict

import torch
from jaxtyping import Float
from torch import Tensor, nn
from torch.optim import AdamW, Optimizer

from minigpt.config import TrainConfig


def orthogonalise(
    matrices: Float[Tensor, "n rows columns"], steps: int = 5
) -> Float[Tensor, "n rows columns"]:
    """Push every singular value of every matrix towards 1, keeping its directions.

    Five rounds of a fifth-degree polynomial in the matrix leave the singular values
    between about 0.7 and 1.2, which is near enough and far cheaper than an SVD.

    Raises: nothing.
    Source: Jordan et al. 2024 (Muon), Newton-Schulz iteration with their coefficients.
    """
    a, b, c = 3.4445, -4.7750, 2.0315
    tall = matrices.shape[-2] > matrices.shape[-1]
    x = matrices.mT if tall else matrices
    x = x / x.norm(dim=(-2, -1), keepdim=True).clamp(min=1e-7)
    for _ in range(steps):
        gram = x @ x.mT
        x = a * x + (b * gram + c * gram @ gram) @ x
    return x.mT if tall else x


class Muon(Optimizer):
    """Step along the orthogonalised momentum, so that no direction dominates a matrix.

    Matrices of one shape are stacked and orthogonalised together. The step is larger
    by sqrt(rows / columns) where there are more rows (outputs) than columns. The same
    rule as `torch.optim.Muon`, which works in bfloat16, one matrix at a time.

    Raises: nothing.
    Source: Jordan et al. 2024 (Muon). Built in chapter 15.
    """

    def __init__(
        self,
        params: list[Tensor],
        lr: float = 0.02,
        momentum: float = 0.95,
        weight_decay: float = 0.1,
    ):
        super().__init__(params, {"lr": lr, "momentum": momentum, "weight_decay": weight_decay})

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
        updates = []
        for p in params:
            state = self.state[p]
            if not state:
                state["momentum"] = torch.zeros_like(p)
            state["momentum"].lerp_(p.grad, 1 - momentum)
            updates.append(p.grad.lerp(state["momentum"], momentum))  # Nesterov's look ahead
        rows, columns = params[0].shape
        scale = lr * math.sqrt(max(1.0, rows / columns))
        for p, update in zip(params, orthogonalise(torch.stack(updates)), strict=True):
            p.mul_(1 - lr * weight_decay).add_(update, alpha=-scale)


def make_optimizers(model: nn.Module, config: TrainConfig) -> list[Optimizer]:
    """Share the parameters out: matrices in the blocks to Muon, where it is asked for.

    AdamW takes the rest. Weight decay pulls on matrices, not on norms and biases.

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
    adamw = AdamW(groups, lr=config.lr, betas=betas, weight_decay=config.weight_decay)
    optimizers: list[Optimizer] = [adamw]
    if muon:
        optimizers.append(Muon(muon, lr=config.muon_lr, weight_decay=config.weight_decay))
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
