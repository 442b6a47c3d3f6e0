"""What every weighing by risk keeps to: wholes, order, short history, the fallback, one process like another."""

from __future__ import annotations

import json
import subprocess
import sys
import warnings
from itertools import islice, permutations
from typing import Any, ClassVar

import numpy as np
import pytest

from engine.blocks import ALLOCATORS, load
from engine.errors import StrategyError
from strategies.allocators.covariance import CovarianceWeighing
from strategies.allocators.min_variance import MinVariance
from strategies.allocators.risk import RiskWeighing
from tests.allocators.moments import Floats, exactly, made_up, moment
from tests.conftest import ROOT

load()
WAYS = sorted(name for name, block in ALLOCATORS.items() if issubclass(block, RiskWeighing))
ways = pytest.mark.parametrize("way", WAYS)
NAMES = ("A", "B", "C", "D", "E")


def made(way: str, **fields: Any) -> RiskWeighing:
    block = ALLOCATORS[way].model_validate({"use": way, **fields})
    assert isinstance(block, RiskWeighing)
    return block


def test_all_four_are_here() -> None:
    assert {"hrp", "inverse_volatility", "min_variance", "risk_parity"} <= set(WAYS)
    assert [made(way).window for way in ("hrp", "inverse_volatility", "min_variance", "risk_parity")] == [250, 60, 250, 250]  # fmt: skip  # noqa: E501  # one table


@ways
@pytest.mark.parametrize("seed", range(3))
def test_parts_are_a_whole(way: str, seed: int) -> None:
    for shrinkage in ({"shrinkage": "none"}, {}) if issubclass(ALLOCATORS[way], CovarianceWeighing) else ({},):
        parts = made(way, window=60, **shrinkage).share(NAMES, moment(made_up(5, 80, seed)))
        assert tuple(parts) == NAMES
        assert min(parts.values()) >= 0.0
        assert abs(sum(parts.values()) - 1.0) < 1e-12


@ways
def test_the_order_of_the_names_does_not_matter(way: str) -> None:
    moves = made_up(5, 60)
    expected = made(way, window=60).share(NAMES, moment(moves))
    for names in islice(permutations(NAMES), 1, None, 17):
        assert dict(made(way, window=60).share(names, moment(moves))) == expected


@ways
def test_only_the_window_counts_and_nothing_after_the_close(way: str) -> None:
    moves = made_up(3, 100)
    expected = made(way, window=40).share(("A", "B", "C"), moment(moves, 59))
    other = {name: column.copy() for name, column in moves.items()}
    for column in other.values():
        column[:20] *= 9.0
        column[60:] = np.nan
    assert made(way, window=40).share(("A", "B", "C"), moment(other, 59)) == expected
    other["B"][20] *= 2.0  # the oldest of the forty
    assert made(way, window=40).share(("A", "B", "C"), moment(other, 59)) != expected


@ways
def test_the_unit_of_returns_does_not_matter(way: str) -> None:
    moves = made_up(4, 60)
    expected = made(way, window=60).share(("A", "B", "C", "D"), moment(moves))
    cents = {name: column * 100.0 for name, column in moves.items()}
    assert made(way, window=60).share(("A", "B", "C", "D"), moment(cents)) == pytest.approx(expected, abs=1e-8)


@ways
def test_a_single_name_gets_the_whole(way: str) -> None:
    assert made(way).share(("B",), moment(made_up(3, 5))) == {"B": 1.0}


@ways
def test_short_history(way: str) -> None:
    """Forty rows where fifty are asked for; then one return that is missing inside the window."""
    short, whole = moment(made_up(3, 40)), made_up(3, 50)
    assert not made(way, window=50).weighable(("A", "B"), short)
    with pytest.raises(
        StrategyError, match=rf"A has 40 of the last 50 returns, and {way} needs all \(`fallback: equal`"
    ):
        made(way, window=50).share(("A", "B"), short)
    assert made(way, window=50).weighable(("A", "B", "C"), moment(whole))
    whole["B"][30] = np.nan
    assert not made(way, window=50).weighable(("A", "B", "C"), moment(whole))
    assert made(way, window=50).weighable(("A", "C"), moment(whole))
    assert made(way, window=19).weighable(("A", "B", "C"), moment(whole))
    with pytest.raises(StrategyError, match=f"B has 49 of the last 50 returns, and {way} needs all"):
        made(way, window=50).share(("A", "B", "C"), moment(whole))
    equal = made(way, window=50, fallback="equal")
    assert equal.share(("A", "B", "C"), moment(whole)) == dict.fromkeys("ABC", 1 / 3)
    assert not equal.weighable(("A", "B", "C"), moment(whole))  # the first decision waits all the same


