"""What a model costs, counted before it is run: parameters, multiplications, bytes.

FLOPs are those of the matrix products, two (a multiplication and an addition) for each
pair of numbers; norms, softmax and activations add a few per cent, and are left out.
Attention is counted whole, although a causal mask throws half of it away.
"""

from minigpt.config import ModelConfig

FLOAT, NARROW = 4, 2  # bytes of a float32 and of a bfloat16


def n_parameters(config: ModelConfig) -> int:
    """Count the numbers that training sets, without building the model.

    Raises: nothing.
    Source: Radford et al. 2019, table 2, for the sizes that it should give. Chapter 14.
    """
    d, extra = config.d_model, int(config.bias)
    norm = d * (2 if config.norm == "layernorm" and config.bias else 1)
    matrices = _block_weights(config)
    biases = extra * (d + 2 * _d_kv(config) + d + config.d_ff * (_n_mlp(config) - 1) + d)
    heads = 2 * config.d_head if config.qk_norm else 0
    tables = config.vocab_size * d * (1 if config.tie_head else 2)
    places = config.context_length * d if config.position == "learned" else 0
    last = norm if config.norm_order == "pre" else 0
    return config.n_layers * (matrices + biases + 2 * norm + heads) + tables + places + last


def forward_flops(config: ModelConfig, B: int, T: int, T_k: int | None = None) -> int:
    """Count the FLOPs of scoring B rows of T tokens, each of which looks at T_k.

    T_k is T where nothing else is said; with a cache it is all that was there before, too.

    Raises: nothing.
    Source: Kaplan et al. 2020, table 1, with the scores counted whole. Chapter 14.
    """
    T_k = T if T_k is None else T_k
    weights = config.n_layers * _block_weights(config) + config.vocab_size * config.d_model
    looking = 2 * config.n_layers * T_k * config.d_model  # scores, and the mixture
    return 2 * B * T * (weights + looking)


def step_flops(config: ModelConfig, B: int, T: int) -> int:
    """Count the FLOPs of a training step: the way back is two products for each one forward.

    Raises: nothing.
    Source: Kaplan et al. 2020, section 2.1. Chapter 15.
    """
    return 3 * forward_flops(config, B, T)


def cache_bytes(config: ModelConfig, B: int, T: int, width: int = FLOAT) -> int:
    """Count the bytes of keys and values for B rows of T tokens, `width` bytes a number.

    Raises: nothing.
    Source: Shazeer 2019, section 2.4. Chapter 17.
    """
    return 2 * config.n_layers * B * T * _d_kv(config) * width


def state_bytes(config: ModelConfig, muon: bool = False) -> int:
    """Count the bytes of weights, gradients and the optimisers' memory, all float32.

    AdamW remembers two numbers for each parameter; Muon one for each in a block's matrix.

    Raises: nothing.
    Source: Kingma & Ba 2015, algorithm 1; Jordan et al. 2024 (Muon). Chapter 15.
    """
    saved = config.n_layers * _block_weights(config) if muon else 0
    return FLOAT * (4 * n_parameters(config) - saved)


def activation_bytes(
    config: ModelConfig, B: int, T: int, bf16: bool = False, device: str = "cpu"
) -> int:
    """Count what the way forward keeps for the way back, in bytes; dropout 0, fused attention.

    With `bf16` the matrices and what enters them are narrow, as autocast has them; on the
    CPU attention stays wide.

    Raises: nothing.
    Source: Korthikanti et al. 2022, section 4, for the kind of count. Chapter 15.
    """
    tokens, d, d_ff = B * T, config.d_model, config.d_ff
    narrow = NARROW if bf16 else FLOAT
    seen = FLOAT if device == "cpu" else narrow
    norm = d * (FLOAT + narrow)  # what it normalised; what goes on
    looked = 4 * d * seen + config.n_heads * FLOAT  # q, k and v for every head, and the mixture
    turned = (d + _d_kv(config)) * seen if config.qk_norm else 0
    into_w_o = d * narrow if seen != narrow else 0
    bent = (4 if config.mlp == "swiglu" else 2) * d_ff * narrow
    block = 2 * norm + looked + turned + into_w_o + bent
    weights = NARROW * n_parameters(config) if bf16 else 0  # the narrow copies
    return tokens * (config.n_layers * block + norm + config.vocab_size * FLOAT) + weights


def peak_bytes(config: ModelConfig, B: int, T: int, bf16: bool = False, device: str = "cpu") -> int:
    """Count the most that a training step with AdamW holds at once, in bytes.

    That is when the way back begins: nothing kept has been freed yet, and the scores'
    gradient stands beside that of the log-probabilities. No gradient of a weight is there.

    Raises: nothing.
    Source: this book, chapter 15.
    """
    state = 3 * FLOAT * n_parameters(config)
    kept = activation_bytes(config, B, T, bf16, device)
    return state + kept + 2 * B * T * config.vocab_size * FLOAT


def _block_weights(config: ModelConfig) -> int:
    attention = 2 * config.d_model**2 + 2 * config.d_model * _d_kv(config)
    return attention + _n_mlp(config) * config.d_model * config.d_ff


def _n_mlp(config: ModelConfig) -> int:
    return 3 if config.mlp == "swiglu" else 2


def _d_kv(config: ModelConfig) -> int:
    return config.n_kv_heads * config.d_head
