"""A user's own blocks: run only when that is allowed, and never half."""

from __future__ import annotations

import pickle
from collections.abc import Iterator
from datetime import date
from pathlib import Path

import pytest

from engine import blocks
from engine.config.load import load_config
from engine.errors import ConfigError, EngineError, StrategyError
from engine.plan.plan import plan_of
from engine.results import identity_of
from engine.run import run
from tests.markets import engine_market, history, weekdays

BLOCK = '''
from typing import Annotated, ClassVar, Literal
from pydantic import Field
from engine.blocks import Count, SeriesSignal, register

@register
class Mine(SeriesSignal):
    """Above the close of so many sessions before."""
    kind: ClassVar[Literal["condition", "number"]] = "condition"
    says: ClassVar[str] = "{of} is above its close {back} sessions ago"
    use: Literal["mine"] = "mine"
    back: Annotated[Count, Field(description="sessions")]

    def of_series(self, closes):
        earlier = closes.shift(self.back)
        return (closes > earlier).astype(float).where(earlier.notna())
'''
FILE = """
name: own
market: {benchmark: A, universe: [A], returns: price}
plugins: [my_blocks.py]
signals: {up: {use: mine, of: A, back: 2}}
rules:
  - {name: up, when: up, hold: {A: 100%}}
  - {name: rest, hold: {CASH: 100%}}
schedule: {decide: daily}
"""


@pytest.fixture(autouse=True)
def registries() -> Iterator[None]:
    """What a test registers is gone after it."""
    blocks.load()
    kept = [(registry, dict(registry)) for registry in (blocks.SIGNALS, blocks.ALLOCATORS, blocks.OVERLAYS)]
    yield
    for registry, before in kept:
        registry.clear()
        registry.update(before)  # type: ignore[arg-type]  # the same registry


@pytest.fixture
def strategy(tmp_path: Path) -> Path:
    (tmp_path / "my_blocks.py").write_text(BLOCK, "utf-8")
    (tmp_path / "own.yaml").write_text(FILE.lstrip(), "utf-8")
    return tmp_path / "own.yaml"


def refusal(strategy: Path, code: str) -> str:
    (strategy.parent / "my_blocks.py").write_text(code, "utf-8")
    with pytest.raises(ConfigError) as error:
        load_config(strategy, allow_plugins=True)
    assert "\n" not in str(error.value)
    return str(error.value).replace(str(strategy.parent), "DIR")


def test_nothing_runs_unless_it_is_allowed(strategy: Path) -> None:
    (strategy.parent / "my_blocks.py").write_text("raise SystemExit('it ran')", "utf-8")
    with pytest.raises(ConfigError, match=r"own.yaml:3:11: .* my_blocks.py: read that file.* --allow-plugins$"):
        load_config(strategy)


def test_an_allowed_block_decides(strategy: Path) -> None:
    config = load_config(strategy, allow_plugins=True)
    days = weekdays(date(2024, 1, 1), 8)
    market = engine_market("A", {"A": history(days, [1, 2, 3, 2, 1, 1, 3, 3])})
    # from the third session on: 3 > 1, 2 > 2 no, 1 > 3 no, 1 > 2 no, 3 > 1, 3 > 1
    assert plan_of(config, market).rule_names == ["up", "rest", "rest", "rest", "up", "up"]
    assert config.signals["up"].plugin.endswith("my_blocks.py")


def test_a_changed_file_is_another_strategy(strategy: Path) -> None:
    days = weekdays(date(2024, 1, 1), 8)
    market = engine_market("A", {"A": history(days, [1, 2, 3, 2, 1, 1, 3, 3])})
    first = identity_of(run(load_config(strategy, allow_plugins=True), market)).digest
    (strategy.parent / "my_blocks.py").write_text(BLOCK.replace("closes > earlier", "closes >= earlier"), "utf-8")
    second = run(load_config(strategy, allow_plugins=True), market)
    assert identity_of(second).digest != first
    assert second.plan.rule_names[1] == "up"  # 2 >= 2


