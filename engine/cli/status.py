"""`backtest data status`: what the store holds, and how far behind it is."""

from __future__ import annotations

from dataclasses import asdict
from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING, Annotated

import typer

from engine.cli.terminal import JsonOption, StoreOption, out, say_json
from engine.report.formats import counted, day

if TYPE_CHECKING:
    from engine.market.source import Source
    from engine.market.standing import Standing
    from engine.market.store import Store


INDIA = timedelta(hours=5, minutes=30)


def status_of_data(
    store: StoreOption = None,
    series: Annotated[
        bool, typer.Option("--series", help="List every series: its dates, what it lacks, how far behind it is.")
    ] = False,
    as_json: JsonOption = False,
) -> None:
    """What the store holds: tables, dates, sources and digests; with --series, how each series stands."""
    from engine.market.source import open_source  # noqa: PLC0415  # not needed for --help

    source, today = open_source(store), _today()
    if as_json:
        say_json(_told(source, today))
    elif source.simulated:
        _show_sample(source, series)
    elif series:
        _show_standings(source.store, today)
    else:
        out().print(headline(source.store.last_session(), today), markup=False)
        show(source.store)


def headline(last: date | None, today: date) -> str:
    """How old the store is, and what to do about it when the exchange has had a session since.

    >>> headline(date(2025, 9, 17), date(2025, 9, 18)), headline(None, date(2025, 9, 18))
    ('last session 17 Sep 2025, 1 day ago', 'no session is there: run backtest data update')
    """
    from engine.market.calendar import nse_sessions  # noqa: PLC0415  # not needed for --help

    update = "run backtest data update"
    if last is None:
        return f"no session is there: {update}"
    days = (today - last).days
    old = any(last < session < today for session in nse_sessions(last, today).tolist())
    return f"last session {day(last)}, {counted(days, 'day')} ago" + (f": {update}" if old else "")


def tables(store: Store) -> list[dict[str, object]]:
    """The tables of a store for JSON."""
    return [{**asdict(table), "first": str(table.first), "last": str(table.last)} for table in store.tables()]


def show(store: Store) -> None:
    """The tables of a store, two lines each."""
    out().print(str(store.path), markup=False)
    for held in store.tables():
        counts = f"{held.series:,} series, {held.rows:,} rows" if held.series > 1 else f"{held.rows:,} rows"
        out().print(f"  {held.name}: {counts}, {held.first} to {held.last}, digest {held.digest[:8]}", markup=False)
        out().print(f"    retrieved {held.retrieved} UTC; sources: {', '.join(held.sources)}", markup=False)
    if found := store.finding_counts():
        counts = ", ".join(counted(found.get(severity, 0), severity) for severity in ("error", "warning"))
        out().print(f"  findings: {counts}; see them with: backtest data check", markup=False)


def _today() -> date:
    """In India, where the sessions are."""
    return (datetime.now(UTC) + INDIA).date()


def _told(source: Source, today: date) -> dict[str, object]:
    last = source.store.last_session()
    return {
        "store": str(source.store.path),
        "simulated": source.simulated,
        "last_session": last and str(last),
        "days_behind": last and (today - last).days,
        "tables": tables(source.store),
        "series": [_record(one, today) for one in source.store.standings()],
    }


def _record(one: Standing, today: date) -> dict[str, object]:
    return {
        "name": one.series.name,
        "variant": one.series.variant,
        "first": str(one.first),
        "last": str(one.last),
        "values": one.values,
        "gaps": one.gaps,
        "sessions_behind": one.behind,
        "days_behind": (today - one.last).days,
        "sources": list(one.sources),
    }


def _show_standings(store: Store, today: date) -> None:
    """A line for each series; a dash where there are no sessions to count."""
    found = store.standings()
    out().print(headline(store.last_session(), today), markup=False)
    room = max((len(str(one.series)) for one in found), default=0)
    head = f"{'series':<{room}}  first       last        values   gaps  sessions behind  days behind  sources"
    out().print(head, markup=False, soft_wrap=True)
    for one in found:
        gaps, behind = ("–" if count is None else f"{count:,}" for count in (one.gaps, one.behind))
        line = f"{one.series!s:<{room}}  {one.first}  {one.last}  {one.values:>6,}  {gaps:>5}  {behind:>15}"
        out().print(f"{line}  {(today - one.last).days:>11,}  {', '.join(one.sources)}", markup=False, soft_wrap=True)


def _show_sample(source: Source, series: bool) -> None:
    if series:
        _list_sample(source)
        return
    spans = source.catalogue.values()
    out().print(
        f"Nothing is in {source.store.path}: runs use the bundled sample market, SIMULATED paths through published "
        f"levels ({len(spans)} series, {min(span.first for span in spans)} to {max(span.last for span in spans)}), "
        "flows, valuations, volumes and stocks included.\nImport real history with: backtest data import DIR",
        markup=False,
    )


def _list_sample(source: Source) -> None:
    """Histories first, price before total; then what can only be looked at; stocks on one line."""
    names: dict[str, list[str]] = {}
    for key, span in sorted(source.catalogue.items(), key=lambda item: (not item[0].priced, item[0])):
        if key.variant != "stock":
            names.setdefault(key.name, []).append(f"{key.variant} {span.first} to {span.last}")
    for name, variants in names.items():
        out().print(f"{name}: {'; '.join(variants)}", markup=False)
    stocks = sorted(key.name for key in source.catalogue if key.variant == "stock")
    if stocks:
        out().print(f"{len(stocks)} stocks, for baskets: {', '.join(stocks)}", markup=False)
