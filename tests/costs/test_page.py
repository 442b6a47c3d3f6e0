"""The page on costs says what the fact file says, and its example is one that can be meant."""

from __future__ import annotations

import csv
import re
from decimal import Decimal
from pathlib import Path

import pytest
import yaml

import engine
from engine.costs import NAMES, Brokerage, ChargeRow, Schedule, charges
from tests.conftest import ROOT

FACTS = Path(engine.__file__).parent / "market" / "facts" / "charges.csv"
PAGE = (ROOT / "docs" / "costs.md").read_text("utf-8")


def shown(row: dict[str, str]) -> str:
    """A row of the page's table: rates of value and of fees in per cent, rupees as they are."""
    rate = Decimal(row["rate"])
    per_cent = f"{(rate * 100).normalize():f}%"
    amount = {"fraction": per_cent, "of_fees": f"{per_cent} of fees", "rupees_per_scrip_per_day": f"Rs {rate}"}
    cells = (row["charge"], row["vehicle"], row["side"], row["effective"], amount[row["unit"]])
    return f"| {' | '.join(cells)} | {row['verified']} | {row['source']} |"


def test_the_table_is_the_fact_file() -> None:
    """On a difference, the left side is what the page should have."""
    with FACTS.open(encoding="utf-8") as lines:
        wanted = [shown(row) for row in csv.DictReader(lines)]
    names = "|".join(NAMES)
    assert wanted == re.findall(rf"^\| (?:{names}) \| (?:share|etf|future) .*$", PAGE, flags=re.M)


def test_the_example_is_one_that_can_be_meant() -> None:
    (text,) = re.findall(r"```yaml\n(.*?)```", PAGE, flags=re.S)
    said = yaml.safe_load(text)["execution"]
    assert Brokerage.model_validate(said["brokerage"]) == Brokerage(bps=3, flat=20)
    own = Schedule.shipped().extended(ChargeRow.model_validate(row) for row in said["charges"])
    assert charges(1.0, "sell", "etf", "2016-08-01", dp=True, schedule=own)["dp"] == 15.93


def test_the_worked_round_trip_is_right() -> None:
    rows = re.findall(r"^\| (buy|sell) \| ([\d. |]+?) \|$", PAGE, flags=re.M)
    assert [side for side, _ in rows] == ["buy", "sell"]
    for side, numbers in rows:
        *parts, whole = map(float, numbers.split("|"))
        paid = charges(100_000.0, side, "share", "2024-10-15")
        assert parts == pytest.approx([paid[name] for name in ("stt", "stamp", "exchange", "sebi", "gst")])
        assert whole == pytest.approx(sum(paid.values()))
