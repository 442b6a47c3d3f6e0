"""A second process that gets ready to report while the first one imports vectorbt and runs.

vectorbt takes two seconds to import, statsmodels and Altair one; on two cores they need not wait for each other. The
reporter is handed a finished result, writes its folder and gives back what is to be printed.
"""

from __future__ import annotations

import gc
import io
import signal
from collections.abc import Iterator, Mapping
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from multiprocessing import get_context
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self

from rich.console import Console

from engine.cli.terminal import out

if TYPE_CHECKING:
    from engine.run import Result


UNWRAPPED = 1_000  # columns: what is piped on is not folded


@dataclass(frozen=True)
class Task:
    """Where a result goes and what is said of it."""

    results: Path
    command: list[str]
    warnings: tuple[str, ...]
    force: bool


@dataclass(frozen=True)
class Report:
    """What came of a task; `text` is for the terminal, coloured if it is one."""

    folder: Path
    summary: dict[str, Any]
    text: str


@contextmanager
def quick_imports() -> Iterator[None]:
    """Keep the collector from walking every new module's objects again and again while thousands are imported."""
    gc.disable()
    try:
        yield
    finally:
        gc.enable()


class Reporter:
    """The second process, started at once and warm by the time there is something to report."""

    def __enter__(self) -> Self:
        """Start it deaf to the keyboard's interrupt, which reaches every process: the first one decides what ends."""
        self._pool = ProcessPoolExecutor(1, mp_context=get_context("spawn"))
        heard = signal.signal(signal.SIGINT, signal.SIG_IGN)
        try:
            self._pool.submit(_get_ready)
        finally:
            signal.signal(signal.SIGINT, heard)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._pool.shutdown(cancel_futures=True)

    def report(self, result: Result, task: Task) -> Report:
        """Write the result's folder and say what to print. Raises what the writing raises."""
        console = out()
        width = console.width if console.is_terminal else UNWRAPPED
        return self._pool.submit(_report, result, task, width, console.color_system).result()


def _get_ready() -> None:
    with quick_imports():
        import statsmodels.regression.linear_model  # noqa: PLC0415

        import engine.report.charts  # noqa: PLC0415
        import engine.report.tearsheet  # noqa: PLC0415

    assert statsmodels
    assert engine


def _report(result: Result, task: Task, width: int, colours: Any) -> Report:
    from engine.report.tearsheet import tearsheet  # noqa: PLC0415  # imported while the other process ran
    from engine.report.terminal import print_summary  # noqa: PLC0415
    from engine.results import summary, write  # noqa: PLC0415

    def page(text: str) -> Mapping[str, str]:
        return {"tearsheet.html": tearsheet(result, text, task.warnings)}

    folder = write(result, task.results, task.command, page, force=task.force)
    screen = Console(
        file=io.StringIO(), width=width, color_system=colours, force_terminal=bool(colours), highlight=False
    )
    print_summary(result, screen)
    assert isinstance(screen.file, io.StringIO)
    return Report(folder, summary(result), screen.file.getvalue().rstrip())
