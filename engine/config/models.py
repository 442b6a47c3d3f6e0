"""The strategy file as frozen, closed models. Weights and rates are fractions, costs basis points, money rupees."""

from __future__ import annotations

import re
from datetime import date
from functools import cache
from typing import Annotated, Any, Literal, Self, Union

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, PrivateAttr, create_model

from engine import blocks
from engine.blocks import Allocator, Count, CountOrZero, Fraction, Number, Scope, Signal, Text, Weight
from engine.config.expressions import ExpressionError, Node, leaves, parse_condition
from engine.config.source import Source, dotted
from engine.market.keys import SeriesKey, Variant

NAME = r"[A-Za-z0-9][A-Za-z0-9_.-]{0,79}"


def _as_date(value: Any) -> Any:
    if isinstance(value, date):
        return value
    if not isinstance(value, str) or not re.fullmatch(r"\d{4}-\d{2}-\d{2}", value):
        raise ValueError(f"a date is written YYYY-MM-DD, such as 2016-07-08, not {value!r}")
    try:
        return date.fromisoformat(value)
    except ValueError as error:
        raise ValueError(f"there is no day {value}") from error


def _as_end(value: Any) -> Any:
    return value if value == "latest" else _as_date(value)


def _readable(text: str) -> str:
    try:
        parse_condition(text)
    except ExpressionError as error:
        raise ValueError(f"{error} (at character {error.offset + 1} of {text!r})") from error
    return text


def _as_hold(value: Any) -> Any:
    """A plain mapping of names to weights is the `fixed` allocator."""
    if isinstance(value, dict) and "use" not in value:
        return {"use": "fixed", "weights": value}
    return value


Day = Annotated[date, BeforeValidator(_as_date)]
Condition = Annotated[Text, AfterValidator(_readable)]
Bps = Annotated[Number, Field(ge=0, le=2_000)]


