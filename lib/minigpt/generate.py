"""Write with a model: score the next token, choose one, append it, repeat.

Past its context_length a model cannot see the whole text. It then reads a window: when
the window is full, its first half is dropped, and the rest is read anew from position 0.
Where the window starts depends on the number of tokens alone (`window_start`), so that
the tokens are the same with the cache and without it, however the prompt was fed.
"""

from collections.abc import Callable, Iterator

import torch
from jaxtyping import Float, Int
from torch import Tensor

from minigpt.cache import KVCache
from minigpt.errors import GenerateError, problem
from minigpt.model import GPT
from minigpt.sampling import Sampler

# Next-token scores and the tokens so far, in; one token id a row, out.
Choose = Callable[[Float[Tensor, "B vocab_size"], Int[Tensor, "B T"]], Int[Tensor, " B"]]


def window_start(n_tokens: int, context_length: int) -> int:
    """Return the first position that the model sees when n_tokens are there.

    0 up to context_length tokens; then it moves by half a context at a time.
    Example: with context_length 8, nine to twelve tokens are read from position 4.

    Raises: nothing.
    Source: this book, chapter 17.
    """
    hop = max(1, context_length // 2)
    overflow = max(0, n_tokens - context_length)
    return -(-overflow // hop) * hop


class Decoder:
    """Ask a model for next-token scores again and again, as the text grows.

    With a cache only what is new goes through the model; without, the whole window.
    `chunk` feeds long prompts in pieces of that many tokens.

    Raises: GenerateError when the model is not causal, or chunk is not positive.
    Source: Shazeer 2019, section 2.4. Built in chapter 17.
    """

    def __init__(self, model: GPT, use_cache: bool = True, chunk: int | None = None):
        if not model.config.causal:
            raise GenerateError(
                problem("a causal model, to write from left to right", "causal=False", "another")
            )
        if chunk is not None and chunk < 1:
            raise GenerateError(problem("chunks of at least 1 token", f"chunk={chunk}", "chunk=64"))
        self.model, self.use_cache, self.chunk = model, use_cache, chunk
        self.cache: KVCache | None = None
        self.start = 0

    @torch.inference_mode()
    def next_logits(self, tokens: Int[Tensor, "B T"]) -> Float[Tensor, "B vocab_size"]:
        """Score what may follow; tokens must continue those of the last call.

        Raises: GenerateError for an empty prompt; ShapeError for ids that the model does
        not know.
        Source: this book, chapter 17.
        """
        _check_request(tokens, 0)
        start = window_start(tokens.shape[1], self.model.config.context_length)
        if not self.use_cache:
            return self.model(tokens[:, start:])[:, -1]
        if self.cache is None:
            p = next(self.model.parameters())
            self.cache = KVCache(self.model.config, tokens.shape[0], None, p.device, p.dtype)
        if start != self.start:
            self.cache.reset()
            self.start = start
        new = tokens[:, start + self.cache.length :]
        for piece in new.split(self.chunk or new.shape[1], dim=1):
            logits = self.model(piece, cache=self.cache)
        return logits[:, -1]


def stream(
    model: GPT,
    tokens: Int[Tensor, "B T"],
    max_new_tokens: int,
    sampler: Choose | None = None,
    stop: tuple[int, ...] = (),
    use_cache: bool = True,
    chunk: int | None = None,
) -> Iterator[Int[Tensor, " B"]]:
    """Yield one new token a row, as soon as it is chosen.

    `sampler(logits, tokens)` chooses; by default the most likely token. A row that has
    met a token of `stop` repeats it from then on; when all rows have, the stream ends.
    The model is set to evaluate, so that nothing is dropped out.

    Raises: GenerateError for an empty prompt or a negative max_new_tokens.
    Source: Radford et al. 2019. Built in chapter 16.
    """
    _check_request(tokens, max_new_tokens)
    return _stream(model, tokens, max_new_tokens, sampler or Sampler(0), stop, use_cache, chunk)


def _stream(model, tokens, max_new_tokens, sampler, stop, use_cache, chunk) -> Iterator[Tensor]:
    decoder = Decoder(model.eval(), use_cache, chunk)
    stop_ids = torch.tensor(stop, device=tokens.device)
    stopped = torch.zeros(tokens.shape[0], dtype=torch.bool, device=tokens.device)
    for _ in range(max_new_tokens):
        chosen = sampler(decoder.next_logits(tokens), tokens)
        chosen = torch.where(stopped, tokens[:, -1], chosen)
        yield chosen
        tokens = torch.cat((tokens, chosen[:, None]), dim=1)
        stopped = torch.isin(chosen, stop_ids)  # a row that has stopped repeats its stop
        if stopped.all():
            return


def generate(
    model: GPT,
    tokens: Int[Tensor, "B T"],
    max_new_tokens: int,
    sampler: Choose | None = None,
    stop: tuple[int, ...] = (),
    use_cache: bool = True,
    chunk: int | None = None,
) -> Int[Tensor, "B T_new"]:
    """Return the prompt and what `stream` adds to it, as one tensor.

    Raises: GenerateError as `stream` does.
    Source: Radford et al. 2019. Built in chapter 16.
    """
    new = list(stream(model, tokens, max_new_tokens, sampler, stop, use_cache, chunk))
    return torch.cat((tokens, *(column[:, None] for column in new)), dim=1)


def beam_search(
    model: GPT,
    tokens: Int[Tensor, "1 T"],
    max_new_tokens: int,
    n_beams: int = 4,
    stop: tuple[int, ...] = (),
    length_penalty: float = 1.0,
    use_cache: bool = True,
) -> tuple[Int[Tensor, " T_new"], float]:
    """Keep the n_beams likeliest continuations; return the best text and its score.

    The score is the log-probability in nats divided by n ** length_penalty, n being the
    number of new tokens; 0 compares the probabilities themselves, which favours the short.
    A continuation is finished by a token of `stop` or at max_new_tokens. The search ends
    as soon as n_beams are finished.

    Raises: GenerateError for an empty prompt, several rows, or a number out of range.
    Source: Wu et al. 2016, section 7, with the simpler penalty of the common libraries.
    """
    _check_request(tokens, max_new_tokens)
    if tokens.shape[0] != 1 or n_beams < 1:
        came = f"{tokens.shape[0]} rows and n_beams={n_beams}"
        raise GenerateError(problem("one prompt and at least 1 beam", came, "a row at a time"))
    decoder, prompt = Decoder(model.eval(), use_cache), tokens.shape[1]
    finished, live, scores = [], tokens, torch.zeros(1, dtype=torch.float64, device="cpu")
    stop_ids = torch.tensor(stop, device=tokens.device)
    while len(finished) < n_beams and len(live) and live.shape[1] < prompt + max_new_tokens:
        rows, grown, totals = _likeliest(decoder, live, scores, n_beams * (1 + len(stop)))
        ended = torch.isin(grown[:, -1], stop_ids).cpu()
        best = ended[:n_beams].nonzero().flatten()
        finished += _scored(grown[best], totals[best], prompt, length_penalty)
        kept = (~ended).nonzero().flatten()[:n_beams]
        live, scores = grown[kept], totals[kept]
        if decoder.cache is not None:
            decoder.cache.reorder(rows[kept])
    if live.shape[1] == prompt + max_new_tokens:
        finished += _scored(live, scores, prompt, length_penalty)
    return max(finished, key=lambda pair: pair[1])


def _likeliest(
    decoder: Decoder, live: Tensor, scores: Tensor, n: int
) -> tuple[Tensor, Tensor, Tensor]:
    """Grow every live row by every token; keep the n likeliest, and which rows they grew from."""
    log_p = decoder.next_logits(live).cpu().double().log_softmax(-1)
    totals, flat = (scores[:, None] + log_p).flatten().topk(min(n, log_p.numel()))
    rows = flat // log_p.shape[1]
    ids = (flat % log_p.shape[1]).to(live)
    return rows, torch.cat((live[rows], ids[:, None]), dim=1), totals


def _scored(
    texts: Tensor, totals: Tensor, prompt: int, length_penalty: float
) -> list[tuple[Tensor, float]]:
    n = max(1, texts.shape[1] - prompt)
    return [(text, float(t) / n**length_penalty) for text, t in zip(texts, totals, strict=True)]


def _check_request(tokens: Tensor, max_new_tokens: int) -> None:
    if tokens.dim() != 2 or tokens.shape[1] == 0:
        came = f"shape {tuple(tokens.shape)}"
        raise GenerateError(
            problem("a prompt of at least one token, (B, T)", came, "a first token")
        )
    if max_new_tokens < 0:
        raise GenerateError(
            problem("max_new_tokens of at least 0", str(max_new_tokens), "max_new_tokens=100")
        )
