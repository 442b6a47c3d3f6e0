"""Which part of the strategy's file earned what, for the page and the terminal."""

from __future__ import annotations

from typing import TYPE_CHECKING

from engine.blocks import in_words
from engine.report.formats import DASH, counted, percent, points
from engine.report.tables import Cell, Row, Table

if TYPE_CHECKING:
    from engine.attribution import RuleShares
    from engine.attribution.parts import Part
    from engine.run import Result

PAIRS = 10  # interactions shown, the strongest first


def shares_lines(result: Result) -> list[str]:
    """What each part earned a year, and which of it can be told from zero; two sentences and a half."""
    shares = result.rule_shares
    if isinstance(shares, str):
        return [f"Which part of the file earned it is not known: {shares}."]
    moving = [part for part in shares.parts if not shares.idle(part.name)]
    whole = f"{points(shares.total - shares.base, 2)} points a year over {result.config.market.benchmark}"
    told = [f"{part.says} {points(_of(shares, part, 'share'), 2)}" for part in moving]
    if not told:
        return [f"Which part of the file earned it: {whole} (log growth after costs), and no part made a difference."]
    idle = tuple(part.says for part in shares.parts if shares.idle(part.name))
    still = f" No difference at all: {in_words(idle)}." if idle else ""
    lines = [f"Which part of the file earned it: of {whole} (log growth after costs), {', '.join(told)}.{still}"]
    return [*lines, _certain(shares, moving)]


def _certain(shares: RuleShares, moving: list[Part]) -> str:
    """Which shares can be told from zero, and which cannot."""
    if not shares.block:
        return "  With so few sessions no share has an interval, and none can be told from zero."
    level = percent(shares.confidence, 0)
    sure = [part for part in moving if not shares.uncertain(part.name)]
    if not sure:
        one = f"Its {level} interval spans zero: it is indistinguishable from zero."
        many = f"Every {level} interval spans zero: each share by itself is indistinguishable from zero."
        return f"  {one if len(moving) == 1 else many}"
    named = [f"{part.says} ({_interval(shares, part)})" for part in sure]
    rest = "" if len(sure) == len(moving) else " The others are indistinguishable from zero."
    return f"  Distinguishable from zero, each by itself at {level}: {', '.join(named)}.{rest}"


def shares_table(result: Result) -> Table | None:
    """A row for each part; the last one is the growth over the benchmark that they add up to."""
    shares = result.rule_shares
    if isinstance(shares, str):
        return None
    rows = []
    for part in shares.parts:
        cells = [
            Cell(points(_of(shares, part, "share"), 2), "strong"),
            Cell(_interval(shares, part)),
            Cell(_told(shares, part)),
            Cell(points(_of(shares, part, "leave_one_out"), 2)),
        ]
        cells += [Cell(points(_of(shares, part, "error"), 2).removeprefix("+"))] if shares.permutations else []
        rows.append(Row(part.says.removeprefix("the "), tuple(cells)))
    blank = [Cell("")] * (4 if shares.permutations else 3)
    rows.append(Row("Sum = growth over the benchmark", (Cell(points(shares.total - shares.base, 2), "strong"), *blank),
                    look="sum"))  # fmt: skip
    head = ["Part", "Share", f"{percent(shares.confidence, 0)} interval", "From zero", "Lost without it"]
    head += ["Sampling error"] if shares.permutations else []
    return Table("What each part of the file earned, points of log growth a year", tuple(head), tuple(rows))


def pairs_table(result: Result) -> Table | None:
    """The strongest interactions; none where there are no two parts."""
    shares = result.rule_shares
    if isinstance(shares, str):
        return None
    says = {part.name: part.says.removeprefix("the ") for part in shares.parts}
    rows = tuple(Row(f"{says[one]} – {says[other]}", (Cell(points(value, 2)),))
                 for one, other, value in shares.pairs()[:PAIRS] if value)  # fmt: skip
    head = ("Two parts", "Together, beyond what each adds alone")
    return Table("How parts depend on each other, points of log growth a year", head, rows) if rows else None


def shares_words(result: Result) -> str:
    """How the shares were found, or why they were not."""
    shares = result.rule_shares
    if isinstance(shares, str):
        return f"Which part of the file earned what is not known: {shares}."
    followed = f"{counted(shares.coalitions, 'combination')} of the {counted(len(shares.parts), 'part')}"
    how = f"{followed} were followed" if shares.coalitions > 1 else f"{followed} was followed"
    drawn = f", along {shares.permutations} orders drawn from a fixed seed" if shares.permutations else ""
    block = f" Intervals: stationary bootstrap, blocks of {counted(shares.block, 'session')} on average."
    return f"{how}{drawn}.{block if shares.block else ' With fewer than 60 sessions there are no intervals.'}"


def _of(shares: RuleShares, part: Part, column: str) -> float:
    return float(shares.table[column][part.name])


def _interval(shares: RuleShares, part: Part) -> str:
    low, high = (points(_of(shares, part, bound), 2) for bound in ("low", "high"))
    return f"{low} to {high}" if shares.block else DASH


def _told(shares: RuleShares, part: Part) -> str:
    if shares.idle(part.name):
        return "no difference"
    return "indistinguishable" if shares.uncertain(part.name) else "distinguishable"
