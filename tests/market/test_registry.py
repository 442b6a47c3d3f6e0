"""The shipped facts: their shape, what they promise one another, and that real data bear them out."""

from __future__ import annotations

import csv
import os
import subprocess
import sys
from datetime import date
from pathlib import Path
from typing import Any

import duckdb
import pytest

import engine
from engine.market.calendar import nse_sessions
from engine.market.registry import (
    benchmark_sectors,
    events,
    explained_moves,
    index_facts,
    nearest_series,
    style_factors,
    themes,
)

FACTS = Path(engine.__file__).parent / "market" / "facts"
FILES = ["benchmark_sectors.csv", "charges.csv", "events.csv", "indices.csv", "stock_moves.csv", "style_factors.csv",
         "themes.csv"]  # fmt: skip
YEARS = range(2005, 2027)
ELECTIONS = [2009, 2014, 2019, 2024]


def asked(query: str, *values: list[str]) -> list[tuple[Any, ...]]:
    return duckdb.execute(query, values).fetchall()


def rows(file: str) -> list[dict[str, str]]:
    with (FACTS / file).open(encoding="utf-8") as lines:
        return list(csv.DictReader(lines))


@pytest.mark.parametrize("file", FILES)
def test_every_row_says_where_it_comes_from_and_whether_it_was_read_there(file: str) -> None:
    assert rows(file)
    for row in rows(file):
        assert row["source"], row
        assert row["verified"] in {"yes", "no"}, row
        assert not (row["verified"] == "yes" and row["source"] == "general knowledge"), row
        assert None not in row, row  # no cell beyond the header's


@pytest.mark.parametrize(
    ("file", "key"),
    [
        ("benchmark_sectors.csv", ["sector"]),
        ("charges.csv", ["charge", "vehicle", "side", "effective"]),
        ("events.csv", ["name", "date"]),
        ("indices.csv", ["index"]),
        ("stock_moves.csv", ["symbol", "date"]),
        ("style_factors.csv", ["factor"]),
        ("themes.csv", ["theme", "symbol"]),
    ],
)
def test_nothing_is_said_twice(file: str, key: list[str]) -> None:
    keys = [tuple(row[column] for column in key) for row in rows(file)]
    assert len(keys) == len(set(keys))


def test_an_index_is_launched_no_earlier_than_its_base_date() -> None:
    spans = {name: (one.base_date, one.launch_date) for name, one in index_facts().items()}
    known = {name: (base, launch) for name, (base, launch) in spans.items() if base and launch}
    assert len(known) >= 30
    assert [name for name, (base, launch) in known.items() if launch < base] == []


def test_facts_of_one_index() -> None:
    """Expected: the factsheet of Nifty India Defence."""
    defence = index_facts()["NIFTY INDIA DEFENCE"]
    assert (defence.base_date, defence.launch_date) == (date(2018, 4, 2), date(2022, 1, 19))
    assert (defence.verified, defence.theme, defence.proxy, defence.tradable) == (True, "defence", "MODEFENCE", True)


def test_what_a_registry_row_says_of_an_index_and_its_fund() -> None:
    """Expected: the fund house's page of Bank BeES (expense 0.16%), as the table of facts quotes it."""
    bank = index_facts()["NIFTY BANK"]
    assert (bank.provider, bank.base_value, bank.proxy, bank.proxy_from) == (
        "nse", 1000.0, "BANKBEES", date(2004, 5, 27),
    )  # fmt: skip
    assert bank.proxy_expense == pytest.approx(0.0016)
    assert (bank.proxy_verified, bank.proxy_tracking_difference) == (True, None)
    assert "BANK NIFTY" in bank.aliases
    assert index_facts()["BSE SENSEX"].base_value == 100.0


def test_a_provider_is_the_one_of_the_name() -> None:
    assert {row["provider"] for row in rows("indices.csv")} == {"nse", "bse"}
    assert {name for name, one in index_facts().items() if one.provider == "bse"} == {
        name for name in index_facts() if name.startswith("BSE ")
    }


