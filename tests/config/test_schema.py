"""The JSON Schema accepts what the engine accepts, and refuses what a person gets wrong most."""

from __future__ import annotations

import json
from copy import deepcopy
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from engine import blocks
from engine.config.schema import strategy_schema
from engine.config.yaml12 import parse
from tests.conftest import ROOT

NAMES = ["NIFTY 50", "NIFTY BANK", "NIFTY MIDCAP 100"]
SHIPPED = sorted((ROOT / "configs").glob("*.yaml"))
GOOD: dict[str, Any] = {
    "name": "made",
    "params": {"fast": 50},
    "market": {"universe": ["NIFTY 50", "MINE"], "start": "2020-01-01"},
    "baskets": {"MINE": {"stocks": ["BEL"], "moves": {"BEL": {"2020-01-02": "market"}}}},
    "signals": {
        "up": {"use": "above_average", "of": "NIFTY 50", "windows": ["${fast}", 100]},
        "strength": {"use": "momentum", "lookback": "${fast}"},
    },
    "conditions": {"lately": {"when": "up", "within": 5}, "never": "not up"},
    "rules": [
        {"name": "one", "when": "up", "hold": {"NIFTY 50": "60%", "MINE": 0.4}},
        {"name": "two", "hold": {"use": "top", "n": 1, "by": "strength", "weigh": "hrp"}},
    ],
    "overlays": [{"use": "target_volatility", "target": "15%"}],
    "claims": [{"says": "x", "from": "2020-01-01", "to": "search", "gains": {"NIFTY 50": "1%"}}],
    "execution": {"band": "5%", "buy_bps": 5},
}


@pytest.fixture(scope="module")
def schema() -> dict[str, Any]:
    return strategy_schema(NAMES)


def found(schema: dict[str, Any], made: Any) -> list[tuple[str, str]]:
    errors = Draft202012Validator(schema).iter_errors(made)
    return [("/".join(map(str, error.absolute_path)), error.message) for error in errors]


def changed(path: tuple[str | int, ...], value: Any) -> dict[str, Any]:
    made: Any = deepcopy(GOOD)
    here = made
    for step in path[:-1]:
        here = here[step]
    here[path[-1]] = value
    return dict(made)


def test_it_is_a_schema(schema: dict[str, Any]) -> None:
    Draft202012Validator.check_schema(schema)
    assert json.loads(json.dumps(schema)) == schema


@pytest.mark.parametrize("path", SHIPPED, ids=lambda path: path.stem)
def test_every_shipped_strategy_is_valid(path: Path) -> None:
    made = parse(path.read_text("utf-8"), path.name).value
    universe = {name for name in made.get("market", {}).get("universe", []) if name.startswith(("NIFTY", "BSE"))}
    others = {"NIFTY 50", "NIFTY BANK", "NIFTY MIDCAP 100", "NIFTY SMALLCAP 100", "NIFTY AUTO", "BSE SENSEX"}
    momentum = parse((ROOT / "configs" / "momentum_sectors.yaml").read_text("utf-8"), "base").value
    assert found(strategy_schema(universe | others | set(momentum["market"]["universe"])), made) == []


def test_a_file_with_every_part_is_valid(schema: dict[str, Any]) -> None:
    assert found(schema, GOOD) == []


@pytest.mark.parametrize(
    ("path", "value", "where"),
    [
        (("market", "universe"), ["NIFTY FITY"], "market/universe/0"),
        (("market", "benchmark"), "NIFTY FIFTY", "market/benchmark"),
        (("market", "univrse"), ["NIFTY 50"], "market"),
        (("rules", 0, "hold"), {"NIFTY 50": 60}, "rules/0/hold/NIFTY 50"),
        (("rules", 0, "hold"), {"NIFTY FITY": "60%"}, "rules/0/hold"),
        (("rules", 1, "hold", "n"), 0, "rules/1/hold/n"),
        (("rules", 1, "hold", "n"), "three", "rules/1/hold/n"),
        (("rules", 1, "hold", "weigh"), "guess", "rules/1/hold/weigh"),
        (("rules", 1, "hold", "windows"), [5], "rules/1/hold"),
        (("signals", "up", "use"), "above_avrage", "signals/up/use"),
        (("signals", "up", "window"), 50, "signals/up"),
        (("signals", "strength", "lookback"), -1, "signals/strength/lookback"),
        (("overlays", 0, "use"), "top", "overlays/0/use"),
        (("schedule",), {"decide": "yearly"}, "schedule/decide"),
        (("execution", "buy_bps"), "5", "execution/buy_bps"),
        (("conditions", "lately", "within"), 0, "conditions/lately/within"),
        (("claims", 0, "gains"), {}, "claims/0/gains"),
        (("sweep",), {}, ""),
    ],
)
def test_mistakes_are_found_where_they_stand(
    schema: dict[str, Any], path: tuple[str | int, ...], value: Any, where: str
) -> None:
    assert where in [place for place, _ in found(schema, changed(path, value))]


def test_a_file_that_extends_another_may_say_as_little_as_it_likes(schema: dict[str, Any]) -> None:
    assert found(schema, {"extends": "base.yaml", "signals": {"up": {"windows": [20]}}}) == []
    assert found(schema, {"extends": "base.yaml", "sginals": {}}) != []
    assert found(schema, {"signals": {"up": {"windows": [20]}}}) != []


def test_editors_are_told_what_things_are(schema: dict[str, Any]) -> None:
    """Names to complete, and a description for every field of every block."""
    text = json.dumps(schema)
    assert "x-kind" not in text
    assert "NIFTY MIDCAP 100" in text
    for block in (*blocks.SIGNALS.values(), *blocks.ALLOCATORS.values(), *blocks.OVERLAYS.values()):
        about = schema["$defs"][block.__name__]
        assert about["description"].startswith((block.__doc__ or "").splitlines()[0])
        described = [field for field, one in about["properties"].items() if field != "use" and "description" in one]
        assert set(described) == set(block.model_fields) - {"use"}
