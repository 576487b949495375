"""Figures that move, in Lab and in the page."""

from minigpt.figures.attention_map import AttentionMap
from minigpt.figures.cell_tracer import CellTracer
from minigpt.figures.guess_meter import GuessMeter
from minigpt.figures.mixture import Mixture
from minigpt.figures.quiz import Quiz
from minigpt.figures.softmax_sculptor import SoftmaxSculptor

__all__ = ["AttentionMap", "CellTracer", "GuessMeter", "Mixture", "Quiz", "SoftmaxSculptor"]