def test_a_fund_is_younger_than_its_index_and_only_a_fund_has_figures() -> None:
    for one in index_facts().values():
        if one.proxy is None:
            assert (one.proxy_from, one.proxy_expense, one.proxy_tracking_difference) == (None, None, None), one.name
            assert not one.proxy_verified, one.name
        elif one.proxy_from and one.launch_date:
            assert one.launch_date < one.proxy_from, one.name
        assert one.proxy_expense is None or 0.0 < one.proxy_expense < 0.02, one.name


def test_an_alias_is_of_one_index_and_is_no_other_index() -> None:
    bare = ["".join(filter(str.isalnum, alias)).upper() for one in index_facts().values() for alias in one.aliases]
    assert sorted({alias for alias in bare if bare.count(alias) > 1}) == []
    names = {"".join(filter(str.isalnum, name)).upper(): name for name in index_facts()}
    owners = {alias: one.name for one in index_facts().values() for alias in one.aliases}
    other = [alias for alias, owner in owners.items() if names.get(alias.replace(" ", ""), owner) != owner]
    assert other == []


@pytest.mark.parametrize(
    ("typed", "known", "hint"),
    [
        ("BANK NIFTY", ["NIFTY 50", "NIFTY BANK"], "; did you mean 'NIFTY BANK'?"),
        ("bank-nifty", ["NIFTY 50", "NIFTY BANK"], "; did you mean 'NIFTY BANK'?"),
        ("Nifty Junior", ["NIFTY 50", "NIFTY NEXT 50"], "; did you mean 'NIFTY NEXT 50'?"),
        ("NIFTYBEES", ["NIFTY 50", "NIFTY BANK"], "; did you mean 'NIFTY 50'?"),
        ("sensex", ["NIFTY 50", "BSE SENSEX"], "; did you mean 'BSE SENSEX'?"),
        ("NIFTY METLA", ["NIFTY 50", "NIFTY METAL"], "; did you mean 'NIFTY METAL'?"),  # a slip, not another name
        ("BANK NIFTY", ["GOLD"], ""),  # what it means is not there
    ],
)
def test_what_people_call_an_index_is_a_hint_and_no_more(typed: str, known: list[str], hint: str) -> None:
    assert nearest_series(typed, known) == hint


def test_what_is_not_known_is_none() -> None:
    facts = index_facts()
    assert facts["NIFTY POWER"].launch_date is None
    assert facts["NIFTY METAL"].proxy_from is None
    assert facts["NIFTY PSE"].launch_date is None
    assert facts["INDIA VIX"].base_date is None
    assert facts["NIFTY 500"].proxy is None
    assert facts["NIFTY 50"].verified is False


def test_what_nobody_can_hold() -> None:
    assert {row["tradable"] for row in rows("indices.csv")} == {"yes", "no"}
    assert {name for name, facts in index_facts().items() if not facts.tradable} == {"INDIA VIX", "NIFTY 1D RATE INDEX"}


def test_themes_are_baskets() -> None:
    assert set(themes()) == {
        "FERTILISER", "TEXTILES", "POWER", "RAILWAYS", "DEFENCE", "CHEMICALS", "CAPITAL GOODS",
    }  # fmt: skip
    assert min(len(members) for members in themes().values()) >= 10
    assert themes()["FERTILISER"][:2] == ("COROMANDEL", "CHAMBLFERT")  # as listed


def test_each_sector_has_an_index_of_its_own_or_none() -> None:
    mapped = [index for index in benchmark_sectors().values() if index is not None]
    assert (len(benchmark_sectors()), len(mapped)) == (18, 11)
    assert len(mapped) == len(set(mapped))
    assert [index for index in mapped if not index_facts()[index].tradable] == []
    assert benchmark_sectors()["Telecommunication"] is None


