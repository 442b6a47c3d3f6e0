"""`backtest data doctor`: whether those who publish history still answer as this program expects."""

from __future__ import annotations

import time
from contextlib import closing
from dataclasses import asdict
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated

import typer

from engine.cli.terminal import JsonOption, err, out, say_json
from engine.errors import ProviderError
from engine.market.providers.roster import Name

if TYPE_CHECKING:
    from engine.market.providers.doctor import Examined

OnlyOption = Annotated[
    list[Name] | None, typer.Option("--only", help="Who is examined; may be repeated. Everyone if not given.")
]


def doctor(only: OnlyOption = None, as_json: JsonOption = False) -> None:
    """Ask each provider one small thing; print what came, how fast, and what differs. Nothing is stored.

    Leaves with 3 when one fails or differs from what this program expects.
    """
    found = {}
    for name in only or Name:
        with err().status(f"asking {name}"):
            found[name] = _examine(name)
    if as_json:
        say_json({"providers": {str(name): {**asdict(one), "well": one.well} for name, one in found.items()}})
    else:
        for name, one in found.items():
            _show(name, one)
    if ill := [str(name) for name, one in found.items() if not one.well]:
        raise ProviderError(f"{', '.join(ill)}: not as expected; the lines above say what to try")


def _examine(name: Name) -> Examined:
    from engine.market.providers.doctor import Examined, examine  # noqa: PLC0415  # the network is for this alone
    from engine.market.providers.roster import connect  # noqa: PLC0415
    from engine.market.providers.update import today_in_india  # noqa: PLC0415

    try:
        with closing(connect(name)) as site:
            return examine(site, today_in_india(datetime.now(UTC)), time.monotonic)
    except ProviderError as error:  # what it needs is not installed
        return Examined("nothing", 0.0, "nothing", (), (), 0, (str(error),))


def _show(name: Name, one: Examined) -> None:
    out().print(f"{name}: {'well' if one.well else 'NOT AS EXPECTED'}, {one.seconds:.1f} s", markup=False)
    out().print(f"  asked {one.asked}", markup=False)
    out().print(f"  came {one.shape}; {one.rows} rows of use", markup=False)
    if one.fields:
        out().print(f"  fields {', '.join(one.fields)}", markup=False)
    if one.new:
        out().print(f"  new to this program: {', '.join(one.new)}", markup=False)
    for difference in one.differs:
        out().print(f"  differs: {difference}", markup=False)
