"""`backtest data update` with several providers, and `backtest data doctor`."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

import pytest

from engine.cli.update import shares
from engine.errors import DataError
from engine.market.providers.doctor import Examined, examine
from engine.market.providers.http import Limits
from engine.market.providers.roster import Name
from engine.market.providers.shape import shape
from engine.market.providers.update import today_in_india
from engine.market.store import Store
from tests.conftest import ROOT
from tests.market.providers.bench import Bench
from tests.market.providers.site import Reply
from tests.market.providers.test_matrix import FAULTS
from tests.market.providers.world import World

SITES = ("NIFTYINDICES", "NSE_ARCHIVES", "BSE", "YAHOO", "NSE", "NSDL")


def data(*arguments: str, world: World) -> subprocess.CompletedProcess[str]:
    """The command in a process of its own, every provider being the world, whose day is this machine's."""
    world.today = world.site.last = today_in_india(datetime.now(UTC))
    places = {f"BACKTEST_{site}_URL": world.url for site in SITES}
    env = {**os.environ, **places, "NO_PROXY": "127.0.0.1", "COLUMNS": "200"}
    start = [sys.executable, "-c", "from engine.cli import script; script()", "data"]
    return subprocess.run([*start, *arguments], cwd=ROOT, capture_output=True, text=True, env=env, check=False)


@pytest.mark.process
def test_one_failing_provider_does_not_keep_the_others_back(world: World, tmp_path: Path) -> None:
    world.fault, world.faulty = lambda _: Reply(b"<html>robot?</html>"), lambda number: number in (1, 3)
    chosen = [part for name in ("fpi", "bse", "flows") for part in ("--only", name)]
    since = str(today_in_india(datetime.now(UTC)).replace(day=1, month=1))
    place = ("--store", str(tmp_path / "s.duckdb"))
    done = data("update", *chosen, "--since", since, "--json", *place, world=world)
    assert done.returncode == 3
    first, last = (line for line in done.stderr.splitlines() if line.startswith("error: "))
    assert first.startswith("error: bseindia.com: BSE SENSEX (price), ")
    assert last.startswith("error: NSDL: FPI (monthly), ")
    told = json.loads(done.stdout)
    assert set(told["providers"]) == {"flows"}
    assert [table["name"] for table in told["tables"]] == ["flows"]
    world.fault = None
    done = data("update", *chosen, *place, world=world)
    assert done.returncode == 0, done.stderr
    assert {table.name for table in Store(tmp_path / "s.duckdb").tables()} == {"flows", "fpi_monthly", "indices"}
    assert "  bse: " in done.stdout


@pytest.mark.process
def test_the_doctor_examines_everyone(world: World) -> None:
    done = data("doctor", world=world)
    assert done.returncode == 0, done.stdout + done.stderr
    heads = [line for line in done.stdout.splitlines() if not line.startswith(" ")]
    assert [head.split(":")[0] for head in heads] == list(Name)
    assert all(": well, " in head for head in heads)
    world.fault = lambda _: Reply(b"<html>robot?</html>")
    done = data("doctor", "--only", "bse", "--json", world=world)
    assert done.returncode == 3
    told = json.loads(done.stdout)["providers"]["bse"]
    assert (told["well"], told["rows"], told["shape"]) == (False, 0, "a web page with 0 rows of tables, 19 bytes")
    assert done.stderr.startswith("error: bse: not as expected; the lines above")


def test_who_is_asked_for_what() -> None:
    everyone = {Name.NIFTYINDICES: (), Name.BSE: (), Name.FLOWS: (), Name.FPI: ()}
    assert shares((), ()) == everyone
    assert shares((Name.FPI, Name.DAILY), ()) == {Name.DAILY: (), Name.FPI: ()}
    assert shares((), ("Nifty Bank", "bse power", "Sensex")) == {
        Name.NIFTYINDICES: ("Nifty Bank",), Name.BSE: ("bse power", "Sensex"),
    }  # fmt: skip
    assert shares((), ("Nifty Bank",)) == {Name.NIFTYINDICES: ("Nifty Bank",)}
    assert shares((Name.YAHOO,), ("NTPC", "BSE POWER")) == {Name.YAHOO: ("NTPC", "BSE POWER")}
    with pytest.raises(DataError, match="--series is for niftyindices, bse and yahoo; flows, fpi cannot choose"):
        shares((Name.FLOWS, Name.FPI), ("NIFTY 50",))


def examined(bench: Bench, name: Name) -> Examined:
    site = bench.connect(name)
    try:
        return examine(site, bench.world.today, lambda: 0.25 * len(bench.world.asked))
    finally:
        site.close()


@pytest.mark.parametrize("name", list(Name))
def test_a_well_provider(bench: Bench, name: Name) -> None:
    found = examined(bench, name)
    assert found.well, found.differs
    assert found.rows > 0
    assert found.seconds == 0.25 * len(bench.world.asked)
    assert (
        set(found.fields)
        >= {
            Name.NIFTYINDICES: {"HistoricalDate", "CLOSE"},
            Name.DAILY: {"Index Name", "Div Yield"},
            Name.BSE: {"Date", "Close"},
            Name.YAHOO: {"chart"},
            Name.FLOWS: {"category", "netValue"},
            Name.FPI: {"Month", "Equity", "Debt-FAR", "Total"},
        }[name]
    )
    assert not bench.store.path.exists()


@pytest.mark.parametrize("fault", FAULTS)
@pytest.mark.parametrize("name", list(Name))
def test_an_ill_provider_is_told_and_nothing_else(bench: Bench, name: Name, fault: str) -> None:
    bench.world.fault = FAULTS[fault]
    bench.limits = Limits(connect_s=0.02, read_s=0.05) if fault == "time-out" else Limits()
    found = examined(bench, name)
    assert not found.well
    assert all("\n" not in difference for difference in found.differs)


def test_a_renamed_field_and_a_new_one(bench: Bench) -> None:
    bench.world.fault = lambda body: Reply(body.replace(b"Turnover", b"Turned").replace(b"P/E", b"PE ratio"))
    found = examined(bench, Name.DAILY)
    assert found.differs == ("without P/E, Turnover (Rs. Cr.)",)
    assert found.new == ("Turned (Rs. Cr.)", "PE ratio")


@pytest.mark.parametrize(
    ("body", "says", "fields"),
    [
        (b"", "no answer to look at", ()),
        (b" \n", "an empty answer", ()),
        (b'[{"a": 1, "b": 2}]', "a JSON list of 1, 18 bytes", ("a", "b")),
        (b"[]", "a JSON list of 0, 2 bytes", ()),
        (b'{"a": 1}', "a JSON object, 8 bytes", ("a",)),
        (b"12", "JSON, 2 bytes: 12", ()),
        (b'[{"a": ', "broken JSON, 7 bytes, beginning '[{\"a\": '", ()),
        (b"a, b\n1,2\n", "1 lines below a header, 9 bytes", ("a", "b")),
        (b"<table><tr><td>x</td><td>y</td></tr></table>", "a web page with 1 rows of tables, 44 bytes", ("x", "y")),
    ],
)
def test_shapes(body: bytes, says: str, fields: tuple[str, ...]) -> None:
    assert shape(body) == (says, fields)
