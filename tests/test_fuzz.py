"""Strategies made up at random: each either runs or is refused in one line, never with a traceback, within seconds.

Blocks are filled from pools of sensible and senseless values by the name of the field, so that a new block is tried
without a line here. The market is the bundled sample.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import HealthCheck, find, given, settings
from hypothesis import strategies as st

from engine import blocks
from engine.blocks import Block
from engine.config.data import market_of
from engine.config.load import load_config, warnings
from engine.errors import EngineError
from engine.market.source import Source
from engine.market.store import Store
from engine.research.explain import explain
from engine.run import Result, run
from engine.simulation import Replay

blocks.load()
UNIVERSE = ["NIFTY 50", "NIFTY IT", "NIFTY MIDCAP 100", "MINE"]
NAMES = st.sampled_from(UNIVERSE)
LISTS = st.lists(st.sampled_from(UNIVERSE), min_size=2, max_size=4, unique=True)
JUNK: st.SearchStrategy[Any] = st.sampled_from(
    [None, -1, 0, 1e9, "", "60%", "${p}", "${q}", [], {}, True, "NIFTY FITY", "1e-4", 60, "on", "CASH"]
)
SLOWEST = 20.0  # seconds; a run takes about a tenth of one

POINTS = st.sampled_from(["5%", 0.1])
GROUP = st.fixed_dictionaries({"of": LISTS, "most": st.sampled_from(["60%", 0.9])})
POOLS: dict[str, st.SearchStrategy[Any]] = {
    "of": st.one_of(st.sampled_from(["FII", "DII"]), NAMES, LISTS),
    "to": NAMES,
    "among": st.one_of(st.just("MINE"), LISTS),
    "by": st.just("score"),
    "windows": st.lists(st.integers(1, 60), min_size=1, max_size=3),
    "months": st.lists(st.integers(1, 12), min_size=1, max_size=4, unique=True),
    "event": st.sampled_from(["union_budget", "election_result"]),
    "weights": st.dictionaries(NAMES, st.sampled_from(["20%", 0.3, "33.3%", 0]), min_size=1, max_size=3),
    "over": st.dictionaries(NAMES, POINTS, max_size=2),
    "under": st.dictionaries(NAMES, POINTS, max_size=1),
    "base": st.one_of(st.sampled_from(["benchmark_sectors", "equal"]), st.just({"NIFTY 50": 0.5, "NIFTY IT": "50%"})),
    "funded_by": st.one_of(st.just("pro_rata"), st.just(["NIFTY 50"])),
    "groups": st.dictionaries(st.sampled_from(["g"]), GROUP, max_size=1),
    "weigh": st.sampled_from(["equal", "inverse_volatility", "hrp"]),
    "n": st.integers(1, 3),
    "max_weight": st.sampled_from(["50%", 0.8]),
    "fallback": st.sampled_from([*UNIVERSE, "CASH"]),
}


def value_of(field: str, schema: dict[str, Any]) -> st.SearchStrategy[Any]:
    """Values that a field may well take."""
    choices = schema.get("enum") or [one["const"] for one in schema.get("anyOf", []) if "const" in one]
    if field in POOLS:
        return POOLS[field]
    if "const" in schema:
        return st.just(schema["const"])
    if choices:
        return st.sampled_from(choices)
    if "integer" in str(schema):
        return st.integers(max(schema.get("minimum", 0), 0), 60)
    return st.booleans() if "boolean" in str(schema) else st.sampled_from([0.1, "15%", 0.5, 1.0])


@st.composite
def filled(draw: Callable[..., Any], /, registry: Mapping[str, type[Block]], **fixed: Any) -> dict[str, Any]:
    """A block with all its needed fields and some of the others."""
    name = draw(st.sampled_from(sorted(registry)))
    schema = registry[name].model_json_schema()
    made = {"use": name}
    for field, about in schema["properties"].items():
        if field != "use" and (field in schema.get("required", ()) or draw(st.integers(0, 3)) == 0):
            made[field] = draw(value_of(field, about))
    return made | {field: value for field, value in fixed.items() if field in schema["properties"]}


def sound(registry: Mapping[str, type[Block]], **fixed: Any) -> st.SearchStrategy[dict[str, Any]]:
    """A block whose fields are all taken."""

    def taken(made: dict[str, Any]) -> bool:
        try:
            registry[made["use"]].model_validate(made)
        except ValueError:
            return False
        return True

    return filled(registry, **fixed).filter(taken)


FLOWS = ("flow", "easing")  # of investors, not of indices
SIGNALS: dict[str, dict[str, Any]] = {
    kind: {name: block for name, block in blocks.SIGNALS.items() if block.kind == kind and name not in FLOWS}
    for kind in ("condition", "number")
}
RANKED = {name: SIGNALS["number"][name] for name in ("momentum", "rsi", "rrg", "volatility", "dual_momentum", "zscore")}
CONDITIONS = st.recursive(
    st.sampled_from(["true_one", "true_two", "number > 0", "number < 5%", "number <= 20", "lately"]),
    lambda parts: st.one_of(
        parts.map(lambda part: f"not ({part})"),
        st.tuples(parts, st.sampled_from([" and ", " or "]), parts).map(lambda three: f"({''.join(three)})"),
    ),
    max_leaves=3,
)


@st.composite
def strategies(draw: Callable[..., Any]) -> dict[str, Any]:
    """A whole file that makes sense, but for one value in every third of them."""
    rules = []
    for place in range(draw(st.integers(1, 3))):
        rule = {"name": f"rule {place}", "hold": draw(sound(blocks.ALLOCATORS))}
        if draw(st.booleans()):
            rule |= {key: draw(CONDITIONS) for key in ("when", "exit")[: draw(st.integers(1, 2))]}
        rule |= {key: draw(st.integers(1, 3)) for key in ("confirm", "min_hold", "cool_down") if draw(st.booleans())}
        rules.append(rule)
    made: dict[str, Any] = {
        "name": "made_up",
        "params": {"p": draw(st.sampled_from([20, "x", [1, 2]]))},
        "market": {"universe": UNIVERSE, "start": draw(st.sampled_from(["2024-07-01", "2025-01-01", "2025-06-30"]))},
        "baskets": {"MINE": {"stocks": ["BEL", "HAL"], "rebalance": draw(st.sampled_from(["monthly", "never"]))}},
        "signals": {
            "true_one": draw(sound(SIGNALS["condition"], of=draw(NAMES))),
            "true_two": draw(sound({"easing": blocks.SIGNALS["easing"], "season": blocks.SIGNALS["season"]}, of="FII")),
            "number": draw(sound(SIGNALS["number"], of="NIFTY 50")),
            "score": draw(sound(RANKED, of=None)),
        },
        "conditions": {"lately": {"when": draw(CONDITIONS.filter(lambda text: "lately" not in text)), "within": 5}},
        "rules": rules,
        "schedule": {
            "decide": draw(st.sampled_from(["weekly", "monthly", "on_change", "quarterly"])),
            "fill": draw(st.sampled_from(["next_close", "next_close", "next_open"])),
        },
        "execution": {"buy_bps": 5, "band": draw(st.sampled_from(["2%", 0]))},
        "overlays": [draw(sound(blocks.OVERLAYS))] if draw(st.booleans()) else [],
    }
    if draw(st.integers(0, 2)) == 0:
        spoil(draw, made)
    return made


def spoil(draw: Callable[..., Any], made: Any) -> None:
    """Put something senseless in one place."""
    while True:
        places = list(made) if isinstance(made, dict) else list(range(len(made)))
        place = draw(st.sampled_from(places))
        if not isinstance(made[place], dict | list) or not made[place] or draw(st.integers(0, 9)) == 0:
            made[place] = draw(JUNK)
            return
        made = made[place]


def outcome(path: Path, tmp: Path) -> Result | str:
    """The run, or the one line that refuses it."""
    try:
        config = load_config(path)
        assert all("\n" not in line for line in (*explain(config), *warnings(config)))
        return run(config, market_of(config, Source(Store(tmp / "none.duckdb"))), no_second_book)
    except EngineError as error:
        return str(error)


def no_second_book(replay: Replay) -> None:
    """What the second book is given is tested elsewhere; here it would only take time."""
    assert isinstance(replay, Replay)


@settings(max_examples=150, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
@given(made=strategies())
def test_a_strategy_made_up_at_random_runs_or_is_refused_in_one_line(tmp_path: Path, made: dict[str, Any]) -> None:
    path = tmp_path / "made_up.yaml"
    path.write_text(yaml.safe_dump(made, sort_keys=False), "utf-8")
    began = time.process_time()
    found = outcome(path, tmp_path)
    assert time.process_time() - began < SLOWEST
    if isinstance(found, str):
        assert found
        assert "\n" not in found
        assert "Traceback" not in found
    else:
        assert found.ledger.nav.notna().all()
        assert (found.ledger.nav > 0).all()
        assert found.attribution.residual < 1e-12


@pytest.mark.parametrize("name", sorted({**blocks.SIGNALS, **blocks.ALLOCATORS, **blocks.OVERLAYS}))
def test_the_pools_have_a_filling_that_every_block_takes(name: str) -> None:
    block: type[Block] = {**blocks.SIGNALS, **blocks.ALLOCATORS, **blocks.OVERLAYS}[name]
    fixed = {"of": "FII"} if name in FLOWS else {}
    found = find(sound({name: block}, **fixed), lambda _: True, settings=settings(max_examples=500, database=None))
    assert found["use"] == name