def test_it_survives_pickling(strategy: Path) -> None:
    config = load_config(strategy, allow_plugins=True)
    assert pickle.loads(pickle.dumps(config)).normalised() == config.normalised()


@pytest.mark.parametrize(
    ("code", "said"),
    [
        ("x = (", "DIR/my_blocks.py:1: this plugin fails: SyntaxError"),
        ("\n\nraise ValueError('no\\nluck')", "DIR/my_blocks.py:3: this plugin fails: ValueError: no"),
        ("import nothing_of_that_name", "DIR/my_blocks.py:1: this plugin fails: ModuleNotFoundError"),
        ("x = 1", "DIR/my_blocks.py: this plugin registers no block"),
        (
            BLOCK.replace('    use: Literal["mine"] = "mine"\n', ""),
            "TypeError: Mine has no name: give it",
        ),
        (BLOCK.replace('use: Literal["mine"]', "use: str"), "TypeError: Mine has no name: give it"),
        (
            BLOCK.replace("of_series", "of_serie"),
            "TypeError: Mine is not whole: it lacks the methods of_series",
        ),
        (BLOCK.replace('"mine"', '"rsi"'), "two blocks are called 'rsi': Rsi and Mine"),
        (BLOCK + "\nraise KeyError('late')", "this plugin fails: KeyError"),
    ],
)
def test_a_file_that_cannot_be_used_is_one_message(strategy: Path, code: str, said: str) -> None:
    assert said in refusal(strategy, code)
    assert "mine" not in blocks.SIGNALS
    assert blocks.SIGNALS["rsi"].__name__ == "Rsi"


def test_a_missing_file_and_a_folder(strategy: Path) -> None:
    (strategy.parent / "my_blocks.py").unlink()
    with pytest.raises(ConfigError, match=r"own.yaml:3:11: .*my_blocks.py: this plugin cannot be read: No such file"):
        load_config(strategy, allow_plugins=True)
    (strategy.parent / "my_blocks.py").mkdir()
    with pytest.raises(ConfigError, match="this plugin cannot be read: Is a directory"):
        load_config(strategy, allow_plugins=True)


@pytest.mark.parametrize(
    "body",
    ["raise RuntimeError('boom')", "return 1 / 0", "return closes.iloc[:2].reset_index(drop=True)", "return None"],
)
def test_a_block_that_fails_at_work_is_named(strategy: Path, body: str) -> None:
    code = BLOCK.split("        earlier", maxsplit=1)[0] + f"        {body}\n"
    (strategy.parent / "my_blocks.py").write_text(code, "utf-8")
    days = weekdays(date(2024, 1, 1), 8)
    market = engine_market("A", {"A": history(days, [1, 2, 3, 2, 1, 1, 3, 3])})
    with pytest.raises(EngineError, match="mine|never|unknown") as error:
        plan_of(load_config(strategy, allow_plugins=True), market)
    assert isinstance(error.value, StrategyError)
    assert "\n" not in str(error.value)


SHARES = '''
from typing import Literal
from engine.blocks import Weighing, register

@register
class Shares(Weighing):
    """Whatever it is told."""
    use: Literal["shares"] = "shares"

    def share(self, names, moment):
        return {"A": WEIGHT}
'''


@pytest.mark.parametrize("weight", ["1.5", "-0.1", "float('nan')", "float('inf')"])
def test_weights_that_are_no_parts_of_the_whole_are_refused(strategy: Path, weight: str) -> None:
    (strategy.parent / "my_blocks.py").write_text(SHARES.replace("WEIGHT", weight), "utf-8")
    strategy.write_text(
        "name: own\nmarket: {benchmark: A, universe: [A], returns: price}\nplugins: [my_blocks.py]\n"
        "rules: [{name: r, hold: {use: shares}}]\nschedule: {decide: daily}\n",
        "utf-8",
    )
    market = engine_market("A", {"A": history(weekdays(date(2024, 1, 1), 4), [1, 2, 3, 4])})
    with pytest.raises(StrategyError, match="rule 'r' on 2024-01-01: shares gave weights that are no parts of a whole"):
        plan_of(load_config(strategy, allow_plugins=True), market)
