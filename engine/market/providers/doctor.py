"""Asking each provider one small thing, to see whether it still answers as this program expects. Nothing is stored."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date

from engine.errors import ProviderError
from engine.market.providers.provider import Answer, Provider, speaking_of
from engine.market.providers.shape import shape


@dataclass(frozen=True)
class Examined:
    """What was asked of a provider, how long it took (seconds), what shape came, and each thing that is not right.

    `new` fields are not read by this program; they are no fault.
    """

    asked: str
    seconds: float
    shape: str
    fields: tuple[str, ...]
    new: tuple[str, ...]
    rows: int
    differs: tuple[str, ...]

    @property
    def well(self) -> bool:
        """Whether the answer is the one expected."""
        return not self.differs


def examine(site: Provider, today: date, clock: Callable[[], float]) -> Examined:
    """One request, or two where the site wants a first visit."""
    job, span = site.probe(today)
    begun = clock()
    differs: list[str] = []
    answer = Answer({}, b"")
    try:
        answer = site.fetch(job, span)
    except ProviderError as error:
        differs.append(str(error))
    seconds = clock() - begun
    met = shape(site.client.last_body)
    rows = sum(map(len, answer.rows.values()))
    if not differs and not rows:
        differs.append("no rows, where some are always to be had")
    if site.client.last_body and (lacking := sorted(site.expects - set(met.fields))):
        differs.append(f"without {', '.join(lacking)}")
    new = tuple(field for field in met.fields if field and field not in site.expects)
    return Examined(speaking_of(site.name, job, span), seconds, met.says, met.fields, new, rows, tuple(differs))
