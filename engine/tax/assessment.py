"""The tax of one financial year: gains less losses in the order of the law, less the exemption, at each sale's rate.

Sections 70, 74, 111A and 112A of the Income-tax Act 1961. Losses of the year come before those brought forward, and
these oldest first; a short-term loss goes against any gain, a long-term loss against long-term gains alone. Where one
of them could go against several gains, and where the exemption could, it goes against the gain taxed highest.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Literal, NamedTuple

from engine.tax.lots import Disposal
from engine.tax.rates import cess_of, exemption_of, rates_on
from engine.tax.settings import TaxSettings
from engine.tax.years import financial_year_of, year_name

Term = Literal["short", "long"]

YEARS_CARRIED = 8


class Loss(NamedTuple):
    """Rupees of capital loss that no gain has met yet, and the financial year they are from."""

    year: int
    term: Term
    rupees: float


class Gains(NamedTuple):
    """Taxable gains of one term and rate: rupees before losses, after them, and after the exemption as well."""

    term: Term
    rate: float
    gained: float
    after_losses: float
    taxed: float


class SetOff(NamedTuple):
    """Rupees of a loss from a year that went against gains of a term taxed at a rate."""

    year: int
    term: Term
    against: Term
    rate: float
    rupees: float


@dataclass(frozen=True)
class YearTax:
    """What a financial year came to, rupees.

    `gains` are highest rate first, short before long; `losses` of this year before any set-off; `exempt` is the sum of
    long-term gains less losses that are no income to the law; `carried` is what later years may still use, oldest
    first, and `lapsed` what none may. `taxes` are by name: stcg, ltcg, interest, surcharge, cess.
    """

    year: int
    gains: tuple[Gains, ...]
    losses: tuple[Loss, ...]
    exempt: float
    interest: float
    set_offs: tuple[SetOff, ...]
    exemption: float
    taxes: dict[str, float]
    carried: tuple[Loss, ...]
    lapsed: tuple[Loss, ...]

    @property
    def total(self) -> float:
        """The tax."""
        return sum(self.taxes.values())

    def row(self) -> dict[str, str | float]:
        """One line of a table, numbers in rupees and the year as it is written."""
        rupees = {
            "short_gains": sum(gains.gained for gains in self.gains if gains.term == "short"),
            "long_gains": sum(gains.gained for gains in self.gains if gains.term == "long"),
            "exempt_gains": self.exempt,
            "short_losses": _sum_of(self.losses, "short"),
            "long_losses": _sum_of(self.losses, "long"),
            "losses_used": sum(one.rupees for one in self.set_offs),
            "brought_forward_used": sum(one.rupees for one in self.set_offs if one.year < self.year),
            "exemption_used": self.exemption,
            "interest_earned": self.interest,
            **self.taxes,
            "total": self.total,
            "short_carried": _sum_of(self.carried, "short"),
            "long_carried": _sum_of(self.carried, "long"),
            "lapsed": sum(loss.rupees for loss in self.lapsed),
        }
        return {"year": year_name(self.year), **{name: float(amount) for name, amount in rupees.items()}}


def year_tax(
    disposals: Sequence[Disposal], interest: float, carried: Sequence[Loss], year: int, settings: TaxSettings
) -> YearTax:
    """The tax of the financial year that ends in `year`; `carried` are losses brought forward into it.

    Interest is taxed at `slab`, whatever was lost; below zero it is taxed at nothing. Raises DataError for a sale
    before the first known rates, ValueError for a disposal or a loss of another year than it can be.
    """
    _of_that_year(disposals, carried, year)
    gained, losses = _gains_and_losses(disposals, year)
    left, open_losses, set_offs = _set_off(gained, (*losses, *carried), year)
    gains = tuple(_after_exemption(gained, left, year))
    first = year + 1 - YEARS_CARRIED
    return YearTax(
        year, gains, losses, sum(one.gain for one in disposals if one.exempt), interest, set_offs,
        sum(one.after_losses - one.taxed for one in gains), _taxes(gains, interest, year, settings),
        tuple(loss for loss in open_losses if loss.year >= first),
        tuple(loss for loss in open_losses if loss.year < first),
    )  # fmt: skip


_Taxable = dict[tuple[Term, float], float]


def _of_that_year(disposals: Iterable[Disposal], carried: Iterable[Loss], year: int) -> None:
    for disposal in disposals:
        if financial_year_of(disposal.sold) != year:
            raise ValueError(f"{disposal.asset} sold on {disposal.sold} is not of the year {year_name(year)}")
    for loss in carried:
        if not year - YEARS_CARRIED <= loss.year < year or loss.rupees < 0.0:
            raise ValueError(f"{loss} cannot be brought forward into {year_name(year)}")


def _gains_and_losses(disposals: Iterable[Disposal], year: int) -> tuple[_Taxable, tuple[Loss, ...]]:
    """Taxable gains by term and rate, highest rate first, and the year's losses by term; what is exempt is neither."""
    gained: dict[tuple[Term, float], float] = defaultdict(float)
    lost: dict[Term, float] = {"short": 0.0, "long": 0.0}
    for disposal in disposals:
        if disposal.exempt:
            continue
        rates, gain = rates_on(disposal.sold), disposal.gain
        if gain > 0.0:
            gained["long" if disposal.long_term else "short", rates.long if disposal.long_term else rates.short] += gain
        else:
            lost["long" if disposal.long_term else "short"] -= gain
    highest_first = sorted(gained, key=lambda kind: (-kind[1], kind[0] == "long"))
    return {kind: gained[kind] for kind in highest_first}, tuple(
        Loss(year, term, rupees) for term, rupees in lost.items() if rupees > 0.0
    )


