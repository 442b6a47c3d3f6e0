"""The verdict claims no more than its numbers, over every case it can meet."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date
from types import SimpleNamespace
from typing import cast

import pytest

from engine.attribution import MarketModel
from engine.metrics import Window
from engine.report.sentences import conventions, costs_words, schedule_words, verdict
from engine.run import Result
from tests.markets import config_of, strategy

LEFT = "at a beta of 1.00 that leaves a market-model"
WEAK = "an alpha not distinguishable from zero at the 5% level"
TRIED = "before allowing for how many strategies were tried"
STRONG = f"an alpha statistically distinguishable from zero at the 5% level, {TRIED}"


@dataclass
class Found:
    """As much of a result as the verdict looks at."""

    gap: float | None
    alpha: float = 0.0
    alpha_t: float | None = None
    fitted: bool = True
    window: Window = field(default_factory=lambda: Window(date(2016, 7, 11), date(2025, 9, 17), 2279))
    config: object = field(default_factory=lambda: config_of(strategy()))
    plan: object = field(default_factory=lambda: SimpleNamespace(marks={}))

    @property
    def active_measures(self) -> dict[str, float | None]:
        return {"cagr": self.gap}

    @property
    def regression(self) -> MarketModel | None:
        return MarketModel(self.alpha, 1.0, self.alpha_t, 70.0, 0.8, 8) if self.fitted else None


@pytest.mark.parametrize(
    ("found", "compared", "judged"),
    [
        (
            Found(0.000848, 0.00401, 0.1318),
            "0.1 points a year more than A",
            f"alpha of 0.4% a year, Newey-West t = 0.13, {WEAK}",
        ),
        (
            Found(-0.113, -0.083, -1.85),
            "11.3 points a year less than A",
            f"alpha of -8.3% a year, Newey-West t = -1.85, {WEAK}",
        ),
        (
            Found(0.05, 0.06, 1.9599),
            "5.0 points a year more than A",
            f"alpha of 6.0% a year, Newey-West t = 1.96, {WEAK}",
        ),
        (
            Found(0.05, 0.06, 1.9601),
            "5.0 points a year more than A",
            f"alpha of 6.0% a year, Newey-West t = 1.96, {STRONG}",
        ),
        (
            Found(-0.05, -0.06, -2.5),
            "5.0 points a year less than A",
            f"alpha of -6.0% a year, Newey-West t = -2.50, {STRONG}",
        ),
        (Found(0.0), "as much as A", "alpha of 0.0% a year, with nothing left over to test it on"),
        (Found(-0.0004, -0.0004, -0.1), "as much as A", f"alpha of 0.0% a year, Newey-West t = -0.10, {WEAK}"),
    ],
)
def test_the_verdict_says_what_the_numbers_say(found: Found, compared: str, judged: str) -> None:
    told = verdict(cast("Result", found))
    assert told == f"Over 9.2 years the strategy returned {compared} (total return); {LEFT} {judged}."


def test_without_a_regression_there_is_no_alpha() -> None:
    told = verdict(cast("Result", Found(0.01, fitted=False)))
    assert told.endswith("; there is too little variation to estimate an alpha from.")


def test_a_single_session_is_not_judged() -> None:
    assert "nothing to judge" in verdict(cast("Result", Found(None)))


def test_hindsight_is_part_of_the_verdict() -> None:
    marks = {"THEME": "survivorship-biased", "LATE": "back-filled", "OTHER": "survivorship-biased"}
    told = verdict(cast("Result", Found(0.01, plan=SimpleNamespace(marks=marks))))
    assert " THEME and OTHER were picked by someone who knew which stocks would last: less could be had than" in told
    assert told.endswith(" LATE was held before the launch, while its history was computed backwards and nobody could "
                         "follow it.")  # fmt: skip
    assert ".." not in told


@pytest.mark.parametrize("decide", ["daily", "weekly", "monthly", "quarterly", "on_change"])
@pytest.mark.parametrize("fill", ["next_close", "next_open"])
def test_every_schedule_has_words(decide: str, fill: str) -> None:
    told = schedule_words(config_of(strategy(schedule={"decide": decide, "fill": fill})))
    assert "session" in told
    assert told.endswith(f"filled at the next session's {fill.removeprefix('next_')}")


def test_costs_in_words() -> None:
    assert costs_words(config_of(strategy())) == "Trades are free. Taxes on gains are not deducted."
    told = costs_words(config_of(strategy(execution={"buy_bps": 2.5, "sell_bps": 20})))
    assert told.startswith("Purchases cost 2.5 basis points of their value and sales 20. Taxes on gains are not")


def test_the_conventions_name_benchmark_cash_and_what_is_not_known() -> None:
    plain = strategy(market={"benchmark": "A", "universe": ["A"], "returns": "price"}, execution={"cash_spread": 0.005})
    told = " ".join(conventions(config_of(plain)))
    assert "The benchmark is A (price return, without dividends), bought once" in told
    assert "policy rate of the day less 0.50% a year" in told
    assert "back-filled" in told
