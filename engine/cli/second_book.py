"""The second book kept in a second process, so that importing vectorbt does not hold up everything else.

vectorbt takes two seconds to import; loading history, deciding, attributing and drawing take about as long. On two
cores they need not wait for each other. Nothing is written or shown before the second book has agreed.
"""

from __future__ import annotations

import gc
import os
import signal
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from multiprocessing import get_context, resource_tracker
from multiprocessing.connection import Connection
from typing import TYPE_CHECKING, Self

if TYPE_CHECKING:
    from engine.simulation import Replay


class SecondBook:
    """vectorbt in a process of its own, started at once and warm by the time there is something to replay."""

    def __enter__(self) -> Self:
        """Start it deaf to interrupts, which reach every process: the first one decides what ends.

        They are held back while it starts, so that none is lost and none finds it half started; it inherits that.
        """
        spawn = get_context("spawn")
        self._connection, other = spawn.Pipe()
        self._waiting = 0
        resource_tracker.ensure_running()  # it unblocks signals when it starts, so it starts before they are blocked
        with _interrupts_held_back():
            process = spawn.Process(target=_keep, args=(other,), daemon=True)
            process.start()
            other.close()
            self.pid = process.pid
        return self

    def __exit__(self, *_: object) -> None:
        """Closing the pipe ends the process."""
        self._connection.close()

    def check(self, orders: Replay) -> None:
        """Hand over the trades of a simulation."""
        self._waiting += 1
        with suppress(BrokenPipeError):  # it is gone; `settle` says so
            self._connection.send(orders)

    def settle(self) -> None:
        """Wait until everything handed over was compared. Raises what a comparison raised, as one AssertionError."""
        while self._waiting:
            self._waiting -= 1
            try:
                objection = self._connection.recv()
            except (EOFError, ConnectionResetError) as error:
                raise AssertionError("the process that keeps the second book ended before it agreed") from error
            if objection:
                raise AssertionError(objection)


@contextmanager
def _interrupts_held_back() -> Iterator[None]:
    """Raise KeyboardInterrupt at the end for an interrupt that comes meanwhile; processes started in it are deaf to it.

    A new process inherits the mask. The handlers are replaced as well, because another thread may take the signal.
    """
    came: list[int] = []
    numbers = [number for number in (signal.SIGINT, signal.SIGTERM) if signal.getsignal(number) != signal.SIG_IGN]
    heard = {number: signal.signal(number, lambda number, _: came.append(number)) for number in numbers}
    mask = signal.pthread_sigmask(signal.SIG_BLOCK, numbers)
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, mask)
        for number, handler in heard.items():
            signal.signal(number, handler)
    if came:
        raise KeyboardInterrupt


def _keep(connection: Connection) -> None:
    """Import vectorbt, then compare whatever comes until the pipe is closed."""
    with quick_imports():
        from engine.simulation import warm_up  # noqa: PLC0415  # the point of this process

        warm_up()
    with suppress(EOFError, BrokenPipeError, ConnectionResetError):  # whoever asked has left
        while True:
            connection.send(_objection(connection.recv()))
    os._exit(0)  # nothing is left to do, and taking vectorbt apart takes half a second


def _objection(orders: Replay) -> str | None:
    from engine.simulation import replay  # noqa: PLC0415  # imported by now

    try:
        replay(orders)
    except Exception as error:  # noqa: BLE001  # whatever it is belongs to the process that asked
        return f"{type(error).__name__}: {error}"
    return None


@contextmanager
def quick_imports() -> Iterator[None]:
    """Keep the collector from walking every new module's objects again and again while thousands are imported."""
    gc.disable()
    try:
        yield
    finally:
        gc.enable()
