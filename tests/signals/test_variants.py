"""The ways of measuring that the contracts do not try by themselves look only backwards too."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from tests.test_contracts import CUTS, SCOPE, made, market, poisoned


@pytest.mark.parametrize(
    ("name", "fields"),
    [
        ("above_average", {"average": "exponential"}),
        ("breakout", {"channel": "high"}),
        ("dual_momentum", {"relative": False}),
        ("relative_strength", {"measure": "slope"}),
        ("rrg", {"measure": "momentum"}),
        ("rrg", {"measure": "heading"}),
        ("window", {"event": "election_result", "before": 90}),
    ],
)
def test_no_variant_sees_the_future(name: str, fields: dict[str, Any]) -> None:
    signal = made(name, **fields)
    whole = signal.evaluate(market(), SCOPE)
    for cut in CUTS:
        until = signal.evaluate(market().until(market().sessions[cut]), SCOPE)
        np.testing.assert_array_equal(until, whole[: cut + 1])
        np.testing.assert_array_equal(signal.evaluate(poisoned(market(), cut), SCOPE)[: cut + 1], whole[: cut + 1])
