"""The table of charges: what it is made of, what a strategy file may add to it, and what cannot be meant."""

from __future__ import annotations

import csv
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from pydantic import ValidationError

import engine
from engine.costs import Brokerage, ChargeRow, Schedule, charges, clash
from engine.errors import ConfigError, DataError

FACTS = Path(engine.__file__).parent / "market" / "facts" / "charges.csv"
LAKH = 100_000.0
DP = {"charge": "dp", "side": "sell", "unit": "rupees_per_scrip_per_day"}


def row(**changed: Any) -> ChargeRow:
    plain = {"charge": "stamp", "vehicle": "share", "side": "both", "effective": "2025-01-01", "rate": 0.0002}
    return ChargeRow.model_validate(plain | {"unit": "fraction"} | changed)


def test_the_shipped_table_is_the_fact_file() -> None:
    shipped = Schedule.shipped()
    assert shipped is Schedule.shipped()
    with FACTS.open(encoding="utf-8") as lines:
        written = [
            {**one, "rate": float(one["rate"]), "verified": one["verified"] == "yes"} for one in csv.DictReader(lines)
        ]
    assert [one.model_dump(mode="json") for one in shipped.rows] == written
    assert len(shipped.rows) == 34
    assert len({hash(shipped), hash(shipped.extended([])), hash(shipped.extended([row()]))}) == 2


def test_a_row_of_ones_own_supersedes_both_sides() -> None:
    """From 2025 on a state charges sales alone; a purchase then pays nothing, and 2024 is as it was."""
    table = Schedule.shipped().extended([row(side="sell")])
    paid = {
        (side, year): charges(LAKH, side, "etf", f"{year}-06-30", schedule=table)["stamp"]
        for side in ("buy", "sell")
        for year in (2024, 2025)
    }
    expected = {("buy", 2024): 15.0, ("sell", 2024): 0.0, ("buy", 2025): 0.0, ("sell", 2025): 20.0}
    assert paid == pytest.approx(expected)


def test_rows_of_one_day_for_both_sides_stand_beside_each_other() -> None:
    table = Schedule.shipped().extended([row(side="sell"), row(side="buy", rate=0.0003)])
    assert charges(LAKH, "buy", "share", "2025-01-01", schedule=table)["stamp"] == pytest.approx(30.0)
    assert charges(LAKH, "sell", "share", "2025-01-01", schedule=table)["stamp"] == pytest.approx(20.0)


def test_a_row_of_ones_own_takes_the_place_of_those_of_its_day() -> None:
    """The shipped rows of 2013-06-01 say 0 and 0.001%; one for sales alone leaves a purchase nothing."""
    table = Schedule.shipped().extended(
        [
            row(charge="stt", vehicle="etf", side="sell", effective="2013-06-01", rate="0.002%"),
            row(**DP, effective="2010-01-01", rate=15.93),
            row(**DP, effective="2017-07-01", rate=18.5),
        ]
    )
    assert charges(LAKH, "sell", "etf", "2013-06-01", schedule=table)["stt"] == pytest.approx(2.0)
    assert charges(LAKH, "buy", "etf", "2013-06-01", schedule=table)["stt"] == 0.0
    assert charges(LAKH, "sell", "etf", "2017-06-30", schedule=table, dp=True)["dp"] == 15.93
    assert charges(LAKH, "sell", "share", "2017-07-01", schedule=table, dp=True)["dp"] == 18.5


def test_an_etf_with_a_row_of_its_own_takes_none_from_shares() -> None:
    table = Schedule.shipped().extended([row(charge="exchange", vehicle="etf", rate=0.00003)])
    assert charges(LAKH, "buy", "etf", "2025-01-01", schedule=table)["exchange"] == pytest.approx(3.0)
    with pytest.raises(DataError, match=r"no exchange is known for etf on 2024-12-31.*takes none from share"):
        charges(LAKH, "buy", "etf", "2024-12-31", schedule=table)
    with pytest.raises(DataError, match="no stt is known for share on 2024-12-31: it has no row"):
        charges(LAKH, "buy", "share", "2024-12-31", schedule=Schedule(()))


