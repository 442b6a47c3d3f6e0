"""Somebody who updates a store from any provider of the loopback world, without any waiting."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from typing import Any

import duckdb

from engine.market.datasets import DATASETS
from engine.market.providers.browser import Browser, browser
from engine.market.providers.bse import Bse
from engine.market.providers.daily import DailyFiles
from engine.market.providers.flows import Flows
from engine.market.providers.fpi import Fpi
from engine.market.providers.http import Client, Limits, browser_session
from engine.market.providers.jugaad import niftyindices_routes
from engine.market.providers.niftyindices import NiftyIndices
from engine.market.providers.provider import Provider, Wish
from engine.market.providers.roster import Name
from engine.market.providers.update import Told, Update
from engine.market.store import Store
from tests.market.providers.world import World


@dataclass
class Bench:
    """Time stands still but for pauses, which pass at once. It is the evening of the world's day, in India."""

    world: World
    store: Store
    limits: Limits = field(default_factory=Limits)
    pauses: list[float] = field(default_factory=list)
    lines: list[str] = field(default_factory=list)
    behind: timedelta = timedelta(0)  # by which this machine's clock is wrong
    tell: Callable[[str], None] | None = None

    @property
    def now(self) -> datetime:
        """Noon, UTC."""
        day = self.world.today
        return datetime(day.year, day.month, day.day, 12, tzinfo=UTC) - self.behind

    def connect(self, name: Name) -> Provider:
        """A provider of the world, with a session of its own."""
        url, manners = self.world.url, (self.limits, self.pauses.append, lambda: sum(self.pauses), random.Random(1))
        if name is Name.NIFTYINDICES:
            routes = niftyindices_routes()
            return NiftyIndices(Client(routes.session, *manners), routes, url)
        if name is Name.YAHOO:
            from engine.market.providers.yahoo import Yahoo  # noqa: PLC0415  # pandas is not for the others

            return Yahoo(Browser(browser(self.limits), *manners), url)
        if name is Name.DAILY:
            return DailyFiles(Client(browser_session(""), *manners), url, url)
        client = Client(browser_session("https://www.bseindia.com/"), *manners)
        made: dict[Name, Callable[[Client, str], Provider]] = {Name.BSE: Bse, Name.FLOWS: Flows, Name.FPI: Fpi}
        return made[name](client, url)

    def update(self, name: Name, *series: str, since: str | None = None) -> Told:
        """One run of its own."""
        site, now = self.connect(name), self.now
        try:
            wish = Wish(series, date.fromisoformat(since) if since else None, now.date())
            return Update(self.store, site, lambda: now, self.tell or self.lines.append).run(site.jobs(wish))
        finally:
            site.close()

    def rows(self, *tables: str) -> dict[str, list[tuple[Any, ...]]]:
        """All rows of some tables, else of all that hold history; when each was retrieved is left out."""
        if not self.store.path.exists():
            return {}
        with duckdb.connect(str(self.store.path), read_only=True) as connection:
            there = [table for (table,) in connection.execute("SELECT table_name FROM duckdb_tables()").fetchall()]
            held: Iterable[str] = tables or [table for table in there if table in DATASETS]
            return {
                table: connection.execute(f"SELECT * EXCLUDE (retrieved) FROM {table} ORDER BY ALL").fetchall()
                for table in held
            }