def _set_off(
    gained: _Taxable, losses: Sequence[Loss], year: int
) -> tuple[_Taxable, tuple[Loss, ...], tuple[SetOff, ...]]:
    """Gains that are left, losses that are left (oldest first), and what met what in the order it did."""
    gains = dict(gained)
    lost: dict[tuple[int, Term], float] = defaultdict(float)
    for loss in losses:
        lost[loss.year, loss.term] += loss.rupees
    met = []
    for origin, term, against in _steps(lost, year):
        for kind in [kind for kind in gains if kind[0] == against]:
            rupees = min(lost[origin, term], gains[kind])
            if rupees > 0.0:
                lost[origin, term] -= rupees
                gains[kind] -= rupees
                met.append(SetOff(origin, term, against, kind[1], rupees))
    left = (Loss(origin, term, rupees) for (origin, term), rupees in sorted(lost.items()) if rupees > 0.0)
    return gains, tuple(left), tuple(met)


def _steps(lost: Iterable[tuple[int, Term]], year: int) -> Iterator[tuple[int, Term, Term]]:
    """Losses of a year, of a term, against gains of a term, in the order of the law: this year's, then the oldest.

    Long-term losses go first against long-term gains, so that what is left are short-term losses, of more use later.
    """
    years = sorted({origin for origin, _ in lost}, key=lambda origin: (origin != year, origin))
    for origin in years:
        yield origin, "short", "short"
        yield origin, "long", "long"
        yield origin, "short", "long"


def _after_exemption(gained: _Taxable, left: _Taxable, year: int) -> Iterator[Gains]:
    exemption = exemption_of(year) if left else 0.0
    for (term, rate), rupees in left.items():
        free = min(exemption, rupees) if term == "long" else 0.0
        exemption -= free
        yield Gains(term, rate, gained[term, rate], rupees, rupees - free)


def _taxes(gains: Sequence[Gains], interest: float, year: int, settings: TaxSettings) -> dict[str, float]:
    """Each tax by name. The surcharge is on the tax, the cess on tax and surcharge."""
    on = {
        "stcg": sum(one.rate * one.taxed for one in gains if one.term == "short"),
        "ltcg": sum(one.rate * one.taxed for one in gains if one.term == "long"),
        "interest": settings.slab * max(interest, 0.0),
    }
    tax = sum(on.values())
    surcharge = settings.surcharge * tax
    cess = settings.cess if settings.cess is not None else cess_of(year) if tax else 0.0
    return {**on, "surcharge": surcharge, "cess": cess * (tax + surcharge)}


def _sum_of(losses: Iterable[Loss], term: Term) -> float:
    return sum(loss.rupees for loss in losses if loss.term == term)
