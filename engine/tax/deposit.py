"""The line everybody knows: what a fixed deposit would have made of the money, after tax."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from engine.market.cash import cash_index
from engine.tax.assessment import year_tax
from engine.tax.settings import TaxSettings
from engine.tax.years import Days, financial_year_of, year_ends


def deposit(sessions: Days, settings: TaxSettings) -> NDArray[np.float64]:
    """Value of one rupee at each session's close at the policy rate, 1.0 at the first; same length as `sessions`.

    Interest is credited at sessions as that of CASH is, without its spread. The tax of the year to 31 March, on what
    was credited up to the last session on or before it, is taken at the next session, and at the last session that of
    what was credited since. Raises DataError before the first known policy rate.
    """
    grown = cash_index(sessions, spread=0.0)
    value = np.empty(len(sessions))
    start, base, earned = 0, 1.0, 0.0
    for year, last, first in year_ends(sessions):
        value[start:first] = base * (grown[start:first] / grown[start])
        due = year_tax((), earned + value[last] - base, (), year, settings).total
        earned = value[last] * (grown[first] / grown[last] - 1.0)
        start, base = first, value[last] + earned - due
    value[start:] = base * (grown[start:] / grown[start])
    year = financial_year_of(sessions[-1].astype(object))
    value[-1] -= year_tax((), earned + value[-1] - base, (), year, settings).total
    return value