@pytest.mark.parametrize(
    ("name", "years"), [("union_budget", [*YEARS]), ("interim_budget", ELECTIONS), ("election_result", ELECTIONS)]
)
def test_one_event_a_year(name: str, years: list[int]) -> None:
    assert [event.date.year for event in events()[name]] == years


def test_no_event_is_known_only_after_it_happened() -> None:
    assert [(name, one) for name, every in events().items() for one in every if one.announced > one.date] == []


def test_an_event_never_announced_is_known_from_its_own_date() -> None:
    budgets = {event.date.year: event for event in events()["union_budget"]}
    assert budgets[2005].announced == date(2005, 2, 28)
    assert (budgets[2019].announced, budgets[2019].date) == (date(2019, 5, 31), date(2019, 7, 5))


def test_budgets_fall_on_sessions(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """NSE opens on a budget Saturday; before 2013 its weekend sessions are not known and no budget needs one."""
    monkeypatch.setenv("BACKTEST_CACHE", str(tmp_path))
    sessions = set(nse_sessions(date(YEARS[0], 1, 1), date(YEARS[-1], 12, 31)).tolist())
    budgets = [event.date for name in ("union_budget", "interim_budget") for event in events()[name]]
    assert [day for day in budgets if day not in sessions] == []
    assert [day for day in budgets if day.weekday() == 5] == [date(2015, 2, 28), date(2020, 2, 1), date(2025, 2, 1)]


def test_an_election_year_has_its_interim_budget_its_schedule_its_result_and_its_budget_in_that_order() -> None:
    order = ("interim_budget", "election_announced", "election_result", "union_budget")
    for year in ELECTIONS:
        (days,) = zip(*[[one.date for one in events()[name] if one.date.year == year] for name in order], strict=True)
        assert list(days) == sorted(days)


def test_the_day_of_the_result_is_known_with_the_schedule() -> None:
    schedules = [event.date for event in events()["election_announced"]]
    assert [event.announced for event in events()["election_result"]] == schedules


def test_a_recorded_move_is_a_demerger_or_the_market_and_its_stock_is_in_a_theme() -> None:
    assert set(explained_moves().values()) == {"demerger", "market"}
    assert explained_moves()["SIEMENS", date(2025, 4, 7)] == "demerger"
    assert explained_moves()["RPOWER", date(2019, 2, 4)] == "market"
    members = {symbol for every in themes().values() for symbol in every}
    assert {symbol for symbol, _ in explained_moves()} <= members


@pytest.mark.parametrize("read", [benchmark_sectors, events, explained_moves, index_facts, themes])
def test_what_was_read_is_kept_and_cannot_be_changed(read: object) -> None:
    assert callable(read)
    assert read() is read()
    with pytest.raises(TypeError, match="does not support item assignment"):
        read()["new"] = None


def test_reading_the_facts_loads_neither_pandas_nor_numpy() -> None:
    program = (
        "import sys\n"
        "from engine.market.registry import benchmark_sectors, events, explained_moves, index_facts, themes\n"
        "sizes = [len(read()) for read in (benchmark_sectors, events, explained_moves, index_facts, themes)]\n"
        "print(min(sizes) > 0, sorted({'numpy', 'pandas', 'duckdb'} & set(sys.modules)))"
    )
    root = str(Path(engine.__file__).parents[1])
    run = subprocess.run(
        [sys.executable, "-c", program],
        env={**os.environ, "PYTHONPATH": root},
        capture_output=True,
        text=True,
        check=True,
    )
    assert run.stdout == "True []\n"


@pytest.mark.real
def test_the_sectors_are_those_of_the_weights(market_folder: Path) -> None:
    found = asked(f"SELECT DISTINCT sector FROM '{market_folder}/nifty50_weights.parquet'")
    assert {sector for (sector,) in found} == set(benchmark_sectors())


@pytest.mark.real
def test_the_sectors_without_an_index_are_an_eighth_of_the_benchmark_or_less(market_folder: Path) -> None:
    without = [sector for sector, index in benchmark_sectors().items() if index is None]
    weights = f"FROM '{market_folder}/nifty50_weights.parquet' WHERE year(date) BETWEEN 2016 AND 2025"
    ((months,),) = asked(f"SELECT count(DISTINCT date) {weights}")
    ((total,),) = asked(f"SELECT sum(weight_pct) {weights} AND sector IN $1", without)
    assert months == 116
    assert total / months == pytest.approx(11.70, abs=0.01)


@pytest.mark.real
def test_every_sectors_index_has_total_returns_from_july_2016_on(market_folder: Path) -> None:
    found = asked(
        f"SELECT \"index\", min(date)::DATE, max(date)::DATE FROM '{market_folder}/indices.parquet' "
        "WHERE variant = 'TR' GROUP BY 1"
    )
    spans = {name: (first, last) for name, first, last in found}
    for index in filter(None, benchmark_sectors().values()):
        first, last = spans[index]
        assert first <= date(2016, 7, 11), index
        assert last == date(2025, 9, 17), index


@pytest.mark.real
def test_every_styles_indices_have_total_returns_from_july_2016_on(market_folder: Path) -> None:
    found = asked(
        f"SELECT \"index\", min(date)::DATE, max(date)::DATE, count(*) FROM '{market_folder}/indices.parquet' "
        "WHERE variant = 'TR' GROUP BY 1"
    )
    spans = {name: rest for name, *rest in found}
    for factor in style_factors().values():
        assert spans[factor.long] == spans[factor.short] == [date(2016, 7, 8), date(2025, 9, 17), 2280]


@pytest.mark.real
def test_every_described_index_has_a_history_or_is_too_young_for_one(market_folder: Path) -> None:
    """The histories end in September 2025 and know one index of BSE."""
    found = asked(f"SELECT DISTINCT \"index\" FROM '{market_folder}/indices.parquet'")
    without = {name: one for name, one in index_facts().items() if name not in {name for (name,) in found}}
    young = {name for name, one in without.items() if one.provider == "nse"}
    assert {one.launch_date for name, one in without.items() if name in young} <= {None, date(2026, 2, 6)}
    assert set(without) - young == {"BSE POWER", "BSE POWER AND ENERGY", "BSE INDIA DEFENCE"}


@pytest.mark.real
def test_every_stock_of_a_theme_has_prices_from_the_day_its_file_says(market_folder: Path) -> None:
    found = asked(f"SELECT symbol, min(date)::DATE, max(date)::DATE FROM '{market_folder}/stocks.parquet' GROUP BY 1")
    spans = {symbol: (str(first), str(last)) for symbol, first, last in found}
    assert [row for row in rows("themes.csv") if spans.get(row["symbol"]) != (row["from"], row["to"])] == []


@pytest.mark.real
def test_the_recorded_moves_are_all_there_are_beyond_25_per_cent(market_folder: Path) -> None:
    """No theme is refused for a move nobody explained, and no explanation is of a move that was not."""
    members = sorted({symbol for every in themes().values() for symbol in every})
    found = asked(
        "WITH moves AS (SELECT symbol, date::DATE AS day, "
        "close / lag(close) OVER (PARTITION BY symbol ORDER BY date) - 1 AS move "
        f"FROM '{market_folder}/stocks.parquet' WHERE symbol IN $1) "
        "SELECT symbol, day, move FROM moves WHERE abs(move) > 0.05",
        members,
    )
    moves = {(symbol, day): move for symbol, day, move in found}
    assert {key for key, move in moves.items() if abs(move) > 0.25} <= set(explained_moves()) <= set(moves)
    assert [key for key, kind in explained_moves().items() if kind == "demerger" and moves[key] > 0] == []
