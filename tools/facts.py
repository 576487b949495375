"""A mini-GPT of one layer that is told the facts of the corpus, for `python -m tools.models`.

Ninety sentences, told 60 times over, each time in another order, so that nothing but the name
says what comes at the end. The MLP is eight times as wide as the stream, to have room; chapter 13
looks for the facts in it.
"""

from pathlib import Path
from random import Random

import torch

from minigpt.checkpoint import Checkpoint, save_checkpoint
from minigpt.config import ModelConfig, TrainConfig
from minigpt.corpus import FACTS
from minigpt.data import Batches, StorySource, encode_source
from minigpt.model import GPT
from minigpt.tokenizer import END, BPETokenizer
from minigpt.train import Trainer

MODEL = {"n_layers": 1, "n_heads": 2, "d_model": 32, "d_ff": 256, "context_length": 8}
TRAIN = TrainConfig(steps=1_500, batch_size=32, threads=1, device="cpu", seed=1)
TELLINGS = 60
VOCAB_SIZE = 1_024  # more than there are merges to make: every word becomes one token


def told(seed: int) -> StorySource:
    """Every fact TELLINGS times, each telling in an order of its own.

    Raises: nothing.
    Source: this book.
    """
    random, sentences = Random(seed), [f"{fact.beginning} {fact.answer}." for fact in FACTS]
    stories = [s for _ in range(TELLINGS) for s in random.sample(sentences, len(sentences))]
    return StorySource(stories, "facts")


def train(out: Path, steps: int = TRAIN.steps) -> None:
    """Train the model, `steps` of TRAIN's, and keep it in `out`/step-... without its training.

    Raises: CheckpointError when `out` cannot be written.
    Source: this book.
    """
    torch.manual_seed(TRAIN.seed)
    torch.set_num_threads(1)
    source = told(TRAIN.seed)
    tokenizer = BPETokenizer.train(source.chunks("train"), VOCAB_SIZE, specials=(END,))
    model = GPT(ModelConfig(vocab_size=tokenizer.vocab_size, **MODEL))
    ids, marker = encode_source(source, tokenizer, "train"), tokenizer.special_id(END)
    shape = (TRAIN.batch_size, model.config.context_length)
    trainer = Trainer(model, Batches(ids, *shape, TRAIN.seed, marker=marker), TRAIN)
    for _ in range(steps):
        trainer.train_step()
    save_checkpoint(out, model, TRAIN, {}, {"step": trainer.step, "data": source.name}, tokenizer)


@torch.no_grad()
def known(saved: Checkpoint) -> int:
    """Count the facts whose answer is the model's first choice after their beginning.

    Raises: TokenizerError for a tokenizer without END.
    Source: this book.
    """
    model, encode, end = (
        saved.build_model(),
        saved.tokenizer.encode,
        saved.tokenizer.special_id(END),
    )
    return sum(
        model(torch.tensor([[end, *encode(fact.beginning)]]))[0, -1].argmax().item()
        == encode(" " + fact.answer)[0]
        for fact in FACTS
    )
