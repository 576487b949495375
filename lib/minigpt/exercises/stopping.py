"""Work that is stopped when it takes too long, on any system and without a second process."""

import contextvars
import ctypes
import math
import sys
import threading
import time
from collections.abc import Callable
from types import FrameType
from typing import Any

PATIENCE = 1.0  # seconds, with a function that will not be stopped
ROUND = 0.05
BUSY = 10  # so many times longer may it take where others compute as well


class OverdueError(Exception):
    """A function took too long; the text says what became of it."""


class Stopped(BaseException):  # so that no `except Exception` takes it
    """Raised inside a function that has run for too long.

    Source: this book.
    """


class StoppedAgain(Stopped):
    """The same, for a function whose bare `except:` has taken the first.

    Each is made in the function's own thread, and from then on every line of it raises anew.

    Raises: nothing.
    Source: this book.
    """

    def __init__(self) -> None:
        frame: FrameType | None = sys._getframe(1)
        while frame is not None and frame.f_code.co_filename != __file__:
            frame.f_trace = _stop_here
            frame = frame.f_back
        sys.settrace(_stop_here)


def _stop_here(frame: FrameType, event: str, arg: Any) -> None:
    raise StoppedAgain


def within(seconds: float, work: Callable[[], None]) -> OverdueError | None:
    """Do the work in a thread, and stop it when its time is over; say what came of that.

    Its time is what it computes for, so that a busy machine changes no verdict.

    Raises: what the work raises; KeyboardInterrupt, when the reader interrupts, and then the
    work is stopped too.
    Source: this book.
    """
    context = contextvars.copy_context()  # NumPy's print and error settings live in it
    broken: list[BaseException] = []
    busy = threading.Lock()  # held until the work has ended

    clock: list[int] = []

    def quietly() -> None:
        sys.settrace(None)  # a tracer (coverage's, a debugger's) has locks that a stop leaves shut
        try:
            clock.append(_own_clock())
            context.run(work)
        except Stopped:
            sys.settrace(None)
        except BaseException as error:
            broken.append(error)
        finally:
            busy.release()

    busy.acquire()
    worker = threading.Thread(target=quietly, daemon=True)
    worker.start()
    late: float | None = math.inf
    try:
        late = _late(busy, clock, seconds)
    finally:  # also when the reader interrupts
        stopped = late is None or stop(worker, busy)
    if broken:
        raise broken[0]
    if late is None:
        return None
    if stopped:
        return OverdueError(f"It was stopped after {late:.0f} seconds. Does a loop never end?")
    return OverdueError(
        "It takes too long and cannot be stopped. Restart the kernel if it stays busy."
    )


def _late(busy: threading.Lock, clock: list[int], seconds: float) -> float | None:
    """Wait for the work: None once it has ended, the limit that it met when it is too late."""
    began = time.monotonic()
    while not busy.acquire(timeout=ROUND):
        waited = time.monotonic() - began
        if _worked(clock, waited) >= seconds:
            return seconds
        if waited >= BUSY * seconds:
            return BUSY * seconds
    return None


def _own_clock() -> int:
    """The clock of this thread's computing, -1 where the system has none.

    A thread asks for its own: to ask for that of one that has ended may crash.
    """
    try:
        return time.pthread_getcpuclockid(threading.get_ident())
    except (AttributeError, OSError):
        return -1


def _worked(clock: list[int], waited: float) -> float:
    """The seconds for which the thread has computed; where no clock tells, those that passed."""
    if clock == [-1]:
        return waited
    try:
        return time.clock_gettime(clock[0])
    except (IndexError, OSError):  # it has not begun, or has ended
        return 0.0


def stop(worker: threading.Thread, busy: threading.Lock) -> bool:
    """Raise `Stopped` in the thread, again and again, until it ends or patience does.

    Nothing reaches a thread that is inside one long computation of NumPy's.

    Raises: nothing.
    Source: this book.
    """
    for attempt in range(int(PATIENCE / ROUND)):
        raised = ctypes.py_object(StoppedAgain if attempt % 2 else Stopped)
        ctypes.pythonapi.PyThreadState_SetAsyncExc(ctypes.c_ulong(worker.ident or 0), raised)
        if busy.acquire(timeout=ROUND) or not worker.is_alive():
            return True
    return False
