"""Several processes at one store, and processes that die: what was committed is there, whole, and nothing else is.

`BACKTEST_KILLS` says how many writers are killed (40 if it is not set; `make bench` kills 200).
"""

from __future__ import annotations

import hashlib
import json
import os
import random
import shutil
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import duckdb
import pytest

from engine.errors import DataError
from engine.market.keys import SeriesKey
from engine.market.store import Store
from tests.conftest import ROOT
from tests.market.writer import CHUNK, step

pytestmark = pytest.mark.process

KILLS = int(os.environ.get("BACKTEST_KILLS", "40"))


class Writers:
    """Makes writers and hears of them."""

    def __init__(self) -> None:
        self.process = subprocess.Popen(
            [sys.executable, "-m", "tests.market.writer"],
            cwd=ROOT,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    def start(self, store: Store, *steps: list[str]) -> list[int]:
        """One writer for each list of steps; their process numbers."""
        assert self.process.stdin is not None
        told = [json.dumps({"store": [str(store.path)], "steps": one}) for one in steps]
        self.process.stdin.write("\t".join(told) + "\n")
        self.process.stdin.flush()
        return [int(pid) for pid in self.line().split()]

    def line(self) -> str:
        assert self.process.stdout is not None
        line = self.process.stdout.readline()
        assert line or self.process.stderr is None, self.process.stderr.read()
        return line.strip()

    def ends(self, count: int = 1) -> tuple[list[int], int]:
        """How so many writers ended, and the steps they had done."""
        ends: list[int] = []
        done = 0
        while len(ends) < count:
            line = self.line()
            if line.startswith("end "):
                ends.append(int(line.removeprefix("end ")))
            else:
                assert line == "done"
                done += 1
        return ends, done


@pytest.fixture(scope="module")
def writers() -> Iterator[Writers]:
    made = Writers()
    yield made
    said = made.process.communicate()
    assert said == ("", "")


def folder(where: Path, name: str, level: float, high: float) -> str:
    """Two files, one with a bar whose high is too low or not: a warning that only one of the states has."""
    (where / name).mkdir()
    days = [f"2024-01-{day:02}" for day in range(1, 29)]
    bars = [f"{day},{index},PR,{level},{high},{level - 1},{level + place / 7}" for place, day in enumerate(days)
            for index in ("A", "B")]  # fmt: skip
    (where / name / "indices.csv").write_text("\n".join(["date,index,variant,open,high,low,close", *bars]) + "\n")
    flows = [f"{day},{level},{place}" for place, day in enumerate(days)]
    (where / name / "flows.csv").write_text("\n".join(["date,fii_net,dii_net", *flows]) + "\n")
    return str(where / name)


@pytest.fixture(scope="module")
def folders(tmp_path_factory: pytest.TempPathFactory) -> tuple[str, str]:
    where = tmp_path_factory.mktemp("folders")
    return folder(where, "one", 100.0, 110.0), folder(where, "two", 200.0, 203.0)


def content(store: Store) -> str:
    """Everything a store has but the times, in one word: rows, digests, findings and the log."""
    total = hashlib.sha256()
    with duckdb.connect(str(store.path), read_only=True) as connection:
        there = {name for (name,) in connection.execute("SELECT table_name FROM duckdb_tables()").fetchall()}
        for name in sorted(there - {"meta"}):
            excluded = "EXCLUDE (retrieved)" if name in ("indices", "flows", "retrievals") else ""
            log = "DISTINCT" if name == "retrievals" else ""  # fetched twice is noted twice
            rows = connection.execute(f"SELECT {log} * {excluded} FROM {name} ORDER BY ALL").fetchall()
            total.update(f"{name} {rows!r}".encode())
    return total.hexdigest()


@pytest.fixture(scope="module")
def states(folders: tuple[str, str], tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """Every state a store can be in between two steps, by its content; made one step after the other."""
    where = tmp_path_factory.mktemp("states")
    found = {}
    for name, steps in {
        "one": [folders[0]], "two": [folders[1]], "chunk": ["chunk"],
        "one, chunk": [folders[0], "chunk"], "two, chunk": [folders[1], "chunk"],
    }.items():  # fmt: skip
        store = Store(where / f"{name}.duckdb")
        for one in steps:
            step(store, one)
        found[content(store)] = name
    assert len(found) == 5
    return found


def state_of(store: Store, states: dict[str, str]) -> str:
    """The name of the state a store is in, through the store's own eyes and past them."""
    if not store.path.exists():
        return "no store"
    catalogue = store.catalogue()
    if catalogue is None:
        return "empty"
    name = states[content(store)]
    assert (SeriesKey("C", "price") in catalogue) == ("chunk" in name)
    assert bool(store.retrieved("niftyindices.com", "C", "price")) == ("chunk" in name)
    assert [table.rows for table in store.tables()] == {"one": [28, 56], "chunk": [19]}.get(
        name.replace("two", "one"), [28, 56 + len(CHUNK)]
    )
    return name


def after(state: str, steps: list[str], folders: tuple[str, str]) -> str:
    """The state that follows a state and some steps, by what the steps are."""
    for one in steps:
        base, chunk = ("chunk" if state == "chunk" else state.split(", ", maxsplit=1)[0]), "chunk" in state
        if one == "chunk":
            chunk = True
        else:
            base = "one" if one == folders[0] else "two"
        known = base if base in ("one", "two") else ""
        state = ", ".join(filter(None, (known, "chunk" if chunk else "")))
    return state


def test_killed_writers_lose_nothing_and_leave_no_half(
    writers: Writers, folders: tuple[str, str], states: dict[str, str], tmp_path: Path
) -> None:
    """Each writer goes on where the last was killed; every eighth begins with no store at all.

    A step that was told as done is there; the one that was going on is there whole or not at all.
    """
    rng, pace = random.Random(0), 0.1
    room = tmp_path / "room"
    store, seen, last = Store(room / "market.duckdb"), Counter[str](), "no store"
    for place in range(KILLS):
        if place % 8 == 0:
            shutil.rmtree(room, ignore_errors=True)
            last = "no store"
        first, second = rng.sample(folders, 2)
        steps = (["chunk", first, second] if place % 8 > 3 else [first, second, "chunk"]) * 4
        (pid,) = writers.start(store, steps)
        began, waited = time.monotonic(), rng.choice([0, 0, 1, 2])
        assert [writers.line() for _ in range(waited)] == ["done"] * waited
        if waited:
            pace = (pace + (time.monotonic() - began) / waited) / 2
        time.sleep(rng.uniform(0, pace))
        os.kill(pid, signal.SIGKILL)
        (end,), more = writers.ends()
        assert end == -signal.SIGKILL
        done = waited + more
        expected = {after(last, steps[:done], folders), after(last, steps[: done + 1], folders)}
        now = state_of(store, states)
        assert now in expected | ({"no store", "empty"} if last in ("no store", "empty") and not done else set())
        seen["unchanged" if now == last else "moved"] += 1
        seen["in between" if now != after(last, steps[:done], folders) else "as told"] += 1
        last = now
    assert seen["moved"] > KILLS / 4
    assert seen["unchanged"] > KILLS / 16
    (pid,) = writers.start(store, [folders[0]])  # and the next import works
    assert writers.ends() == ([0], 1)
    assert state_of(store, states).startswith("one")
    assert [path.name for path in room.iterdir() if path.is_file()] == ["market.duckdb"]


def test_readers_see_the_old_or_the_new(
    writers: Writers, folders: tuple[str, str], states: dict[str, str], tmp_path: Path
) -> None:
    store = Store(tmp_path / "market.duckdb")
    step(store, folders[0])
    writers.start(store, [*folders[::-1]] * 6)
    seen = Counter[str]()
    for _ in range(12):
        bars, readings = store.read([SeriesKey("A", "price"), SeriesKey("FII", "net")])
        opens = bars[SeriesKey("A", "price")]["open"].tolist()
        assert opens == readings[SeriesKey("FII", "net")].tolist() == [opens[0]] * 28
        seen[str(opens[0])] += 1
    assert writers.ends() == ([0], 12)
    assert set(seen) <= {"100.0", "200.0"}


def test_two_first_imports_at_once_are_both_kept(
    writers: Writers, folders: tuple[str, str], states: dict[str, str], tmp_path: Path
) -> None:
    store = Store(tmp_path / "market.duckdb")
    writers.start(store, [folders[0]], ["chunk"])
    assert writers.ends(2) == ([0, 0], 2)
    assert state_of(store, states) == "one, chunk"


@pytest.fixture
def held(tmp_path: Path, folders: tuple[str, str]) -> Iterator[tuple[Store, subprocess.Popen[str]]]:
    """A store that another process has open until its standard input ends."""
    store = Store(tmp_path / "market.duckdb", patience=0.2)
    step(store, folders[0])
    script = f"import duckdb, sys; c = duckdb.connect({str(store.path)!r}); print('open', flush=True); sys.stdin.read()"
    with subprocess.Popen(
        [sys.executable, "-c", script], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as other:
        assert other.stdout is not None
        assert other.stdout.readline() == "open\n"
        yield store, other


def test_who_comes_second_is_told_who_is_there(
    held: tuple[Store, subprocess.Popen[str]], folders: tuple[str, str]
) -> None:
    store, other = held
    with pytest.raises(DataError, match=rf"another process \(PID {other.pid}\) is writing to it; try again when it"):
        store.catalogue()
    with pytest.raises(DataError, match=rf"\(PID {other.pid}\) is writing to it, or reading it; try again when it"):
        store.load(Path(folders[1]))
    store.patience = 1.0
    with pytest.raises(DataError, match="is writing to it, waited for 1 seconds; try again when it is done"):
        store.tables()


def test_who_comes_second_waits(
    held: tuple[Store, subprocess.Popen[str]], folders: tuple[str, str], writers: Writers
) -> None:
    store, other = held
    writers.start(store, [folders[1]])
    time.sleep(0.3)
    other.communicate()
    assert writers.ends() == ([0], 1)
    assert Store(store.path).bars([SeriesKey("A", "price")])[SeriesKey("A", "price")]["open"].tolist() == [200.0] * 28


def test_two_parts_of_one_process_are_told(tmp_path: Path, folders: tuple[str, str]) -> None:
    store = Store(tmp_path / "market.duckdb", patience=0.1)
    step(store, folders[0])
    with duckdb.connect(":memory:") as connection:
        connection.execute(f"ATTACH '{store.path}' AS mine")
        with pytest.raises(DataError, match="another part of this process is writing to it; try again"):
            store.catalogue()
