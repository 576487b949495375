"""Figures that move, in Lab and in the page."""

from minigpt.figures.alignment import Alignment
from minigpt.figures.analogy_plane import AnalogyPlane
from minigpt.figures.attention_map import AttentionMap
from minigpt.figures.cell_tracer import CellTracer
from minigpt.figures.context_average import ContextAverage
from minigpt.figures.guess_meter import GuessMeter
from minigpt.figures.mask_painter import MaskPainter
from minigpt.figures.merge_stepper import MergeStepper
from minigpt.figures.mixture import Mixture
from minigpt.figures.quiz import Quiz
from minigpt.figures.reshape_tracer import ReshapeTracer
from minigpt.figures.rotation_dial import RotationDial
from minigpt.figures.softmax_sculptor import SoftmaxSculptor

__all__ = [
    "Alignment",
    "AnalogyPlane",
    "AttentionMap",
    "CellTracer",
    "ContextAverage",
    "GuessMeter",
    "MaskPainter",
    "MergeStepper",
    "Mixture",
    "Quiz",
    "ReshapeTracer",
    "RotationDial",
    "SoftmaxSculptor",
]
