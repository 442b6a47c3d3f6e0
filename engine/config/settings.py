"""The parts of a strategy file as frozen, closed models: weights and rates are fractions, costs basis points."""

from __future__ import annotations

import re
from datetime import date
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, model_validator

from engine.blocks import Allocator, Count, CountOrZero, Fraction, Names, Number, SeriesName, Text, Weight
from engine.config.expressions import ExpressionError, Node, leaves, parse_condition
from engine.costs import Brokerage, ChargeRow, clash
from engine.errors import unknown
from engine.market.horizon import Horizon
from engine.market.keys import Variant
from engine.market.registry import themes


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


def _as_searched(value: Any) -> Any:
    return value if value == "search" else _as_date(value)


def _readable(text: str) -> str:
    try:
        parse_condition(text)
    except ExpressionError as error:
        raise ValueError(f"{error} (at character {error.offset + 1} of {text!r})") from error
    return text


Day = Annotated[date, BeforeValidator(_as_date)]
Condition = Annotated[Text, AfterValidator(_readable)]
Bps = Annotated[Number, Field(ge=0, le=2_000)]


class Closed(BaseModel):
    """Frozen, and an unknown key is an error."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class MarketSettings(Closed):
    """What is traded, against what, and when."""

    benchmark: Annotated[SeriesName, Field(description="the series everything is measured against")] = "NIFTY 50"
    universe: Annotated[Names, Field(description="the series a rule may hold")]
    returns: Annotated[Variant, Field(description="what the portfolio and the benchmark earn")] = "total"
    start: Annotated[Day | None, Field(description="no decision before this day; the first session if absent")] = None
    end: Annotated[Literal["latest"] | date, BeforeValidator(_as_end), Field(description="last day, or latest")] = (
        "latest"
    )
    horizon: Annotated[
        Horizon,
        Field(description="when an asset may be held: always, from its launch, from the first fund that holds it"),
    ] = "all"


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


class Impact(Closed):
    """What large orders move prices by: coefficient x daily volatility x the square root of order over daily turnover.

    The square-root law of market impact: Grinold and Kahn, Active Portfolio Management, 2nd edition, chapter 16.
    """

    coefficient: Annotated[Number, Field(ge=0, le=10, description="times the volatility of a session")] = 1.0
    window: Annotated[
        Count, Field(ge=2, le=1_000, description="sessions over which turnover and volatility are measured")
    ] = 20


class Execution(Closed):
    """What trading costs and what idle money earns: basis points of one's own, or the dated charges of a vehicle."""

    buy_bps: Annotated[Bps | None, Field(description="charges on purchases, basis points of value")] = None
    sell_bps: Annotated[Bps | None, Field(description="charges on sales, basis points of value")] = None
    vehicle: Annotated[
        Literal["auto", "share", "etf", "future"] | None,
        Field(description="dated charges instead: as a fund's units where there is one, as shares elsewhere"),
    ] = None
    brokerage: Annotated[Brokerage | None, Field(description="what the broker takes of an order")] = None
    dp: Annotated[bool, Field(strict=True, description="the depository's charge for each scrip sold on a day")] = False
    charges: Annotated[tuple[ChargeRow, ...], Field(description="rows that extend or replace the dated charges")] = ()
    slippage_bps: Annotated[
        Bps | dict[Text, Bps],
        Field(description="slippage on every trade, basis points of value; or by name, with a `default`"),
    ] = 0.0
    impact: Annotated[Impact | None, Field(description="what large orders move prices by")] = None
    capital: Annotated[Number, Field(gt=0, le=1e15, description="rupees at the start")] = 1_000_000.0
    lots: Annotated[bool, Field(strict=True, description="whole units, at the price of the fund's own units")] = False
    investable: Annotated[
        bool, Field(strict=True, description="the fund's tracking difference, or its expenses, are taken daily")
    ] = False
    slices: Annotated[Count, Field(le=60, description="sessions over which an order is spread")] = 1
    band: Annotated[Weight | None, Field(description="points of weight off target that are left alone")] = None
    min_trade: Annotated[Number, Field(ge=0, description="an order under so many rupees is no order")] = 1.0
    cash_spread: Annotated[
        Fraction, Field(ge=-1, le=1, description="what CASH earns less than the policy rate, a year")
    ] = 0.0035

    @model_validator(mode="before")
    @classmethod
    def _one_way_to_be_charged(cls, given: Any) -> Any:
        """Basis points or a vehicle; neither is `vehicle: auto`, one side's basis points alone leave the other free."""
        if not isinstance(given, dict):
            return given
        stated = {key: value for key, value in given.items() if value is not None}
        in_bps = [key for key in ("buy_bps", "sell_bps") if key in stated]
        if not in_bps:
            return {**given, "vehicle": stated.get("vehicle", "auto")}
        dated = [key for key in ("vehicle", "brokerage", "dp", "charges") if stated.get(key)]
        if dated:
            raise ValueError(
                f"{in_bps[0]} and {dated[0]} are two ways to say what trading costs: basis points of one's own, or "
                "the dated charges of a vehicle"
            )
        return {**given, **{key: stated.get(key, 0.0) for key in ("buy_bps", "sell_bps")}}

    @model_validator(mode="after")
    def _rows_of_their_own(self) -> Execution:
        if found := clash(self.charges):
            raise ValueError(found)
        return self

    @property
    def in_bps(self) -> bool:
        """Whether the charges are basis points of one's own."""
        return self.vehicle is None

    def slippage_of(self, name: str) -> float:
        """Basis points of slippage on one asset."""
        if isinstance(self.slippage_bps, dict):
            return self.slippage_bps.get(name, self.slippage_bps.get("default", 0.0))
        return self.slippage_bps


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


