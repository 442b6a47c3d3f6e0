"""A browser without a network opens the page: every chart is drawn and the console stays silent."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

import pytest

from engine.report.tearsheet import tearsheet
from tests.report.reading import Page
from tests.report.runs import BENCHMARK_ONLY, CASH_ONLY, ROTATION, ran

CHROMIUM = Path("/usr/bin/chromium")
OFFLINE = ["--proxy-server=127.0.0.1:9", "--host-resolver-rules=MAP * ~NOTFOUND", "--disable-background-networking"]
QUIET = ["--no-first-run", "--disable-component-update", "--disable-sync", "--disable-quic", "--disable-gpu"]

pytestmark = pytest.mark.skipif(not CHROMIUM.exists(), reason=f"there is no {CHROMIUM}")


ALL = ["growth", "drawdown", "rule-strip", "weights", "parts"]


@pytest.mark.parametrize(
    ("body", "sessions", "width", "drawn"),
    [
        pytest.param(ROTATION, 560, 1200, ALL, id="rotation"),
        pytest.param(ROTATION, 560, 390, ALL, id="rotation on a phone"),
        pytest.param(CASH_ONLY, 560, 1200, ALL, id="all cash"),
        pytest.param(BENCHMARK_ONLY, 7, 1200, ALL[:-1], id="the benchmark for two sessions"),
    ],
)
def test_every_chart_is_drawn_offline(tmp_path: Path, body: str, sessions: int, width: int, drawn: list[str]) -> None:
    path = tmp_path / "tearsheet.html"
    path.write_text(tearsheet(ran(body, sessions=sessions), "name: x"), encoding="utf-8", newline="\n")
    done = subprocess.run(
        [
            str(CHROMIUM), "--headless", "--no-sandbox", *OFFLINE, *QUIET, f"--user-data-dir={tmp_path / 'profile'}",
            "--enable-logging=stderr", f"--window-size={width},2000", "--virtual-time-budget=15000", "--dump-dom",
            path.as_uri(),
        ],
        capture_output=True, text=True, check=True, timeout=120,
    )  # fmt: skip
    assert [line for line in done.stderr.splitlines() if "CONSOLE" in line] == []
    assert '<html lang="en" data-charts="drawn">' in done.stdout
    charts = re.findall(r'<div class="chart[^"]*" id="chart-([a-z-]+)" [^>]*><svg', done.stdout)
    assert charts == drawn
    assert re.search(r">₹[\d.]+ lakh</text>", done.stdout)  # a label of the value axis
    assert "could not be drawn" not in Page(path.read_text("utf-8")).text
