"""The second book in a second process: it agrees, it objects, and its death is noticed."""

from __future__ import annotations

import os
import signal
from dataclasses import replace
from datetime import date

import pytest

from engine.cli.second_book import SecondBook
from engine.run import run
from engine.simulation import Replay
from tests.markets import config_of, engine_market, history, strategy, weekdays

pytestmark = pytest.mark.process


def orders() -> Replay:
    kept: list[Replay] = []
    closes = history(weekdays(date(2020, 6, 1), 4), [100.0, 101.0, 102.0, 103.0])
    run(config_of(strategy(rules=[{"name": "a", "hold": {"A": 0.6}}])), engine_market("A", {"A": closes}), kept.append)
    return kept[0]


def test_it_agrees_and_then_objects() -> None:
    good = orders()
    with SecondBook() as book:
        book.check(good)
        book.settle()
        book.check(replace(good, units=good.units * (1 + 1e-6)))
        book.check(good)
        with pytest.raises(AssertionError, match="AssertionError: the two books differ by"):
            book.settle()


def test_a_failure_in_it_is_a_failure_here() -> None:
    with SecondBook() as book:
        book.check(replace(orders(), size=orders().size[:, :2]))
        with pytest.raises(AssertionError, match="Error: "):
            book.settle()


def test_its_death_is_noticed() -> None:
    with SecondBook() as book:
        assert book.pid is not None
        os.kill(book.pid, signal.SIGKILL)
        book.check(orders())
        with pytest.raises(AssertionError, match="ended before it agreed"):
            book.settle()
