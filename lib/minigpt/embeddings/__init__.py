"""Words as vectors: skip-gram trains them, and `WordVectors` asks them questions."""

from minigpt.embeddings.skipgram import skipgram_gradients, train_skipgram
from minigpt.embeddings.vectors import WordVectors

__all__ = ["WordVectors", "skipgram_gradients", "train_skipgram"]
