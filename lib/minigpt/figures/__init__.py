"""Figures that move, in Lab and in the page."""

from minigpt.figures.attention_map import AttentionMap
from minigpt.figures.cell_tracer import CellTracer
from minigpt.figures.quiz import Quiz

__all__ = ["AttentionMap", "CellTracer", "Quiz"]