class Closed(BaseModel):
    """Frozen, and an unknown key is an error."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class MarketSettings(Closed):
    """What is traded, against what, and when."""

    benchmark: Annotated[Text, Field(description="the series everything is measured against")] = "NIFTY 50"
    universe: Annotated[tuple[Text, ...], Field(min_length=1, description="the series a rule may hold")]
    returns: Annotated[Variant, Field(description="what the portfolio and the benchmark earn")] = "total"
    start: Annotated[Day | None, Field(description="no decision before this day; the first session if absent")] = None
    end: Annotated[Literal["latest"] | date, BeforeValidator(_as_end), Field(description="last day, or latest")] = (
        "latest"
    )


class Schedule(Closed):
    """When decisions are made and at which price they are filled."""

    decide: Annotated[
        Literal["daily", "weekly", "monthly", "quarterly", "on_change"],
        Field(description="the last session of each period decides; on_change: every session, orders at changes"),
    ] = "weekly"
    fill: Annotated[
        Literal["next_close", "next_open"],
        Field(description="the price orders get, one session after the decision"),
    ] = "next_close"


class Execution(Closed):
    """What trading costs and what idle money earns."""

    buy_bps: Annotated[Bps, Field(description="charges on purchases, basis points of value")] = 0.0
    sell_bps: Annotated[Bps, Field(description="charges on sales, basis points of value")] = 0.0
    slippage_bps: Annotated[Bps, Field(description="slippage on every trade, basis points of value")] = 0.0
    capital: Annotated[Number, Field(gt=0, le=1e15, description="rupees at the start")] = 1_000_000.0
    band: Annotated[Weight | None, Field(description="points of weight off target that are left alone")] = None
    min_trade: Annotated[Number, Field(ge=0, description="an order under so many rupees is no order")] = 1.0
    cash_spread: Annotated[
        Fraction, Field(ge=-1, le=1, description="what CASH earns less than the policy rate, a year")
    ] = 0.0035


class Rule(Closed):
    """Weights to hold while a condition holds; the first rule of the list that is on wins."""

    name: Text
    when: Annotated[Condition | None, Field(description="turns the rule on; absent: always on")] = None
    exit: Annotated[Condition | None, Field(description="turns it off; absent: when `when` is not true")] = None
    confirm: Annotated[Count, Field(description="decisions in a row for which `when` must be true")] = 1
    min_hold: Annotated[CountOrZero, Field(description="decisions it stays on at least")] = 0
    cool_down: Annotated[CountOrZero, Field(description="decisions it stays off at least")] = 0
    hold: Allocator

    @property
    def when_tree(self) -> Node | None:
        """The parsed condition."""
        return None if self.when is None else parse_condition(self.when)

    @property
    def exit_tree(self) -> Node | None:
        """The parsed exit."""
        return None if self.exit is None else parse_condition(self.exit)

    @property
    def mentions(self) -> tuple[str, ...]:
        """Names of the signals in `when` and `exit`, each once."""
        trees = [tree for tree in (self.when_tree, self.exit_tree) if tree is not None]
        return tuple(dict.fromkeys(leaf.name for tree in trees for leaf in leaves(tree)))


class Config(Closed):
    """A strategy: what it may hold, what it looks at, what it then does, and what that costs."""

    name: Annotated[str, Field(strict=True, pattern=f"^{NAME}$", description="letters, digits, _ . and -")]
    title: Annotated[str, Field(strict=True, description="one line for people")] = ""
    market: MarketSettings
    signals: Annotated[dict[str, Signal], Field(description="what the conditions and rankings speak of")] = {}
    rules: Annotated[tuple[Rule, ...], Field(min_length=1, description="the first rule that is on wins")]
    schedule: Schedule = Schedule()
    execution: Execution = Execution()

    _source: Source | None = PrivateAttr(default=None)

    def from_source(self, source: Source) -> Self:
        """The same strategy, knowing the file it came from."""
        self._source = source
        return self

    def __reduce__(self) -> tuple[Any, ...]:
        """Pickled as what was written: the narrowed model is made anew in every process."""
        return (_written_again, (self.normalised(), self._source))

    def place(self, path: tuple[str | int, ...]) -> str:
        """Where a part stands: `file:line:column`, or the path itself for a strategy that came from no file."""
        return dotted(path) if self._source is None else self._source.locate(path)

    def order(self, path: tuple[str | int, ...]) -> tuple[int, int]:
        """Line and column of a part, to report the first mistake first."""
        return (0, 0) if self._source is None else self._source.order(path)

    @property
    def scope(self) -> Scope:
        """What the rules' allocators may refer to."""
        return Scope(self.market.universe, self.signals)

    @property
    def assets(self) -> tuple[str, ...]:
        """The names the rules may hold, in universe order."""
        held = {name for rule in self.rules for name in rule.hold.holds(self.market.universe)}
        return tuple(name for name in self.market.universe if name in held)

    @property
    def reached(self) -> tuple[str, ...]:
        """The signals that some rule looks at, in the order of the file."""
        wanted = {name for rule in self.rules for name in (*rule.mentions, *rule.hold.scores)}
        return tuple(name for name in self.signals if name in wanted)

    def reads(self) -> dict[SeriesKey, tuple[str | int, ...]]:
        """Every series the run needs, with the path in the file that asks for it."""
        settings = self.market
        wanted: dict[SeriesKey, tuple[str | int, ...]] = {
            SeriesKey(settings.benchmark, settings.returns): ("market", "benchmark")
        } | {
            SeriesKey(name, settings.returns): ("market", "universe", place)
            for place, name in enumerate(settings.universe)
        }
        if self.schedule.fill == "next_open":
            wanted |= {SeriesKey(key.name, "price"): path for key, path in wanted.items()}
        for name in self.reached:
            for key in sorted(self.signals[name].reads(settings.universe)):
                wanted.setdefault(key, ("signals", name))
        return wanted

    def normalised(self) -> dict[str, Any]:
        """The whole file with every default spelled out, as plain data; it loads back to an equal strategy."""
        plain: dict[str, Any] = self.model_dump(mode="json", exclude_none=True, serialize_as_any=True)
        return plain


def _written_again(plain: dict[str, Any], source: Source | None) -> Config:
    config = strategy_model().model_validate(plain)
    return config if source is None else config.from_source(source)


@cache
def strategy_model() -> type[Config]:
    """`Config` with its signals and allocators narrowed to the registered blocks."""
    blocks.load()
    signal: Any = Annotated[Union[tuple(blocks.SIGNALS.values())], Field(discriminator="use")]  # noqa: UP007  # built at run time
    allocator: Any = Annotated[
        Union[tuple(blocks.ALLOCATORS.values())],  # noqa: UP007  # built at run time
        Field(discriminator="use"),
        BeforeValidator(_as_hold),
    ]
    rule: Any = create_model("Rule", __base__=Rule, hold=(allocator, ...))
    model: type[Config] = create_model(
        "Strategy",
        __base__=Config,
        signals=(dict[str, signal], Config.model_fields["signals"]),
        rules=(tuple[rule, ...], Config.model_fields["rules"]),
    )
    return model
