"""Whatever runs on is stopped, in whichever thread; and nothing of it is left running."""

# ruff: noqa: B012, E722, SIM105 - so do learners

import os
import signal
import sys
import threading
import time

import numpy as np
import pytest
from toy import TOY, shares

from minigpt.exercises import running, stopping
from minigpt.exercises.judge import judge
from minigpt.exercises.running import differ
from minigpt.exercises.verdict import NOT_YET, PASSED

LARGE = np.ones((300, 300))


@pytest.fixture(autouse=True)
def short(monkeypatch):
    """Less time; and in the end no thread more than before."""
    before = threading.active_count()
    monkeypatch.setattr(running, "SECONDS", 0.3)
    yield
    wait_for(before)


def wait_for(threads):
    for _ in range(200):  # a thread that is told to stop takes a moment
        if threading.active_count() == threads:
            return
        time.sleep(0.01)
    raise AssertionError(f"still running: {threading.enumerate()}")


def plainly(x, order):
    while True:
        pass


def excepting(x, order):
    while True:
        try:
            x = x + 1
        except Exception:
            pass


def bare(x, order):
    while True:
        try:
            LARGE @ LARGE
        except:
            pass


def bare_and_sleepy(x, order):
    while True:
        try:
            time.sleep(0.01)
        except:
            pass


def nested(x, order):
    while True:
        try:
            try:
                LARGE @ LARGE
            except:
                LARGE @ LARGE
        except:
            LARGE @ LARGE


def bare_around_a_loop(x, order):
    while True:
        try:
            for _ in range(10):
                LARGE @ LARGE
        except BaseException as error:
            str(error)


def finally_again(x, order):
    while True:
        try:
            LARGE @ LARGE
        finally:
            continue


def in_another_function(x, order):
    def inner():
        try:
            LARGE @ LARGE
        except:
            return 1

    while True:
        inner()


def printing(x, order):
    while True:
        print("still here")


def recursing_again_and_again(x, order):
    while True:
        try:
            recursing_again_and_again(x, order)
        except RecursionError:
            pass


def taking_it_and_going_on(x, order):
    try:
        while True:
            time.sleep(0.01)
    except:
        return x


ENDLESS = [
    plainly,
    excepting,
    bare,
    bare_and_sleepy,
    nested,
    bare_around_a_loop,
    finally_again,
    in_another_function,
    printing,
    recursing_again_and_again,
    taking_it_and_going_on,
]


@pytest.mark.parametrize("endless", ENDLESS, ids=lambda f: f.__name__)
def test_a_loop_without_end_is_stopped(endless):
    verdict = judge(TOY, endless)
    assert verdict.status == NOT_YET
    assert verdict.lines[0].startswith("It was stopped after")
    assert judge(TOY, shares).status == PASSED


@pytest.mark.skipif(not hasattr(time, "pthread_getcpuclockid"), reason="no clock of a thread here")
def test_a_busy_machine_makes_nobody_late():
    """Others compute at the same time; only what the answer computes for is counted."""
    over = threading.Event()

    def compete():
        while not over.is_set():
            pass

    def slowly(x, order):
        began = time.thread_time()
        while time.thread_time() - began < 0.6 * running.SECONDS / n_calls:
            pass
        return shares(x, order)

    n_calls = 2 * len(TOY.cases)
    others = [threading.Thread(target=compete) for _ in range(4)]
    for other in others:
        other.start()
    began = time.monotonic()
    try:
        assert judge(TOY, slowly).status == PASSED
        assert time.monotonic() - began > running.SECONDS  # it was busy indeed
    finally:
        over.set()


def test_what_may_be_stopped_is_not_traced():
    """Stopped inside a tracer, it would keep the tracer's lock, and all others would wait."""
    tracers, kept = [], threading.gettrace()
    threading.settrace(lambda frame, event, arg: None)
    try:
        assert stopping.within(1, lambda: tracers.append(sys.gettrace())) is None
    finally:
        threading.settrace(kept)
    assert tracers == [None]


