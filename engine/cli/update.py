"""`backtest data update`: history over the network, from those who publish it."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import asdict
from datetime import UTC, date, datetime
from typing import TYPE_CHECKING, Annotated

import typer

from engine.cli.status import show, tables
from engine.cli.terminal import JsonOption, StoreOption, err, out, say_error, say_json
from engine.errors import DataError, ProviderError
from engine.market.providers.roster import BY_ITSELF, Name

if TYPE_CHECKING:
    from engine.market.providers.provider import Job, Provider
    from engine.market.providers.update import Told
    from engine.market.store import Store

OnlyOption = Annotated[
    list[Name] | None,
    typer.Option("--only", help=f"Who is asked; may be repeated. If not given: {', '.join(BY_ITSELF)}."),
]
SinceOption = Annotated[
    datetime | None,
    typer.Option(
        "--since",
        formats=["%Y-%m-%d"],
        metavar="DAY",
        help="First day wanted, YYYY-MM-DD. If not given: where earlier updates began, else a week before the last "
        "stored day, else ten years ago.",
    ),
]
SeriesOption = Annotated[
    list[str] | None,
    typer.Option(
        "--series",
        help="Name of an index, or symbol of a stock for yahoo; may be repeated. If not given: every index described "
        "here, BSE SENSEX and BSE POWER, and the stocks and funds described here.",
    ),
]


def update(
    only: OnlyOption = None,
    since: SinceOption = None,
    series: SeriesOption = None,
    store: StoreOption = None,
    as_json: JsonOption = False,
) -> None:
    """Fetch what the store lacks, one request at a time and at most one a second from each provider.

    niftyindices: prices, total returns, valuations of NSE's indices. daily: NSE's file of every index, one a session,
    with volumes. bse: prices of BSE's indices. yahoo: stocks and funds with splits and dividends; indices named with
    --series, prices only. flows: the exchange's latest day of FII and DII. fpi: the depository's months of FPI.

    Every chunk is stored as it comes: an update that was interrupted goes on where it ended, and a provider that fails
    does not keep the others back (exit code 3 at the end).
    """
    from engine.market.providers.update import Update, today_in_india  # noqa: PLC0415  # the network is for this alone
    from engine.market.source import open_source  # noqa: PLC0415  # not needed for --help

    target = open_source(store).store
    begin, today = since.date() if since else None, today_in_india(datetime.now(UTC))
    told: dict[Name, Told] = {}
    failed: list[ProviderError] = []
    with ExitStack() as sites:
        asked = _connected(shares(tuple(dict.fromkeys(only or ())), series or ()), begin, today, sites, failed)
        for name, (site, jobs) in asked.items():
            try:
                told[name] = Update(target, site, lambda: datetime.now(UTC), _tell).run(jobs)
            except ProviderError as error:
                failed.append(error)
    if any(one.chunks for one in told.values()) or failed:
        target.check_and_store()
    if not failed or told:
        _show(target, told, as_json)
    for one in failed[:-1]:
        say_error(str(one))
    if failed:
        raise failed[-1]


def shares(only: Sequence[Name], series: Sequence[str]) -> dict[Name, tuple[str, ...]]:
    """Who is asked for which of the named series (none: what it brings by itself), in the order of the roster.

    Between the exchanges the names decide: those that begin with BSE are BSE's.
    """
    chosen = [name for name in Name if name in (only or BY_ITSELF)]
    if not series:
        return dict.fromkeys(chosen, ())
    takers = [name for name in chosen if name in (Name.NIFTYINDICES, Name.BSE, Name.YAHOO)]
    if not takers:
        raise DataError(f"--series is for niftyindices, bse and yahoo; {', '.join(chosen)} cannot choose among series")
    found = dict.fromkeys(takers, tuple(series))
    if Name.BSE in takers and Name.NIFTYINDICES in takers:
        of_bse = tuple(name for name in series if name.upper().split()[:1] in (["BSE"], ["SENSEX"]))
        found[Name.BSE], found[Name.NIFTYINDICES] = of_bse, tuple(name for name in series if name not in of_bse)
    return {name: names for name, names in found.items() if names}


def _connected(
    chosen: dict[Name, tuple[str, ...]], since: date | None, today: date, sites: ExitStack, failed: list[ProviderError]
) -> dict[Name, tuple[Provider, list[Job]]]:
    """Everyone with what they are asked for, so that a mistake in it is told before anybody is asked."""
    from engine.market.providers.provider import Wish  # noqa: PLC0415  # the network is for this command alone
    from engine.market.providers.roster import connect  # noqa: PLC0415

    asked: dict[Name, tuple[Provider, list[Job]]] = {}
    for name, names in chosen.items():
        try:
            site = connect(name)
        except ProviderError as error:  # what it needs is not installed
            failed.append(error)
            continue
        sites.callback(site.close)
        asked[name] = site, site.jobs(Wish(names, since, today))
    return asked


def _tell(line: str) -> None:
    err().print(line, markup=False)


def _show(target: Store, told: dict[Name, Told], as_json: bool) -> None:
    chunks, rows = (sum(getattr(one, field) for one in told.values()) for field in ("chunks", "rows"))
    if as_json:
        each = {str(name): asdict(one) for name, one in told.items()}
        say_json(
            {"store": str(target.path), "chunks": chunks, "rows": rows, "providers": each, "tables": tables(target)}
        )
        return
    out().print(f"{rows:,} rows fetched, chunks: {chunks:,}", markup=False)
    if len(told) > 1:
        for name, one in told.items():
            out().print(f"  {name}: {one.rows:,} rows, chunks: {one.chunks:,}", markup=False)
    show(target)
