"""A process that makes writers: each line it reads names a store and the steps of one, which may be killed.

It imports everything once and forks, so that two hundred writers are not two hundred interpreters. What comes back is
a line with the writer's number, one for each step it has done, and one with its end: 0, or minus the signal.
"""

from __future__ import annotations

import json
import os
import sys
import traceback
from datetime import date, datetime
from pathlib import Path
from types import MappingProxyType

import duckdb  # noqa: F401  # before the fork: a writer begins at once
import numpy as np  # noqa: F401

from engine.market import quality
from engine.market.datasets import DATASETS
from engine.market.providers.log import Retrieval
from engine.market.store import Store

CHUNK = [
    {"index": "C", "variant": "PR", "date": date(2024, 1, day), "open": None, "high": None, "low": None, "close": day}
    for day in range(1, 20)
]
TAKEN = Retrieval("niftyindices.com", "C", "price", date(2024, 1, 1), date(2024, 1, 19), 19, "", datetime(2024, 2, 1))


def say(word: object) -> None:
    os.write(1, f"{word}\n".encode())  # one write, whole or not at all


def step(store: Store, name: str) -> None:
    """One transaction: a chunk of a provider, or a folder."""
    if name == "chunk":
        store.keep(DATASETS["indices"], CHUNK, TAKEN)
    else:
        store.load(Path(name))


def write(told: dict[str, list[str]]) -> None:
    """A writer's life."""
    try:
        for name in told["steps"]:
            step(Store(Path(told["store"][0])), name)
            say("done")
        os._exit(0)
    except Exception:  # noqa: BLE001  # whatever it is, the one who started it hears of it
        traceback.print_exc()
        os._exit(1)


def main() -> None:
    # Whether the whole of a transaction is there does not depend on how many checks there are: two make it short.
    quality.CHECKS = MappingProxyType({name: quality.CHECKS[name] for name in ("bar-order", "calendar")})
    for line in sys.stdin:
        writers = [json.loads(one) for one in line.split("\t")]
        pids = []
        for told in writers:
            pid = os.fork()
            if pid == 0:
                write(told)
            pids.append(pid)
        say(" ".join(map(str, pids)))
        for pid in pids:
            say(f"end {os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])}")


if __name__ == "__main__":
    main()
