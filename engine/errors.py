"""Everything that can go wrong because of the outside world. The command line catches `EngineError` alone."""

from __future__ import annotations

import difflib
from collections.abc import Callable, Iterable


class EngineError(Exception):
    """One message that says what came, what was expected and what exists; never shown with a traceback."""

    exit_code = 2


class ConfigError(EngineError):
    """The strategy file says something that cannot be meant; `others` are the mistakes after the first one."""

    def __init__(self, message: str, others: tuple[str, ...] = ()) -> None:
        said = "mistake" if len(others) == 1 else "mistakes"
        more = f" ({len(others)} more {said}: `backtest validate` lists them)" if others else ""
        super().__init__(message + more)
        self.first = message
        self.others = others


class DataError(EngineError):
    """The market data lack something, or hold something that is no market data."""


class StrategyError(EngineError):
    """A sound strategy meets data on which it cannot be followed."""


class ProviderError(EngineError):
    """A data provider or the network failed; nothing was lost."""

    exit_code = 3


class ResultError(EngineError):
    """A result folder cannot be read or written."""


def nearest(name: str, known: Iterable[str]) -> str:
    """`; did you mean 'x'?` when something known is spelled much like `name`, else nothing."""
    by_lower = {candidate.lower(): candidate for candidate in known}
    match = difflib.get_close_matches(name.lower(), by_lower, n=1, cutoff=0.6)
    return f"; did you mean {by_lower[match[0]]!r}?" if match else ""


def unknown(what: str, name: str, known: Iterable[str], hint: Callable[[str, list[str]], str] = nearest) -> str:
    """One sentence on a name that does not exist: what came, the nearest name and what exists."""
    names = list(dict.fromkeys(known))
    shown = ", ".join(names[:40]) + (f" and {len(names) - 40} more" if len(names) > 40 else "")
    return f"unknown {what} {name!r}{hint(name, names) or '.'} Known: {shown or 'none'}"
