"""The engine and the oracle on the same strategy and the same real history."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import date
from functools import cache
from pathlib import Path
from typing import Any

from engine import load_market, run
from engine.config.models import Config
from engine.market.market import Market
from engine.market.store import Store
from engine.run import Result
from tests.oracle import OracleMarket, OracleResult, Taxed, book, decisions_of, taxed
from tests.oracle_baskets import with_baskets
from tests.oracle_data import funds_of, real_market, stocks_of, with_stocks
from tests.oracle_plan import Decision


def plain(text: str) -> dict[str, Any]:
    """The strategy as the oracle reads it, from its normalised form in JSON."""
    written: dict[str, Any] = json.loads(text)
    for key in ("start", "end"):
        if written["market"].get(key, "latest") != "latest":
            written["market"][key] = date.fromisoformat(written["market"][key])
    return written


@cache
def planned(text: str, folder: Path, later: tuple[date, ...]) -> tuple[OracleMarket, list[Decision]]:
    """What the oracle looks at and decides, the same however orders are filled."""
    written = plain(text)
    market = replace(real_market(folder, written["market"]["benchmark"]), later=list(later))
    with_stocks(market, folder, [*stocks_of(written, market), *funds_of(written, market)])
    market = with_baskets(written, market)
    return market, decisions_of(written, market)


def both(config: Config, store: Store, folder: Path) -> tuple[Result, OracleResult]:
    """What the engine and the oracle make of one strategy."""
    market = load_market(config, store.path)
    written, mine, plan = _prepared(config, market, folder)
    return run(config, market), book(written, mine, plan)


def both_taxed(config: Config, store: Store, folder: Path) -> tuple[Result, OracleResult, tuple[Taxed, Taxed, float]]:
    """The same, and what the oracle makes of it after tax."""
    market = load_market(config, store.path)
    written, mine, plan = _prepared(config, market, folder)
    return run(config, market), book(written, mine, plan), taxed(written, mine, plan)


def _prepared(config: Config, market: Market, folder: Path) -> tuple[dict[str, Any], OracleMarket, list[Decision]]:
    later = tuple(day for day in market.calendar.astype(object) if day > market.sessions[-1].date())
    written = config.normalised()
    dealt = {"execution": {"cash_spread": config.execution.cash_spread}, "tax": None}  # all the plan knows of dealing
    decided = written | dealt | {"schedule": written["schedule"] | {"fill": "next_close"}}
    return plain(json.dumps(written)), *planned(json.dumps(decided), folder, later)
