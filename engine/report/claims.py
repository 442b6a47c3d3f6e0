"""Published claims against the data, for the page and the terminal."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, NamedTuple

from engine.claims import BORNE_OUT, CLOSE, NUDGE, REACH, VERDICTS
from engine.report.formats import DASH, counted, day, percent, points
from engine.report.tables import Cell, Row, Table

if TYPE_CHECKING:
    from engine.claims import Capture, Check, Fit, Gain

HEAD = ("Index", "Claimed", "Measured", "Difference", "Verdict", "Held at start", "Bought", "Gain after", "Share left")
SIMULATED = "These prices are SIMULATED: they say nothing about the claim."


class Told(NamedTuple):
    """A claim as the page shows it: its words, what was found in sentences, and the figures."""

    says: str
    sentences: tuple[str, ...]
    table: Table


def told(checks: Sequence[Check]) -> list[Told]:
    """Every claim, numbered where there are several."""
    return [
        Told(check.says, tuple(_sentences(check)), _table(check, f" {place}" if len(checks) > 1 else ""))
        for place, check in enumerate(checks, 1)
    ]


def lines(checks: Sequence[Check], *, simulated: bool) -> list[str]:
    """Every claim in lines for a terminal."""
    found = []
    for check in checks:
        found += [f"Claim: “{check.says}”", *(f"  {sentence}" for sentence in _sentences(check))]
        found += [f"  {_line(gain)}" for gain in check.gains]
    return [*found, SIMULATED] if found and simulated else found


def tolerances() -> str:
    """What the verdicts mean."""
    borne_out, close = (points(limit).removeprefix("+") for limit in (BORNE_OUT, CLOSE))
    return (
        f"Gains are those of the price index between two closes. Borne out: within {borne_out} points, which rounding "
        f"to whole per cents can hide. Close: within {close}, the deviation of the Nifty 50's move in one session, "
        "which a date wrong by a session can explain."
    )


def _sentences(check: Check) -> list[str]:
    if check.since is None or check.to is None:
        return ["It cannot be checked: there are no sessions with the closes it needs."]
    told = f"From the close of {day(check.since)} to that of {day(check.to)}: {_tally(check)}."
    if check.searched:
        told += f" {_searched(check)}"
    return [told, _nearby(check, check.nearby)] if check.nearby else [told]


def _tally(check: Check) -> str:
    """How many gains got which verdict."""
    found = [gain.verdict for gain in check.gains]
    (first, *others) = (verdict for verdict in VERDICTS if verdict in found)
    whole = f"{found.count(first)} of {counted(len(found), 'gain')} {first}"
    return ", ".join([whole, *(f"{found.count(verdict)} {verdict}" for verdict in others)])


def _searched(check: Check) -> str:
    ends = {("from",): "The start was", ("to",): "The end was", ("from", "to"): "Start and end were"}[check.searched]
    return f"{ends} not stated but searched within {REACH} sessions for the best fit, which favours the claim."


def _nearby(check: Check, fit: Fit) -> str:
    if (fit.since, fit.to) == (check.since, check.to):
        return f"No sessions within {NUDGE} of these fit better."
    found = ", ".join(
        f"{gain.index} {percent(measured, 2, signed=True)} ({points(measured - gain.claimed, 2)})"
        for gain, measured in zip(check.gains, fit.measured, strict=True)
    )
    dates = f"{day(fit.since)} to {day(fit.to)}"
    return f"Within {NUDGE} sessions of these, {dates} fits best, and may be what was meant: {found}."


def _table(check: Check, number: str) -> Table:
    caption = f"Claim{number} against the closes, gains in per cent, differences in points"
    return Table(caption, HEAD, tuple(Row(gain.index, tuple(map(Cell, _cells(gain)))) for gain in check.gains))


def _cells(gain: Gain) -> tuple[str, ...]:
    found = gain.capture
    return (
        percent(gain.claimed, 2, signed=True),
        percent(gain.measured, 2, signed=True),
        points(gain.difference, 2),
        gain.verdict,
        percent(found.held if found else None, 0),
        day(found.filled) if found and found.filled else DASH,
        percent(found.gain if found else None, 2, signed=True),
        percent(found.share if found else None, 0),
    )


def _line(gain: Gain) -> str:
    claimed = f"{gain.index}: claimed {percent(gain.claimed, 2, signed=True)}"
    if gain.measured is None:
        return f"{claimed}: {gain.verdict}"
    measured = f"measured {percent(gain.measured, 2, signed=True)}, {points(gain.difference, 2)} points"
    return f"{claimed}, {measured}: {gain.verdict}; {_caught(gain.capture)}"


def _caught(found: Capture | None) -> str:
    """What the strategy had of it."""
    if found is None:
        return "no rule holds it"
    held = f"{percent(found.held, 0)} held at the start"
    if found.filled is None:
        return f"{held}, not bought into"
    left = f"{percent(found.share, 0)} of the gain" if found.share is not None else percent(found.gain, 2, signed=True)
    return f"{held}, bought {day(found.filled)} with {left} still to come"
