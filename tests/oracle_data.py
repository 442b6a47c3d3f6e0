"""Real history for the reference simulator, read from files and not through the engine."""

from __future__ import annotations

import csv
from collections.abc import Iterable
from datetime import date
from functools import cache
from pathlib import Path
from typing import Any

import duckdb

from tests.oracle_baskets import members
from tests.oracle_market import Fund, OracleMarket, Series, Weights

FACTS = Path(__file__).resolve().parents[1] / "engine" / "market" / "facts"


def rows_of(file: str) -> list[dict[str, str]]:
    """One of the shipped fact files."""
    with (FACTS / file).open(encoding="utf-8") as lines:
        return list(csv.DictReader(lines))


def day_of(text: str) -> date:
    """An ISO date."""
    return date.fromisoformat(text)


def with_facts(market: OracleMarket) -> OracleMarket:
    """The market with the shipped events, themes, sectors and stock moves."""
    for row in rows_of("events.csv"):
        announced = day_of(row["announced"]) if row["announced"] else None
        market.events.setdefault(row["name"], []).append((day_of(row["date"]), announced))
    for row in rows_of("themes.csv"):
        market.themes.setdefault(row["theme"], []).append(row["symbol"])
    market.sector_index.update({row["sector"]: row["index"] or None for row in rows_of("benchmark_sectors.csv")})
    market.proxies.update({row["index"]: fund_of(row) for row in rows_of("indices.csv") if row["proxy"]})
    market.stock_moves.update({(row["symbol"], day_of(row["date"])): row["kind"] for row in rows_of("stock_moves.csv")})
    return market


def fund_of(row: dict[str, str]) -> Fund:
    """The fund of a row of the registry: what it falls short of its index where published, else its expenses."""
    percent = row["proxy_tracking_difference_pct"] or row["proxy_expense_pct"]
    first = day_of(row["proxy_from"]) if row["proxy_from"] else None
    return Fund(row["proxy"], first, float(percent) / 100 if percent else None)


@cache
def real_market(folder: Path, benchmark: str) -> OracleMarket:
    """Every index, flow, ratio and weight of the folder; `with_stocks` adds stocks."""
    closes: dict[tuple[str, str], Series] = {}
    opens: dict[tuple[str, str], Series] = {}
    readings: dict[tuple[str, str], Series] = {}
    table = f"FROM '{folder}/indices.parquet' WHERE close IS NOT NULL"
    for name, kind, day, opened, high, close, volume in fetch(
        f"SELECT index, variant, date::DATE, open, high, close, volume {table}"
    ):
        variant = "price" if kind == "PR" else "total"
        closes.setdefault((name, variant), {})[day] = close
        if variant == "price":
            put(opens, (name, "price"), day, opened)
            put(readings, (name, "high"), day, high)
            put(readings, (name, "volume"), day, volume)
    for day, *figures in fetch(
        f"SELECT date::DATE, fii_net, fii_buy, fii_sell, dii_net, dii_buy, dii_sell FROM '{folder}/flows.parquet'"
    ):
        keys = [(who, what) for who in ("FII", "DII") for what in ("net", "buy", "sell")]
        for key, figure in zip(keys, figures, strict=True):
            readings.setdefault(key, {})[day] = float("nan") if figure is None else figure
    for name, day, *ratios in fetch(f"SELECT index, date::DATE, pe, pb, dy FROM '{folder}/valuation.parquet'"):
        for kind, ratio in zip(("pe", "pb", "dy"), ratios, strict=True):
            put(readings, (name, kind), day, ratio)
    weights: dict[date, Weights] = {}
    for day, sector, percent in fetch(
        f"SELECT date::DATE, sector, sum(weight_pct) FROM '{folder}/nifty50_weights.parquet' GROUP BY ALL"
    ):
        weights.setdefault(day, {})[sector] = percent
    sessions = sorted({day for variant in ("price", "total") for day in closes.get((benchmark, variant), {})})
    rates = [(day_of(row["effective"]), float(row["repo_pct"])) for row in rows_of("policy_rate.csv")]
    return with_facts(OracleMarket(sessions, [], closes, opens, sorted(rates), readings, weights))


def fetch(query: str) -> list[tuple[Any, ...]]:
    """Rows in the order of their dates."""
    with duckdb.connect() as connection:
        return connection.execute(query).fetchall()


def put(series: dict[tuple[str, str], Series], key: tuple[str, str], day: date, value: float | None) -> None:
    """Keep a value that is there."""
    if value is not None:
        series.setdefault(key, {})[day] = value


def with_stocks(market: OracleMarket, folder: Path, symbols: Iterable[str]) -> None:
    """Add the closes, opens and volumes of some stocks."""
    missing = sorted({symbol for symbol in symbols if (symbol, "stock") not in market.readings})
    listed = ", ".join(f"'{symbol}'" for symbol in missing)
    query = f"SELECT symbol, date::DATE, open, close, volume FROM '{folder}/stocks.parquet' WHERE symbol IN ({listed})"
    for symbol, day, opened, close, volume in fetch(query) if missing else []:
        put(market.readings, (symbol, "stock"), day, close)
        put(market.readings, (symbol, "volume"), day, volume)
        put(market.readings, (symbol, "stock_open"), day, opened)


def stocks_of(strategy: dict[str, Any], market: OracleMarket) -> list[str]:
    """The members of every basket of a strategy."""
    return [symbol for spec in (strategy.get("baskets") or {}).values() for symbol in members(spec, market)]


def funds_of(strategy: dict[str, Any], market: OracleMarket) -> list[str]:
    """The funds on what a strategy may hold."""
    return [market.proxies[name].symbol for name in strategy["market"]["universe"] if name in market.proxies]
