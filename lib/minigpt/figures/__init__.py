"""Figures that move, in Lab and in the page."""

from minigpt.figures.attention_map import AttentionMap
from minigpt.figures.cell_tracer import CellTracer
from minigpt.figures.mask_painter import MaskPainter
from minigpt.figures.mixture import Mixture
from minigpt.figures.quiz import Quiz
from minigpt.figures.softmax_sculptor import SoftmaxSculptor

__all__ = ["AttentionMap", "CellTracer", "MaskPainter", "Mixture", "Quiz", "SoftmaxSculptor"]
