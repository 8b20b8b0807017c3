"""Figures are counted once a minute, however many ask at once."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

from gridmap.services.disputes.figure_shelf import FigureShelf


def test_many_who_ask_at_once_wait_for_one_who_counts():
    shelf, gate, counted = FigureShelf(), threading.Event(), []

    def make():
        counted.append(1)
        assert gate.wait(60)
        return object()

    with ThreadPoolExecutor(8) as pool:
        asked = [pool.submit(shelf.get, "question", make) for _ in range(8)]
        gate.set()
        answers = {id(one.result(60)) for one in asked}
    assert (len(counted), len(answers)) == (1, 1)


def test_an_answer_grows_old_and_the_oldest_question_goes_first():
    answers = iter(range(9))
    old = FigureShelf(fresh=0.0)
    assert [old.get("a", lambda: next(answers)) for _ in range(2)] == [0, 1]
    short = FigureShelf(most=2)
    assert [short.get(one, lambda: next(answers)) for one in ("a", "b", "a", "c", "b", "a")] == [2, 3, 2, 4, 3, 5]


def test_an_error_is_kept_for_nobody_and_whoever_waited_counts_alone():
    shelf, begun, gate = FigureShelf(), threading.Event(), threading.Event()

    def fail():
        begun.set()
        assert gate.wait(60)
        raise KeyError("no")

    with ThreadPoolExecutor(2) as pool:
        first = pool.submit(shelf.get, "question", fail)
        assert begun.wait(60)
        second = pool.submit(shelf.get, "question", lambda: "counted")
        gate.set()
        with pytest.raises(KeyError):
            first.result(60)
        assert second.result(60) == "counted"
    assert shelf.get("question", lambda: "again") in {"again", "counted"}
