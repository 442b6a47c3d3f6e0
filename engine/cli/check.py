"""`backtest data check`: what in the store is wrong, or odd enough to look at."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated

import typer

from engine.cli.terminal import JsonOption, StoreOption, err, out, say_json
from engine.errors import DataError
from engine.report.formats import amount, counted

if TYPE_CHECKING:
    from engine.market.finding import Unit
    from engine.market.quality import Finding

EXAMPLES = 5
"""Findings shown of each check."""

WIDTH = 100
"""Characters of the longest line shown."""

SeriesOption = Annotated[
    str | None, typer.Option("--series", help="Only findings of this series, such as NIFTY AUTO or NIFTY AUTO (total).")
]
OnlyOption = Annotated[list[str] | None, typer.Option("--only", help="Make this check alone. May be repeated.")]


def check(
    store: StoreOption = None,
    series: SeriesOption = None,
    only: OnlyOption = None,
    as_json: JsonOption = False,
) -> None:
    """Look for missing sessions, impossible prices, jumps and other faults; leave with 2 when there is an error."""
    from engine.market.quality import check_store  # noqa: PLC0415  # not needed for --help
    from engine.market.source import open_source  # noqa: PLC0415

    held = open_source(store).store
    with err().status(f"checking {held.path}"):
        found = check_store(held, only or (), series)
    errors = sum(one.severity == "error" for one in found)
    if as_json:
        listed = [{**asdict(one), "date": str(one.date)} for one in found]
        counts = {"errors": errors, "warnings": len(found) - errors}
        say_json({"store": str(held.path), **counts, "findings": listed})
    else:
        out().print(str(held.path), markup=False)
        _show(found, only or ())
    if errors:
        raise DataError(f"{held.path}: {counted(errors, 'finding')} cannot be right; whatever reads those rows is off")


def _show(found: Sequence[Finding], only: Sequence[str]) -> None:
    """Counts by check, then the worst findings of each."""
    from engine.market.quality import CHECKS  # noqa: PLC0415  # not needed for --help

    asked = [one for one in CHECKS.values() if not only or one.name in only]
    _say(f"  {'check':<17}{'errors':>7}{'warnings':>10}  what should hold")
    for one in asked:
        mine = [finding for finding in found if finding.check == one.name]
        errors = sum(finding.severity == "error" for finding in mine)
        _say(f"  {one.name:<17}{errors or '-':>7}{len(mine) - errors or '-':>10}  {one.says}")
    for one in asked:
        if mine := [finding for finding in found if finding.check == one.name]:
            _show_worst(one.name, mine, one.unit)
    if found:
        _say(f"\n{counted(len(found), 'finding')}. See every one with: backtest data check --json")
    else:
        _say("\nNothing was found.")


def _show_worst(name: str, found: Sequence[Finding], unit: Unit) -> None:
    worst = sorted(found, key=lambda one: (one.severity != "error", -abs(one.value), one.date, one.series))[:EXAMPLES]
    which = f" the worst {EXAMPLES} of {len(found):,}" if len(found) > EXAMPLES else ""
    _say(f"\n{name}:{which}")
    values = [amount(one.value, unit) for one in worst]
    room = max(map(len, values))
    for one, value in zip(worst, values, strict=True):
        _say(f"  {one.severity:<7}  {one.date}  {value:>{room}}  {one.series}")
    for action in dict.fromkeys(one.action for one in worst):
        _say(f"  {action}")


def _say(line: str) -> None:
    """One line, cut where a very long name would break it in two."""
    out().print(line if len(line) <= WIDTH else line[: WIDTH - 1] + "…", markup=False, soft_wrap=True)
