"""The strategy file as a frozen, closed model whose signals, allocators and overlays are the registered blocks."""

from __future__ import annotations

from functools import cache, cached_property
from pathlib import Path as FilePath
from typing import Annotated, Any, Self, Union

from pydantic import BeforeValidator, Field, PrivateAttr, create_model

from engine import blocks
from engine.blocks import Overlay, Scope, Signal, Text
from engine.config.settings import (
    Basket,
    Claim,
    Closed,
    Execution,
    MarketSettings,
    NamedCondition,
    Rule,
    Schedule,
    as_condition,
)
from engine.config.source import Source, dotted
from engine.config.yaml12 import Path
from engine.market.keys import PRICED, SeriesKey
from engine.market.registry import SECTORED, index_facts, sector_keys
from engine.tax import TaxSettings

NAME = r"[A-Za-z0-9][A-Za-z0-9_.-]{0,79}"
_Blocks = tuple[type[blocks.Block], ...]


def _as_hold(value: Any) -> Any:
    """A plain mapping of names to weights is the `fixed` allocator."""
    if isinstance(value, dict) and "use" not in value:
        return {"use": "fixed", "weights": value}
    return value


class Config(Closed):
    """A strategy: what it may hold, what it looks at, what it then does, and what that costs."""

    name: Annotated[str, Field(strict=True, pattern=f"^{NAME}$", description="letters, digits, _ . and -")]
    title: Annotated[str, Field(strict=True, description="one line for people")] = ""
    market: MarketSettings
    baskets: Annotated[dict[Text, Basket], Field(description="series built from stocks, to hold or to look at")] = (
        Field(default_factory=dict)
    )
    signals: Annotated[dict[str, Signal], Field(description="what the conditions and rankings speak of")] = Field(
        default_factory=dict
    )
    conditions: Annotated[
        dict[str, Annotated[NamedCondition, BeforeValidator(as_condition)]],
        Field(max_length=200, description="conditions by name, for rules and for each other"),
    ] = Field(default_factory=dict)
    rules: Annotated[tuple[Rule, ...], Field(min_length=1, description="the first rule that is on wins")]
    overlays: Annotated[tuple[Overlay, ...], Field(description="what is then done to the weights, in this order")] = ()
    schedule: Schedule = Schedule()
    execution: Execution = Execution()
    tax: Annotated[TaxSettings | None, Field(description="whose tax on gains is worked out; none if absent")] = None
    claims: Annotated[tuple[Claim, ...], Field(description="published statements to hold against the data")] = ()
    plugins: Annotated[tuple[Text, ...], Field(description="files of your own blocks, beside this one")] = ()

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
    def unused_params(self) -> tuple[str, ...]:
        """The params of the file that nothing in it uses."""
        return () if self._source is None else self._source.unused_params

    @property
    def plugin_files(self) -> tuple[FilePath, ...]:
        """Where the strategy's own blocks are."""
        beside = FilePath("." if self._source is None else self._source.name).parent
        return tuple(beside / name for name in self.plugins)

    @cached_property
    def scope(self) -> Scope:
        """What the blocks may refer to."""
        members = {name: basket.members for name, basket in self.baskets.items()}
        return Scope(self.market.universe, self.signals, members)

    @cached_property
    def tradable(self) -> tuple[str, ...]:
        """The universe, and after it what allocators hold beyond it."""
        beyond = [name for rule in self.rules for name in rule.hold.holds(self.market.universe)]
        return tuple(dict.fromkeys((*self.market.universe, *beyond)))

    @cached_property
    def assets(self) -> tuple[str, ...]:
        """The names the rules may hold, in universe order."""
        held = {name for rule in self.rules for name in rule.hold.holds(self.market.universe)}
        return tuple(name for name in self.tradable if name in held)

    @cached_property
    def reached(self) -> tuple[str, ...]:
        """The signals that some rule looks at, in the order of the file."""
        wanted = {name for rule in self.rules for name in (*self.looks_at(rule), *rule.hold.scores)}
        return tuple(name for name in self.signals if name in wanted)

    @cached_property
    def reached_conditions(self) -> tuple[str, ...]:
        """The named conditions that some rule looks at, each after those it is made of."""
        wanted: dict[str, None] = {}

        def visit(name: str) -> None:
            if name in self.conditions and name not in wanted:
                for other in self.conditions[name].mentions:
                    visit(other)
                wanted[name] = None

        for rule in self.rules:
            for name in rule.mentions:
                visit(name)
        return tuple(wanted)

    def looks_at(self, rule: Rule) -> tuple[str, ...]:
        """The signals in a rule's `when` and `exit`, those inside named conditions included, each once."""
        found: dict[str, None] = {}
        queue = list(rule.mentions)
        seen: set[str] = set()
        while queue:
            name = queue.pop(0)
            if name in self.conditions and name not in seen:
                queue += self.conditions[name].mentions
            elif name in self.signals:
                found[name] = None
            seen.add(name)
        return tuple(found)

    def asks(self) -> dict[SeriesKey, Path]:
        """Every series the run looks at, with the path in the file that asks for it; a basket is one series."""
        settings = self.market
        wanted: dict[SeriesKey, Path] = {SeriesKey(settings.benchmark, settings.returns): ("market", "benchmark")}
        for place, name in enumerate(settings.universe):
            wanted.setdefault(SeriesKey(name, settings.returns), ("market", "universe", place))
        for place, rule in enumerate(self.rules):
            for name in rule.hold.holds(settings.universe):
                wanted.setdefault(SeriesKey(name, settings.returns), ("rules", place, "hold"))
        if self.schedule.fill == "next_open":
            wanted |= {SeriesKey(key.name, "price"): path for key, path in wanted.items()}
        for place, rule in enumerate(self.rules):
            for key in sorted(rule.hold.reads()):
                wanted.setdefault(key, ("rules", place, "hold"))
        for name in self.reached:
            for key in sorted(self.signals[name].reads(self.scope)):
                wanted.setdefault(key, ("signals", name))
        return wanted

    def wishes(self) -> frozenset[SeriesKey]:
        """Series without which the strategy runs all the same: of claims, sectors, and what is dealt in for indices."""
        claimed = {SeriesKey(name, "price") for claim in self.claims for name in claim.gains}
        sectors = sector_keys(self.market.returns) if self.market.benchmark == SECTORED else frozenset()
        return frozenset(claimed | self._dealt_in() | sectors)

    def _dealt_in(self) -> set[SeriesKey]:
        """Prices of the funds on the assets, and the turnovers of funds and stocks, where the execution asks."""
        execution = self.execution
        if not (execution.lots or execution.impact):
            return set()
        facts = index_facts()
        dealt = {facts[name].proxy for name in self.assets if name in facts and name not in self.baskets} - {None}
        legs = {member for name in self.assets if name in self.baskets for member in self.baskets[name].members}
        wanted = {SeriesKey(fund, "stock") for fund in dealt if fund is not None}
        if execution.impact:
            wanted |= {SeriesKey(name, "shares") for name in {*dealt, *legs} if name is not None}
        return wanted

    def reads(self) -> dict[SeriesKey, Path]:
        """Every stored series the run needs: what it asks for, a basket's stocks in its place."""
        wanted: dict[SeriesKey, Path] = {}
        for key, path in self.asks().items():
            if key.name in self.baskets and key.variant in PRICED:
                for member in self.baskets[key.name].members:
                    wanted.setdefault(SeriesKey(member, "stock"), ("baskets", key.name))
            else:
                wanted.setdefault(key, path)
        return wanted

    def normalised(self) -> dict[str, Any]:
        """The whole file with every default spelled out, as plain data; it loads back to an equal strategy."""
        plain: dict[str, Any] = self.model_dump(mode="json", exclude_none=True, serialize_as_any=True)
        return plain

    def changed(self, **parts: Any) -> Config:
        """The same strategy with whole parts of its file replaced by plain data; checked for their shape only."""
        return _written_again({**self.normalised(), **parts}, self._source)


