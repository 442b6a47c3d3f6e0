"""The fixed deposit: by hand over one 31 March, and against a plain loop over twenty years."""

from __future__ import annotations

from datetime import date, timedelta
from itertools import pairwise

import numpy as np
import pytest

from engine.errors import DataError
from engine.market.cash import policy_rate
from engine.tax import TaxSettings, deposit
from tests.markets import weekdays


def days(*texts: str) -> np.ndarray:
    return np.array(texts, dtype="datetime64[D]")


def test_by_hand_over_one_31_march() -> None:
    """At 4.40%, a day is worth g = 0.044 / 365; tax of interest is 30% x 1.04 = 31.2%.

    30 March  1
    31 March  1 + g, of which g is the interest of 2019-20
    1 April   (1 + g)(1 + g) - 0.312 g, of which g (1 + g) is interest of 2020-21
    3 April   that times (1 + g)^2, less 31.2% of the interest of 2020-21
    """
    value = deposit(days("2020-03-30", "2020-03-31", "2020-04-01", "2020-04-03"), TaxSettings())
    g = 0.044 / 365
    april = (1 + g) * (1 + g) - 0.312 * g
    last = april * (1 + g) ** 2
    due = 0.312 * (g * (1 + g) + last - april)
    np.testing.assert_allclose(value, [1.0, 1 + g, april, last - due], rtol=1e-15)


def test_the_session_that_pays_may_be_the_last() -> None:
    """31 March and 1 April alone: no interest in 2019-20, a day of it in 2020-21."""
    value = deposit(days("2020-03-31", "2020-04-01"), TaxSettings())
    np.testing.assert_allclose(value, [1.0, 1 + 0.044 / 365 * (1 - 0.312)], rtol=1e-15)
    np.testing.assert_array_equal(deposit(days("2020-03-31"), TaxSettings()), [1.0])


@pytest.mark.parametrize("settings", [TaxSettings(), TaxSettings(cess=0.04, surcharge=0.15, slab=0.4)])
def test_a_plain_loop_over_twenty_years(settings: TaxSettings) -> None:
    sessions = [one for place, one in enumerate(weekdays(date(2004, 4, 1), 5400)) if place % 7]
    effective, rates = policy_rate()
    dated = [(one.astype(object), float(rate)) for one, rate in zip(effective, rates, strict=True)]
    cess = {year: 0.02 if year < 2008 else 0.03 if year < 2019 else 0.04 for year in range(2004, 2030)}

    def due(year: int, interest: float) -> float:
        tax = settings.slab * interest * (1 + settings.surcharge)
        return tax * (1 + (cess[year] if settings.cess is None else settings.cess))

    value, expected, earned = 1.0, [1.0], 0.0
    for before, today in pairwise(sessions):
        year, last_year = (one.year + (one >= date(one.year, 4, 1)) for one in (today, before))
        tax = due(last_year, earned) if year > last_year else 0.0
        earned = 0.0 if year > last_year else earned
        grown = value
        for ahead in range(1, (today - before).days + 1):
            grown *= 1 + max(row for row in dated if row[0] <= before + timedelta(ahead))[1] / 365
        earned += grown - value
        value = grown - tax
        expected.append(value)
    expected[-1] -= due(sessions[-1].year + (sessions[-1].month >= 4), earned)
    np.testing.assert_allclose(deposit(np.array(sessions, "datetime64[D]"), settings), expected, rtol=1e-12)
    assert expected[-1] < float(np.prod([1.07] * 21))


def test_without_tax_it_is_the_policy_rate_and_before_that_an_error() -> None:
    free = TaxSettings(slab=0.0)
    np.testing.assert_allclose(
        deposit(days("2020-03-30", "2020-04-09"), free), [1.0, (1 + 0.044 / 365) ** 10], rtol=1e-15
    )
    with pytest.raises(DataError, match="no policy rate is known on 2004-03-01"):
        deposit(days("2004-03-01", "2004-05-03"), free)
