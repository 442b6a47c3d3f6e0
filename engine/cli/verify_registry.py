"""`backtest data verify-registry`: do the registry's dates agree with the first closes in the store?"""

from __future__ import annotations

from dataclasses import asdict
from datetime import date
from typing import TYPE_CHECKING

from engine.cli.terminal import JsonOption, StoreOption, err, out, say_json
from engine.report.formats import DASH, counted

if TYPE_CHECKING:
    from engine.market.appearances import Appearance

SAYS = {
    "contradicts": "listed by the exchange before its launch: the launch date is wrong",
    "before base": "a close before the base date: the base date, or the close, is wrong",
    "back-filled": "a close before the launch: history computed backwards",
    "late": "the first close comes after the launch, while the source has earlier ones of others",
    "agrees": "the first close is that of the launch",
    "no evidence": "the source itself begins after the launch",
    "unknown": "no launch date is known",
}


def verify_registry(store: StoreOption = None, as_json: JsonOption = False) -> None:
    """Compare each index's launch and base date with its first close in the store, source by source."""
    from engine.market.appearances import appearances  # noqa: PLC0415  # not needed for --help
    from engine.market.source import open_source  # noqa: PLC0415

    held = open_source(store).store
    with err().status(f"reading {held.path}"):
        found = appearances(held)
    if as_json:
        say_json({"store": str(held.path), "appearances": [_plain(one) for one in found]})
        return
    out().print(str(held.path), markup=False)
    for line in _table(found):
        out().print(line, markup=False, soft_wrap=True)
    for verdict, says in SAYS.items():
        if many := sum(one.verdict == verdict for one in found):
            out().print(f"  {verdict}: {many:,}; {says}", markup=False, soft_wrap=True)
    out().print(f"{counted(len(found), 'first close')} of indices that the registry describes.", markup=False)
    if any(one.launch_date and not one.verified for one in found):
        out().print("A ? beside a launch date: nobody has verified it.", markup=False)


def _plain(one: Appearance) -> dict[str, object]:
    return {key: str(value) if isinstance(value, date) else value for key, value in asdict(one).items()}


def _table(found: list[Appearance]) -> list[str]:
    """One line for each first close, never broken; a `?` stands beside a launch date that is not verified."""
    rows = [("index", "", "source", "first close", "base", "launch", "days", "verdict")]
    for one in found:
        launch = DASH if one.launch_date is None else f"{one.launch_date}{'' if one.verified else '?'}"
        days = "" if one.days is None else f"{one.days:+,}"
        dates = (str(one.first), str(one.base_date or DASH), launch)
        rows.append((one.index, one.variant, one.source, *dates, days, one.verdict))
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    return ["  " + "  ".join(map(str.ljust, row, widths)).rstrip() for row in rows]
