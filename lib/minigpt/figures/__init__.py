"""Figures that move, in Lab and in the page."""

from minigpt.figures.attention_map import AttentionMap

__all__ = ["AttentionMap"]
