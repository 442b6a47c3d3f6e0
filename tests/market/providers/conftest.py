"""A site on this machine, and an update of a store from it without any waiting."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from pathlib import Path

import pytest

from engine.market.providers.http import Client, Limits
from engine.market.providers.jugaad import niftyindices_routes
from engine.market.providers.niftyindices import NiftyIndices, jobs_for
from engine.market.providers.update import Told, Update
from engine.market.store import Store
from tests.market.providers.bench import Bench
from tests.market.providers.site import Site, served
from tests.market.providers.world import World, turning

NOON = datetime(2024, 8, 5, 12, tzinfo=UTC)  # a Monday, after the close in India


@dataclass
class Desk:
    """Somebody who updates a store from the site: time stands still but for pauses, which pass at once."""

    site: Site
    store: Store
    now: datetime = NOON
    limits: Limits = field(default_factory=Limits)
    pauses: list[float] = field(default_factory=list)
    lines: list[str] = field(default_factory=list)
    tell: Callable[[str], None] | None = None

    def update(self, *names: str, since: str = "2022-08-01") -> Told:
        """One run of its own, with a session of its own."""
        routes = niftyindices_routes()
        client = Client(routes.session, self.limits, self.pauses.append, lambda: sum(self.pauses), random.Random(1))
        site = NiftyIndices(client, routes, self.site.url)
        try:
            update = Update(self.store, site, lambda: self.now, self.tell or self.lines.append)
            return update.run(jobs_for(names, date.fromisoformat(since), self.now.date()))
        finally:
            site.close()


@pytest.fixture
def site(monkeypatch: pytest.MonkeyPatch) -> Iterator[Site]:
    """No proxy stands between a test and this machine."""
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    with served() as running:
        yield running


@pytest.fixture
def desk(site: Site, tmp_path: Path) -> Desk:
    return Desk(site, Store(tmp_path / "market.duckdb"))


@pytest.fixture
def world(monkeypatch: pytest.MonkeyPatch) -> Iterator[World]:
    """No proxy stands between a test and this machine."""
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    with turning() as running:
        yield running


@pytest.fixture
def bench(world: World, tmp_path: Path) -> Bench:
    return Bench(world, Store(tmp_path / "market.duckdb"))