@ways
def test_a_name_that_stands_still(way: str) -> None:
    moves = made_up(3, 60)
    moves["C"] = np.zeros(60)
    with pytest.raises(StrategyError, match=f"C did not move in the last 60 sessions: {way} cannot weigh it"):
        made(way, window=60).share(("C", "A", "B"), moment(moves))
    assert made(way, window=60, fallback="equal").share(("C", "A"), moment(moves)) == {"C": 0.5, "A": 0.5}


@ways
def test_a_window_of_one_return_has_no_deviation(way: str) -> None:
    with pytest.raises(ValueError, match="greater than or equal to 2"):
        made(way, window=1)


@pytest.mark.process
def test_another_process_finds_the_same() -> None:
    script = (
        "import json, sys\n"
        "from tests.allocators.test_risk import NAMES, WAYS, made, made_up, moment\n"
        "print(json.dumps({way: made(way, window=60).share(NAMES, moment(made_up(5, 60))) for way in WAYS}))"
    )
    done = subprocess.run([sys.executable, "-c", script], cwd=ROOT, capture_output=True, text=True, check=True)
    assert json.loads(done.stdout) == {way: made(way, window=60).share(NAMES, moment(made_up(5, 60))) for way in WAYS}
    assert done.stderr == ""


class Found:
    """An optimiser that has made up its mind, and has something to say to programmers; no user is to read it."""

    def __init__(self, *parts: float) -> None:
        self.weights_ = np.array(parts)

    def fit(self, _: Floats) -> Found:
        warnings.warn("something of theirs will change", DeprecationWarning, stacklevel=2)
        return self


class Given(CovarianceWeighing):
    """Parts that are given."""

    use: str = "given"
    parts: tuple[float, ...]

    def model(self, prior: Any) -> Found:  # noqa: ARG002  # it looks at nothing
        return Found(*self.parts)


PAIR = moment(exactly(np.diag([1e-4, 4e-4])))


def test_dust_is_swept_away() -> None:
    assert Given(window=16, parts=(-1e-8, 1.0 + 1e-8)).share(("A", "B"), PAIR) == {"A": 0.0, "B": 1.0}
    assert Given(window=16, parts=(1e-8, 1.0 - 1e-8)).share(("A", "B"), PAIR) == {"A": 0.0, "B": 1.0}


@pytest.mark.parametrize("parts", [(-1e-5, 1.0 + 1e-5), (0.5, 0.6), (float("nan"), 1.0)])
def test_parts_that_are_no_parts(parts: tuple[float, float]) -> None:
    with pytest.raises(StrategyError, match="given found no parts of the whole: "):
        Given(window=16, parts=parts).share(("A", "B"), PAIR)
    assert Given(window=16, parts=parts, fallback="equal").share(("A", "B"), PAIR) == {"A": 0.5, "B": 0.5}


class Hasty(MinVariance):
    """Stops after so many steps."""

    steps: ClassVar[int] = 1

    def model(self, prior: Any) -> Any:
        model = super().model(prior)
        model.solver_params = {"max_iter": self.steps}
        return model


def test_a_solver_that_stops_short_is_an_error() -> None:
    moves = made_up(5, 60)
    before = list(warnings.filters)
    with pytest.raises(StrategyError, match="min_variance has no solution: ") as error:
        Hasty(window=60).share(NAMES, moment(moves))
    assert "verbose" not in str(error.value)
    assert Hasty(window=60, fallback="equal").share(NAMES, moment(moves)) == dict.fromkeys(NAMES, 0.2)
    assert warnings.filters == before