def as_condition(value: Any) -> Any:
    """Bare text is a condition that has to hold today."""
    return {"when": value} if isinstance(value, str) else value


class NamedCondition(Closed):
    """A condition with a name, for rules and for other conditions; bare text is its `when`."""

    when: Annotated[Condition, Field(description="what has to be true")]
    within: Annotated[Count, Field(description="true if it was true at one of the last so many sessions")] = 1

    @property
    def tree(self) -> Node:
        """The parsed condition."""
        return parse_condition(self.when)

    @property
    def mentions(self) -> tuple[str, ...]:
        """Names of the signals and conditions in it, each once."""
        return tuple(dict.fromkeys(leaf.name for leaf in leaves(self.tree)))


class Basket(Closed):
    """A series built from stocks: equal weights, set again at the close of each period's last session.

    A stock counts from the first rebalance at which it has a price. The prices know no dividends, and who is in the
    list was chosen by someone who knew what became of it.
    """

    stocks: Annotated[tuple[Text, ...] | None, Field(min_length=1, description="symbols")] = None
    theme: Annotated[Text | None, Field(description="a shipped list of symbols, instead of `stocks`")] = None
    weigh: Annotated[Literal["equal"], Field(description="equal parts")] = "equal"
    rebalance: Annotated[
        Literal["monthly", "quarterly", "yearly", "never"], Field(description="how often parts are made equal again")
    ] = "quarterly"
    moves: Annotated[
        dict[Text, dict[Day, Literal["market", "demerger"]]],
        Field(description="what explains moves beyond 25%, by symbol and day: a market move, or a demerger"),
    ] = {}

    @model_validator(mode="after")
    def _stocks_or_theme(self) -> Basket:
        if (self.stocks is None) == (self.theme is None):
            raise ValueError("a basket has either `stocks` or a `theme`")
        if self.theme is not None and self.theme not in themes():
            raise ValueError(unknown("theme", self.theme, themes()))
        twice = sorted({name for name in self.members if self.members.count(name) > 1})
        if twice:
            raise ValueError(f"{twice[0]!r} is listed twice")
        return self

    @property
    def members(self) -> tuple[str, ...]:
        """The symbols."""
        return self.stocks if self.stocks is not None else themes()[self.theme or ""]

    @property
    def explained(self) -> dict[tuple[str, date], str]:
        """What is said about large moves, by symbol and day."""
        return {(symbol, day): kind for symbol, days in self.moves.items() for day, kind in days.items()}


class Claim(Closed):
    """A published statement about what indices gained, to be held against the data."""

    model_config = ConfigDict(frozen=True, extra="forbid", populate_by_name=True)

    says: Annotated[Text, Field(description="the claim in words, with who made it")]
    since: Annotated[
        Literal["search"] | date, BeforeValidator(_as_searched), Field(alias="from", description="close it starts from")
    ]
    to: Annotated[Literal["search"] | date, BeforeValidator(_as_searched), Field(description="close it ends at")]
    gains: Annotated[dict[SeriesName, Fraction], Field(min_length=1, description="claimed gain by index, price index")]
    near: Annotated[Day | None, Field(description="a day near which to search; needed when both ends are searched")] = (
        None
    )

    @model_validator(mode="after")
    def _can_be_searched(self) -> Claim:
        if self.since == "search" and self.to == "search" and self.near is None:
            raise ValueError("both `from` and `to` are searched: say `near` which day")
        if isinstance(self.since, date) and isinstance(self.to, date) and self.since >= self.to:
            raise ValueError(f"from {self.since} is not before to {self.to}")
        return self
