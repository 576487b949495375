"""Figures that move, in Lab and in the page."""

from minigpt.figures.alignment import Alignment
from minigpt.figures.analogy_plane import AnalogyPlane
from minigpt.figures.attention_map import AttentionMap
from minigpt.figures.cache_filmstrip import CacheFilmstrip
from minigpt.figures.cell_tracer import CellTracer
from minigpt.figures.context_average import ContextAverage
from minigpt.figures.distribution_sculptor import DistributionSculptor
from minigpt.figures.guess_meter import GuessMeter
from minigpt.figures.loss_reading import LossReading
from minigpt.figures.mask_painter import MaskPainter
from minigpt.figures.merge_stepper import MergeStepper
from minigpt.figures.mixture import Mixture
from minigpt.figures.neuron_switch import NeuronSwitch
from minigpt.figures.quiz import Quiz
from minigpt.figures.reshape_tracer import ReshapeTracer
from minigpt.figures.rotation_dial import RotationDial
from minigpt.figures.shape_map import ShapeMap
from minigpt.figures.softmax_sculptor import SoftmaxSculptor
from minigpt.figures.stream_ledger import StreamLedger

__all__ = [
    "Alignment",
    "AnalogyPlane",
    "AttentionMap",
    "CacheFilmstrip",
    "CellTracer",
    "ContextAverage",
    "DistributionSculptor",
    "GuessMeter",
    "LossReading",
    "MaskPainter",
    "MergeStepper",
    "Mixture",
    "NeuronSwitch",
    "Quiz",
    "ReshapeTracer",
    "RotationDial",
    "ShapeMap",
    "SoftmaxSculptor",
    "StreamLedger",
]