def test_what_it_did_when_it_recursed_too_deep_is_chance():
    """Who is traced, or has been called from further away, ends at another of its lines."""
    ends = ("", " in comparison", " while calling a Python object")
    errors = [RecursionError(f"maximum recursion depth exceeded{end}") for end in ends]
    (said,) = {running.Outcome((), error=error).trouble for error in errors}
    assert said == "RecursionError: maximum recursion depth exceeded"
    own = RecursionError("not so deep, please")
    assert running.Outcome((), error=own).trouble == "RecursionError: not so deep, please"


def test_one_that_only_waits_is_told_how_long_it_was_waited_for():
    """It computes next to nothing, so the second limit stops it."""
    late = stopping.within(running.SECONDS, lambda: [time.sleep(0.01) for _ in range(10**6)])
    assert str(late).startswith(f"It was stopped after {stopping.BUSY * running.SECONDS:.0f} s")


def test_one_that_swallows_the_stop_in_its_last_call_is_late_all_the_same():
    calls = []

    def answer(x, order):
        calls.append(1)
        try:
            while len(calls) == 2 * len(TOY.cases):
                time.sleep(0.01)
        except:
            pass
        return shares(x, order)

    lines = judge(TOY, answer).lines
    assert lines[0].startswith("It was stopped after")
    assert lines[-1].startswith("Called with x (4, 6)")


@pytest.mark.skipif(
    sys.gettrace() is not None and sys.version_info < (3, 12),
    reason="Python 3.11, while it is traced, waits for an exception that waits in another thread",
)
def test_one_long_computation_cannot_be_stopped_but_is_not_waited_for(monkeypatch):
    monkeypatch.setattr(stopping, "PATIENCE", 0.1)
    dark = threading.Lock()
    dark.acquire()

    def answer(x, order):
        dark.acquire()  # inside one call of C, as a long matrix product is

    verdict = judge(TOY, answer)
    assert verdict.lines[0] == (
        "It takes too long and cannot be stopped. Restart the kernel if it stays busy."
    )
    dark.release()


def test_one_that_ended_before_it_could_say_so_counts_as_stopped():
    """The stop may come while the thread is about to let go of its lock."""
    busy = threading.Lock()
    busy.acquire()
    worker = threading.Thread(target=int)
    worker.start()
    worker.join()
    assert stopping.stop(worker, busy)


def test_it_works_outside_the_main_thread():
    verdicts = []
    thread = threading.Thread(target=lambda: verdicts.append(judge(TOY, plainly)))
    thread.start()
    thread.join()
    assert verdicts[0].lines[0].startswith("It was stopped after")


@pytest.mark.skipif(os.name == "nt", reason="signals to oneself are Unix's")
def test_an_interrupt_reaches_the_reader_and_stops_the_function(monkeypatch):
    monkeypatch.setattr(running, "SECONDS", 30)
    timer = threading.Timer(0.3, os.kill, (os.getpid(), signal.SIGINT))
    timer.start()
    with pytest.raises(KeyboardInterrupt):
        judge(TOY, excepting)
    timer.join()


def test_a_fault_of_ours_is_not_hidden():
    def work():
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        stopping.within(1, work)


@pytest.mark.parametrize(
    ("now", "before", "expected"),
    [
        (np.array([1.0, np.nan]), np.array([1.0, np.nan]), False),
        (np.array([1.0, 2.0]), np.array([1.0, 3.0]), True),
        (np.array([[1.0, 2.0]]), np.array([1.0, 2.0]), True),
        (np.array(["a"]), np.array(["a"]), False),
        ([1, 2], [1, 2], False),
        ([2, 1], [1, 2], True),
        ([1, 2, 3], [1, 2], True),
        ([np.array([1, 2])], [np.array([1, 2])], False),
        ([np.array([1, 5])], [np.array([1, 2])], True),
        ([np.array([1, 5])], [1], True),
        (len, max, False),
    ],
)
def test_what_counts_as_changed(now, before, expected):
    assert differ(now, before) is expected
