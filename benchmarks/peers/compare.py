"""The whole command against bt with a QuantStats report: the same rotation, in turn, each in its own environment.

Prints medians, the ratio pair by pair and the peak memory of each. Both read the same history: the store named by
--store, else the bundled sample market.
"""

from __future__ import annotations

import argparse
import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import pandas as pd

from engine.market.keys import SeriesKey, Variant
from engine.market.source import open_source

HERE = Path(__file__).resolve().parent
ROOT = HERE.parents[1]
PEER = HERE / ".venv"
CONFIG = ROOT / "configs" / "midcap_rotation.yaml"
NAMES = ("NIFTY 50", "NIFTY BANK", "NIFTY MIDCAP 100", "NIFTY SMALLCAP 100")
VARIANTS: tuple[Variant, ...] = ("price", "total")


def set_up() -> None:
    """The peer's environment, made again when its pinned set changes."""
    wanted, ready = (HERE / "requirements.txt").read_text("utf-8"), PEER / ".ready"
    if ready.exists() and ready.read_text("utf-8") == wanted:
        return
    subprocess.run([sys.executable, "-m", "venv", str(PEER)], check=True)
    pip = [str(PEER / "bin" / "python"), "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
    subprocess.run([*pip, "-r", str(HERE / "requirements.txt")], check=True)
    ready.write_text(wanted, "utf-8")


def write_prices(path: Path, store: Path | None) -> None:
    """Price closes of the four indices, and total-return closes in columns that end in TR."""
    keys = [SeriesKey(name, variant) for variant in VARIANTS for name in NAMES]
    bars = open_source(store).market(NAMES[0], keys).bars
    columns = {key.name + (" TR" if key.variant == "total" else ""): bars[key]["close"] for key in keys}
    pd.DataFrame(columns).rename_axis("date").to_csv(path)


def timed(command: list[str], folder: Path) -> tuple[float, float]:
    """Wall seconds and peak memory (MiB, the largest process) of one run."""
    started = time.perf_counter()
    process = subprocess.Popen(command, cwd=folder, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    _, status, usage = os.wait4(process.pid, 0)
    if status:
        raise SystemExit(f"failed: {' '.join(command)}")
    return time.perf_counter() - started, usage.ru_maxrss / 1024


def main() -> None:
    """Time both in turn and print what came out."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--store", type=Path)
    parser.add_argument("--rounds", type=int, default=5)
    given = parser.parse_args()
    set_up()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        write_prices(folder / "prices.csv", given.store)
        ours = [str(Path(sys.executable).with_name("backtest")), str(CONFIG), "--force", "--quiet"]
        ours += ["--store", str(given.store.resolve())] if given.store else []
        theirs = [
            str(PEER / "bin" / "python"),
            str(HERE / "bt_quantstats.py"),
            "--prices",
            "prices.csv",
            "--out",
            "bt.html",
        ]
        timed(ours, folder), timed(theirs, folder)  # warm
        pairs = [(timed(ours, folder), timed(theirs, folder)) for _ in range(given.rounds)]
    for label, side in (("backtest", 0), ("bt + QuantStats", 1)):
        seconds, memory = zip(*(pair[side] for pair in pairs), strict=True)
        spread = f"({min(seconds):.2f} to {max(seconds):.2f})"
        print(f"{label:16} {statistics.median(seconds):6.2f} s  {spread}, {max(memory):.0f} MiB in its largest process")
    ratios = [own[0] / other[0] for own, other in pairs]
    print(f"ratio            {statistics.median(ratios):6.2f}    ({min(ratios):.2f} to {max(ratios):.2f})")


if __name__ == "__main__":
    main()
