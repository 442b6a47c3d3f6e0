"""Settings, dated rates and financial years. The figures are those of the sources that the fact files name."""

from __future__ import annotations

import csv
from datetime import date
from importlib.resources import files
from typing import Any

import numpy as np
import pytest
from pydantic import ValidationError

from engine.errors import DataError
from engine.tax import (
    TaxSettings,
    YearEnd,
    cess_of,
    cess_rows,
    exemption_of,
    financial_year_of,
    rate_rows,
    rates_on,
    year_ends,
    year_name,
)
from tests.conftest import ROOT


@pytest.mark.parametrize(
    ("day", "short", "long"),
    [
        ("2004-10-01", 0.10, 0.0), ("2008-03-31", 0.10, 0.0), ("2008-04-01", 0.15, 0.0), ("2018-03-31", 0.15, 0.0),
        ("2018-04-01", 0.15, 0.10), ("2024-07-22", 0.15, 0.10), ("2024-07-23", 0.20, 0.125),
        ("2031-01-01", 0.20, 0.125),
    ],
)  # fmt: skip
def test_rates_by_the_day_of_the_sale(day: str, short: float, long: float) -> None:
    rates = rates_on(date.fromisoformat(day))
    assert (rates.short, rates.long, rates.long_exempt) == (short, long, long == 0.0)


def test_a_sale_before_the_first_rates_is_an_error_that_names_them() -> None:
    with pytest.raises(DataError, match="no rates of capital-gains tax are known for a sale on 2004-09-30; .* 2004-10"):
        rates_on(date(2004, 9, 30))


def test_the_exemption_and_the_cess_of_a_year() -> None:
    assert [exemption_of(year) for year in (2018, 2019, 2024, 2025, 2026)] == [0.0, 1e5, 1e5, 125e3, 125e3]
    assert [cess_of(year) for year in (2005, 2007, 2008, 2018, 2019, 2026)] == [0.02, 0.02, 0.03, 0.03, 0.04, 0.04]
    with pytest.raises(DataError, match="no cess is known for the year from 2003-04-01; the first .* 2004-04-01"):
        cess_of(2004)


@pytest.mark.parametrize("name", ["capital_gains_tax.csv", "income_tax_cess.csv"])
def test_every_figure_names_its_source_and_whether_it_was_read_there(name: str) -> None:
    with (files("engine.market") / "facts" / name).open(encoding="utf-8") as lines:
        rows = list(csv.DictReader(lines))
    assert all(row["source"] and row["verified"] in {"yes", "no"} for row in rows)
    days = [next(iter(row.values())) for row in rows]
    assert days == sorted(set(days))


def test_the_docs_have_the_figures_of_the_fact_files() -> None:
    text = (ROOT / "docs" / "tax.md").read_text("utf-8")
    for rates in rate_rows():
        long_term = f"{rates.long * 100:g}%" if rates.long else "exempt"
        assert f"| {rates.since} | {rates.short * 100:g}% | {long_term} | " in text
    for row in cess_rows():
        assert f"| {row.since} | {row.cess * 100:g}% | yes |" in text


def test_settings_are_fractions_or_per_cents_and_have_defaults() -> None:
    assert TaxSettings() == TaxSettings(regime="resident_equity", cess=None, surcharge=0.0, slab=0.3)
    told = TaxSettings.model_validate({"cess": "4%", "surcharge": "15%", "slab": 0.2})
    assert (told.cess, told.surcharge, told.slab) == (0.04, 0.15, 0.2)


@pytest.mark.parametrize(
    ("given", "says"),
    [
        ({"regime": "nri"}, "resident_equity"),
        ({"cess": 4}, "4 means 400%: write 4% or 0.04"),
        ({"slab": "130%"}, "at most 100% can be meant, not 130%"),
        ({"surcharge": -0.1}, "greater than or equal to 0"),
        ({"slab": True}, "valid number"),
        ({"stcg": 0.1}, "Extra inputs are not permitted"),
    ],
)
def test_settings_refuse_what_cannot_be_meant(given: dict[str, Any], says: str) -> None:
    with pytest.raises(ValidationError, match=says):
        TaxSettings.model_validate(given)


def test_a_financial_year_runs_from_april_to_march() -> None:
    assert financial_year_of(date(2024, 3, 31)) == 2024
    assert financial_year_of(date(2024, 4, 1)) == financial_year_of(date(2025, 3, 31)) == 2025
    assert (year_name(2025), year_name(2000), year_name(2010)) == ("2024-25", "1999-00", "2009-10")


@pytest.mark.parametrize(
    ("days", "ends"),
    [
        (["2019-03-28", "2019-04-02", "2020-03-31", "2020-04-01", "2020-06-01"], [(2019, 0, 1), (2020, 2, 3)]),
        (["2019-03-29", "2021-05-03"], [(2019, 0, 1), (2020, 0, 1), (2021, 0, 1)]),  # no session in two years
        (["2019-04-01", "2020-03-31"], []),  # nobody is there to pay
        (["2020-04-01", "2021-03-31"], []),
        (["2020-03-31", "2020-04-01"], [(2020, 0, 1)]),
        ([], []),
    ],
)
def test_where_years_end_among_sessions(days: list[str], ends: list[tuple[int, int, int]]) -> None:
    assert year_ends(np.array(days, dtype="datetime64[D]")) == tuple(YearEnd(*end) for end in ends)