@pytest.mark.parametrize("sides", [("sell", "sell"), ("both", "buy"), ("both", "both")])
def test_two_rows_for_one_day_and_side_are_refused(sides: tuple[str, str]) -> None:
    twice = [row(side=sides[0]), row(side=sides[1], rate=0.0003)]
    message = f"two rows of stamp of share from 2025-01-01, sides {sides[0]} and {sides[1]}: which of them is charged?"
    assert clash(twice) == message
    with pytest.raises(ConfigError) as refused:
        Schedule.shipped().extended(twice)
    assert str(refused.value) == message


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        ({"charge": "sst"}, "'stt', 'stamp', 'exchange', 'sebi', 'gst' or 'dp'"),
        ({"vehicle": "gold"}, "'share', 'etf' or 'future'"),
        ({"side": "short"}, "'buy', 'sell' or 'both'"),
        ({"unit": "percent"}, "'fraction', 'of_fees' or 'rupees_per_scrip_per_day'"),
        ({"effective": "2025-02-30"}, "a day is written YYYY-MM-DD, such as 2024-10-01, not '2025-02-30'"),
        ({"effective": 20250101}, "a day is written YYYY-MM-DD, such as 2024-10-01, not 20250101"),
        ({"rate": -0.001}, "greater than or equal to 0"),
        ({"rate": float("nan")}, "finite number"),
        ({"rate": 0.1}, "fraction is at most 0.05; a tenth of a per cent is 0.001 or 0.1%"),
        ({"unit": "of_fees"}, "stamp is charged as fraction, not of_fees"),
        ({"charge": "gst", "unit": "of_fees", "rate": 18.0}, "gst of 18 cannot be meant: of_fees is at most 0.5"),
        ({**DP, "rate": 1534.0}, "at most 1000"),
        ({**DP, "rate": "15%"}, "dp is rupees, such as 15.34"),
        ({**DP, "side": "both", "rate": 15.0}, "sell, and never for a future, not side both"),
        ({**DP, "vehicle": "future", "rate": 15.0}, "not side sell of future"),
        ({"rates": 1.0}, "Extra inputs are not permitted"),
    ],
)  # fmt: skip
def test_rows_that_cannot_be_meant(changed: dict[str, Any], message: str) -> None:
    with pytest.raises(ValidationError) as refused:
        row(**changed)
    assert message in str(refused.value)
    assert refused.value.error_count() == 1


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({}, "a brokerage has `bps`, `flat`, or both"),
        ({"bps": -1}, "greater than or equal to 0"),
        ({"bps": 501}, "less than or equal to 500"),
        ({"flat": 10_001}, "less than or equal to 10000"),
        ({"bps": 0, "flat": 20}, "0 is never the higher: leave it out"),
        ({"bps": "3"}, "valid number"),
        ({"percent": 0.03}, "Extra inputs are not permitted"),
    ],
)
def test_brokerages_that_cannot_be_meant(given: dict[str, Any], message: str) -> None:
    with pytest.raises(ValidationError) as refused:
        Brokerage.model_validate(given)
    assert message in str(refused.value)


@pytest.mark.parametrize(
    ("vehicle", "first", "last", "unread"),
    [
        ("share", "2016-01-01", "2020-06-30", ("stamp", "exchange", "sebi", "gst", "dp")),
        ("etf", "2024-10-01", "2026-11-01", ("sebi", "dp")),
        ("etf", "2024-09-30", "2026-11-01", ("exchange", "sebi", "dp")),
        ("future", "2024-10-01", "2026-11-01", ("sebi",)),
    ],
)
def test_which_figures_nobody_has_read(vehicle: str, first: str, last: str, unread: tuple[str, ...]) -> None:
    """By the column `verified` of the fact file."""
    assert Schedule.shipped().unverified(vehicle, np.datetime64(first), np.datetime64(last)) == unread
