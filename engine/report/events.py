"""What followed a condition, as tables for a terminal of 100 columns."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rich import box
from rich.console import Console
from rich.table import Table
from rich.text import Text

from engine.report.formats import DASH, counted, day, grouped, percent, points

if TYPE_CHECKING:
    from engine.research.events import Average, Study, Summary

WIDTH, MARGIN, COLUMNS = 100, 14, 20  # characters: of the page, of the dates, of a horizon
LEGEND = (
    "vs: points over {benchmark}. usual: the mean over every session of the window. Interval: 95%, of the mean of vs, "
    "episodes drawn again with replacement; * where it leaves its usual value out, which one in twenty does by chance. "
    "{benchmark}'s own row has the interval of its mean gain, and its hits are gains."
)


def print_events(study: Study, console: Console) -> None:
    """Print every episode by asset, then what they come to by horizon."""
    console.print(Text(f"{study.name}: {study.when}", style="bold"))
    if study.simulated:
        console.print(
            Text("SIMULATED: these are not real prices. Import history with: backtest data import DIR", "bold red")
        )
    console.print(Text(_heading(study)))
    console.width = max(console.width, WIDTH, MARGIN + COLUMNS * len(study.horizons))  # never less than the figures
    if study.episodes:
        for asset in study.episodes[0].gains:
            console.print(_episodes(study, asset))
        for place, horizon in enumerate(study.horizons):
            console.print(_summary(study, horizon, place))
        console.print(Text(LEGEND.format(benchmark=study.benchmark)))
    for note in study.notes:
        console.print(Text(f"note: {note}", "yellow"))


def _heading(study: Study) -> str:
    true, sessions = grouped(study.true), counted(study.sessions, "session")
    return (
        f"{counted(len(study.episodes), 'episode')} from {day(study.start)} to {day(study.end)}: true at {true} of "
        f"{sessions}; an onset within {study.gap} of the last counted one belongs to it. Gains ({study.returns} "
        f"return) run from the close of the next session, whatever the schedule says. Data: {study.data}."
    )


def _episodes(study: Study, asset: str) -> Table:
    home = asset == study.benchmark
    title = f"{asset}: gain over so many sessions" + ("" if home else f", and points over {study.benchmark}")
    table = Table(title=Text(title), title_justify="left", box=box.SIMPLE_HEAD, pad_edge=False)
    table.add_column("true on", no_wrap=True)
    for horizon in study.horizons:
        table.add_column(str(horizon), justify="right", no_wrap=True)
        if not home:
            table.add_column("vs", justify="right", no_wrap=True)
    for episode in study.episodes:
        cells = []
        for place in range(len(study.horizons)):
            gain = episode.gains[asset][place]
            cells.append("" if gain is None else percent(gain, signed=True))
            if not home:
                gap = episode.relative[asset][place]
                cells.append("" if gap is None else points(gap))
        table.add_row(day(episode.day), *cells)
    return table


def _summary(study: Study, horizon: int, place: int) -> Table:
    title = Text(f"Over {counted(horizon, 'session')}, beside every session of the window")
    table = Table(title=title, title_justify="left", box=box.SIMPLE_HEAD, pad_edge=False)
    table.add_column("")
    for label in ("n", "mean", "median", "usual", "vs", "usual", "interval", "hits"):
        table.add_column(label, justify="right", no_wrap=True)
    for summary in study.summaries[place :: len(study.horizons)]:
        table.add_row(summary.asset, *_cells(summary))
    return table


def _cells(summary: Summary) -> tuple[str, ...]:
    gain, apart = summary.gain, summary.relative
    mean, median, usual = (percent(value, signed=True) for value in (gain.mean, gain.median, gain.usual))
    compared = ("", "") if apart is None else (points(apart.mean), points(apart.usual))
    return str(summary.episodes), mean, median, usual, *compared, _interval(apart or gain), percent(summary.hit_rate, 0)


def _interval(average: Average) -> str:
    if average.low is None:
        return DASH
    return f"{points(average.low)} to {points(average.high)}{'*' if average.unusual else ' '}"
