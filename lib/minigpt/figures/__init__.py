"""Figures that move, in Lab and in the page."""

from minigpt.figures.attention_map import AttentionMap
from minigpt.figures.cell_tracer import CellTracer

__all__ = ["AttentionMap", "CellTracer"]
