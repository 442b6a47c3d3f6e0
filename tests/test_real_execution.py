"""The oracle on real history, order by order and year by year: every way to deal, before and after tax."""

from __future__ import annotations

from pathlib import Path

import pytest

from engine import load_config
from engine.market.store import Store
from tests.conftest import ROOT
from tests.real import both_taxed
from tests.test_oracle import assert_same_books, assert_same_numbers, assert_same_plan
from tests.test_oracle_execution import assert_same_taxes

pytestmark = pytest.mark.real

OWN_DP = "{charge: dp, vehicle: share, side: sell, effective: 2004-10-01, rate: 15.93, unit: rupees_per_scrip_per_day}"
ALL = "impact: {coefficient: 0.5, window: 30}, slices: 2, lots: true, investable: true, brokerage: {bps: 3, flat: 20}"
DEALT = {  # strategy, execution, fill
    "auto": ("midcap_rotation", "vehicle: auto", "next_close"),
    "shares with flat fees": (
        "midcap_rotation",
        f"vehicle: share, brokerage: {{bps: 3, flat: 20}}, dp: true, charges: [{OWN_DP}]",
        "next_close",
    ),
    "whole units": ("midcap_rotation", "lots: true", "next_close"),
    "whole units at the open": ("midcap_rotation", "lots: true, slices: 3, brokerage: {flat: 20}", "next_open"),
    "slices": ("midcap_rotation", "slices: 3, slippage_bps: {default: 5, NIFTY SMALLCAP 100: 20}", "next_close"),
    "what funds cost": ("midcap_rotation", "investable: true", "next_open"),
    "impact": ("midcap_rotation", "impact: {coefficient: 1, window: 20}, capital: 1000000000", "next_close"),
    "everything": ("midcap_rotation", f"{ALL}, band: 5%", "next_open"),
    "baskets": ("policy_themes", f"dp: true, impact: {{}}, capital: 100000000, charges: [{OWN_DP}]", "next_close"),
}


@pytest.mark.parametrize("name", DEALT)
def test_the_oracle_agrees_on_dealing_and_tax(name: str, filled: Store, market_folder: Path) -> None:
    stem, execution, fill = DEALT[name]
    settings = [f"execution={{{execution}}}", f"schedule.fill={fill}", "tax={surcharge: 10%}"]
    config = load_config(ROOT / "configs" / f"{stem}.yaml", settings)
    result, expected, taxed = both_taxed(config, filled, market_folder)
    assert_same_plan(result, expected)
    assert_same_books(result, expected)
    assert_same_numbers(result, expected)
    assert result.taxed is not None
    for mine, yours in zip((result.taxed.strategy, result.taxed.benchmark), taxed[:2], strict=True):
        assert_same_taxes(mine, yours, result.ledger.capital)
    assert result.taxed.deposit.iloc[-1] == pytest.approx(taxed[2], rel=1e-12)
