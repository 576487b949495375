"""14.2, count a Llama: `parameters`. Every slip is all of it with one count changed."""

from minigpt.exercises.chapter_14.hints import PARAMETERS
from minigpt.exercises.exercise import Case, Exercise, Slip, Variant


def parameters(vocab_size, d_model, n_layers, n_heads, n_kv_heads, d_ff):
    d_kv = n_kv_heads * (d_model // n_heads)
    attention = 2 * d_model * d_model + 2 * d_model * d_kv
    mlp = 3 * d_model * d_ff
    block = attention + mlp + d_model + d_model
    return n_layers * block + d_model + 2 * vocab_size * d_model


def counts(
    attention=lambda d, d_kv: 2 * d * d + 2 * d * d_kv,
    mlp=lambda d, d_ff: 3 * d * d_ff,
    norms=lambda d: 2 * d,
    last=lambda d: d,
    tables=lambda vocab_size, d: 2 * vocab_size * d,
    d_head=lambda d, n_heads: d // n_heads,
    total=lambda n_layers, block, rest: n_layers * block + rest,
):
    """All of it, and one count changed."""

    def changed(vocab_size, d_model, n_layers, n_heads, n_kv_heads, d_ff):
        d_kv = n_kv_heads * d_head(d_model, n_heads)
        block = attention(d_model, d_kv) + mlp(d_model, d_ff) + norms(d_model)
        return total(n_layers, block, last(d_model) + tables(vocab_size, d_model))

    return changed


def as_gpt2(vocab_size, d_model, n_layers, n_heads, n_kv_heads, d_ff):
    return n_layers * 12 * d_model**2 + vocab_size * d_model


def every_head_whole(vocab_size, d_model, n_layers, n_heads, n_kv_heads, d_ff):
    attention = 2 * n_heads * d_model**2 + 2 * n_kv_heads * d_model**2
    block = attention + 3 * d_model * d_ff + 2 * d_model
    return n_layers * block + d_model + 2 * vocab_size * d_model


def with_biases(vocab_size, d_model, n_layers, n_heads, n_kv_heads, d_ff):
    d_kv = n_kv_heads * (d_model // n_heads)
    biases = 2 * d_model + 2 * d_kv + 2 * d_ff + d_model
    return parameters(vocab_size, d_model, n_layers, n_heads, n_kv_heads, d_ff) + n_layers * biases


def one_head_of_keys(vocab_size, d_model, n_layers, n_heads, n_kv_heads, d_ff):
    """Keys as wide as one head would be, if there were n_kv_heads."""
    return parameters(vocab_size, d_model, n_layers, n_kv_heads, 1, d_ff)


SLIPS = (
    Slip(
        "tied",
        counts(tables=lambda vocab_size, d: vocab_size * d),
        "One table of words is counted. This model's head has a matrix of its own.",
    ),
    Slip(
        "keys as wide as queries",
        counts(attention=lambda d, d_kv: 4 * d * d),
        "All four matrices of attention are counted as square. How many heads have keys and values "
        "here?",
    ),
    Slip(
        "no W_O",
        counts(attention=lambda d, d_kv: d * d + 2 * d * d_kv),
        "A square matrix of attention is missing in every block: the one behind the heads, or the "
        "one of the queries.",
    ),
    Slip(
        "keys without values",
        counts(attention=lambda d, d_kv: 2 * d * d + d * d_kv),
        "Of the two narrow matrices of attention one is counted. Keys and values have one each.",
    ),
    Slip(
        "values not shared",
        counts(attention=lambda d, d_kv: 3 * d * d + d * d_kv),
        "One of $W_K$ and $W_V$ is counted as square. The values are shared as the keys are.",
    ),
    Slip(
        "keys of one wide head",
        one_head_of_keys,
        "$W_K$ is counted `d_model // n_kv_heads` wide. How wide is one head, and how many of them "
        "have keys?",
    ),
    Slip(
        "biases",
        with_biases,
        "The matrices are right, and each has a bias. This model has none.",
    ),
    Slip(
        "W_O narrow",
        counts(attention=lambda d, d_kv: d * d + 3 * d * d_kv),
        "$W_O$ is counted as narrow as $W_K$. What is merged before it: the heads of the queries, "
        "or those of the keys?",
    ),
    Slip(
        "two matrices in the MLP",
        counts(mlp=lambda d, d_ff: 2 * d * d_ff),
        "The MLP has its way up and its way down. Which matrix does the gate need?",
    ),
    Slip(
        "an MLP of four widths",
        counts(mlp=lambda d, d_ff: 3 * d * 4 * d),
        "The MLP is counted as four times `d_model` wide. How wide it is has been given.",
    ),
    Slip(
        "GPT-2's MLP",
        counts(mlp=lambda d, d_ff: 8 * d * d),
        "That is GPT-2's MLP: two matrices and four times the width. This one has a gate, and a "
        "width of its own.",
    ),
    Slip(
        "no norms",
        counts(norms=lambda d: 0, last=lambda d: 0),
        "The norms have parameters too: one number for each column.",
    ),
    Slip(
        "no last norm",
        counts(last=lambda d: 0),
        "It is few, and so few that a norm must be missing: the one behind the last block.",
    ),
    Slip(
        "one norm a block",
        counts(norms=lambda d: d),
        "A block has two norms, one before each part.",
    ),
    Slip(
        "norms that shift",
        counts(norms=lambda d: 4 * d, last=lambda d: 2 * d),
        "The norms are counted with a shift. This kind only scales.",
    ),
    Slip(
        "norms of the heads",
        counts(norms=lambda d: 3 * d),
        "There is one norm too many in every block.",
    ),
    Slip(
        "a last norm in every block",
        counts(norms=lambda d: 3 * d, last=lambda d: 0),
        "Every block has three norms here, and nothing is normed behind them. The last norm stands "
        "once.",
    ),
    Slip(
        "the last norm in every block",
        counts(total=lambda n_layers, block, rest: n_layers * (block + rest)),
        "What stands once, before the blocks and behind them, is counted in every layer.",
    ),
    Slip(
        "one layer",
        counts(total=lambda n_layers, block, rest: block + rest),
        "That is the model with a single block. How many has it?",
    ),
    Slip(
        "heads that multiply",
        every_head_whole,
        "Every head is counted with matrices as wide as the whole stream. A head has a slice of them.",
    ),
    Slip(
        "by the other heads",
        lambda vocab_size, d_model, n_layers, n_heads, n_kv_heads, d_ff: counts(
            d_head=lambda d, n: d // n_kv_heads
        )(vocab_size, d_model, n_layers, n_heads, n_heads, d_ff),
        "The width of $W_K$ comes out larger than that of $W_Q$. Which number of heads divides the "
        "width, and which one multiplies it?",
    ),
    Slip(
        "a division that leaves a decimal point",
        counts(d_head=lambda d, n: d / n, total=lambda n, block, rest: f"{n * block + rest}"),
        "A count is a number, and a whole one.",
    ),
    Slip(
        "the rule of twelve",
        as_gpt2,
        "The rule of twelve squares belongs to GPT-2: four of them in attention, eight in an MLP "
        "without a gate. Count this block's matrices.",
    ),
    Slip(
        "only the blocks",
        lambda vocab_size, d_model, n_layers, n_heads, n_kv_heads, d_ff: (
            parameters(vocab_size, d_model, n_layers, n_heads, n_kv_heads, d_ff)
            - d_model
            - 2 * vocab_size * d_model
        ),
        "Those are the blocks. What stands before the first and behind the last?",
    ),
)


def by_shapes(vocab_size, d_model, n_layers, n_heads, n_kv_heads, d_ff):
    d_kv = d_model // n_heads * n_kv_heads
    block = [(d_model, d_model)] * 2 + [(d_model, d_kv)] * 2 + [(d_model, d_ff)] * 3
    shapes = n_layers * [*block, (2, d_model)] + [(2 * vocab_size, d_model), (1, d_model)]
    return sum(rows * columns for rows, columns in shapes)


def by_column(vocab_size, d_model, n_layers, n_heads, n_kv_heads, d_ff):
    d_kv = d_model * n_kv_heads // n_heads
    a_column = n_layers * (2 * d_model + 2 * d_kv + 3 * d_ff + 2) + 2 * vocab_size + 1
    return d_model * a_column


def by_library(vocab_size, d_model, n_layers, n_heads, n_kv_heads, d_ff):
    from minigpt import costs
    from minigpt.config import ModelConfig

    shape = {"n_layers": n_layers, "n_heads": n_heads, "n_kv_heads": n_kv_heads, "d_ff": d_ff}
    kind = {"mlp": "swiglu", "tie_head": False, "qk_norm": False}
    config = ModelConfig(vocab_size=vocab_size, d_model=d_model, **shape, **kind)
    return costs.n_parameters(config)


def by_loop(vocab_size, d_model, n_layers, n_heads, n_kv_heads, d_ff):
    count = 2 * vocab_size * d_model + d_model
    for _ in range(n_layers):
        count += 2 * d_model + 2 * d_model**2
        count += 2 * n_kv_heads * (d_model * d_model / n_heads) + 3 * d_model * d_ff
    return count


RIGHT = (
    Variant("a list of shapes", by_shapes),
    Variant("column by column", by_column),
    Variant("the library", by_library),
    Variant("layer by layer, with a division", by_loop),
)
CASES = ((97, 24, 3, 6, 2, 50), (61, 40, 5, 10, 2, 106), (50, 48, 2, 8, 4, 31))

EXERCISE = Exercise(
    id="14.2",
    title="Count a Llama",
    name="parameters",
    minutes=20,
    difficulty="Middling",
    reference=parameters,
    returns=("the count",),
    cases=tuple(Case(sizes, (None,) * 6) for sizes in CASES),
    slips=SLIPS,
    right=RIGHT,
    hints=PARAMETERS,
    notice="heads that share keys save an eighth of the parameters, or less. What they are for is memory while "
    "the model writes (chapter 17).",
)