def _written_again(plain: dict[str, Any], source: Source | None) -> Config:
    for name in plain.get("plugins", ()):  # they ran where the strategy was made, so they were allowed
        blocks.load_plugin(FilePath("." if source is None else source.name).parent / name)
    config = strategy_model().model_validate(plain)
    return config if source is None else config.from_source(source)


def strategy_model() -> type[Config]:
    """`Config` with its signals, allocators and overlays narrowed to the registered blocks."""
    blocks.load()
    return _narrowed(*(tuple(registry.values()) for registry in (blocks.SIGNALS, blocks.ALLOCATORS, blocks.OVERLAYS)))


@cache
def _narrowed(signals: _Blocks, allocators: _Blocks, overlays: _Blocks) -> type[Config]:
    """Made again when a user's own block has joined."""
    signal: Any = Annotated[Union[signals], Field(discriminator="use")]  # noqa: UP007  # built at run time
    allocator: Any = Annotated[Union[allocators], Field(discriminator="use"), BeforeValidator(_as_hold)]  # noqa: UP007  # as above
    overlay: Any = Annotated[Union[overlays], Field(discriminator="use")]  # noqa: UP007  # as above
    rule: Any = create_model("Rule", __base__=Rule, hold=(allocator, ...))
    model: type[Config] = create_model(
        "Strategy",
        __base__=Config,
        signals=(dict[str, signal], Config.model_fields["signals"]),
        rules=(tuple[rule, ...], Config.model_fields["rules"]),
        overlays=(tuple[overlay, ...], Config.model_fields["overlays"]),
    )
    return model
