"""Linking a second time, from the papers, in exact fractions and plain loops; shares no code with the engine.

Logarithms and roots have no fractions: they are taken in 60 decimal digits.
"""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal, localcontext
from fractions import Fraction
from math import prod

Row = Sequence[Fraction]
DIGITS = 60


def compounded(returns: Sequence[Fraction]) -> Fraction:
    return prod((1 + one for one in returns), start=Fraction(1)) - 1


def grap(effects: Sequence[Row], own: Sequence[Fraction], theirs: Sequence[Fraction]) -> list[Fraction]:
    """An effect is the difference two portfolios end with: both hold the strategy before, both the benchmark after."""
    linked = [Fraction(0)] * len(effects[0])
    for period, row in enumerate(effects):
        start, later = 1 + compounded(own[:period]), theirs[period + 1 :]
        for place, effect in enumerate(row):
            with_it, without = start * (1 + effect), start
            for one in later:
                with_it, without = with_it * (1 + one), without * (1 + one)
            linked[place] += with_it - without
    return linked


def frongello(effects: Sequence[Row], own: Sequence[Fraction], theirs: Sequence[Fraction]) -> list[list[Fraction]]:
    """Period by period: the effect on the portfolio's value so far, and the benchmark's return on earlier effects."""
    rows: list[list[Fraction]] = []
    for period, row in enumerate(effects):
        value = 1 + compounded(own[:period])
        earlier = [sum((past[place] for past in rows), Fraction(0)) for place in range(len(row))]
        rows.append([value * effect + theirs[period] * carried for effect, carried in zip(row, earlier, strict=True)])
    return rows


def menchero(effects: Sequence[Row], own: Sequence[Fraction], theirs: Sequence[Fraction]) -> list[Fraction]:
    """The coefficients that solve Menchero's problem by Lagrange: least squares around M, subject to closing.

    minimise sum a_t^2 with sum (M + a_t) (r_t - b_t) = R - B, which is a_t = C (r_t - b_t) with
    C = (R - B - M sum (r - b)) / sum (r - b)^2; M compares the total with the average of what each period makes.
    """
    count, active = len(own), compounded(own) - compounded(theirs)
    gaps = [one - other for one, other in zip(own, theirs, strict=True)]
    roots = [_root(1 + compounded(returns), count) for returns in (own, theirs)]
    limit = (1 + compounded(theirs)) / roots[1]  # the derivative of the root, upside down
    scale = active / count / (roots[0] - roots[1]) if active else limit
    squares = sum(gap * gap for gap in gaps)
    left = active - scale * sum(gaps)
    weights = [scale + (left / squares * gap if squares else 0) for gap in gaps]
    return [sum((w * row[place] for w, row in zip(weights, effects, strict=True)), Fraction(0))
            for place in range(len(effects[0]))]  # fmt: skip


def carino(effects: Sequence[Row], own: Sequence[Fraction], theirs: Sequence[Fraction]) -> list[Fraction]:
    """Logarithms of the periods over the logarithm of the whole."""
    whole = _factor(compounded(own), compounded(theirs))
    weights = [_factor(one, other) / whole for one, other in zip(own, theirs, strict=True)]
    return [sum((w * row[place] for w, row in zip(weights, effects, strict=True)), Fraction(0))
            for place in range(len(effects[0]))]  # fmt: skip


def geometric(groups: Sequence[Sequence[Row]], theirs: Sequence[Fraction]) -> list[Fraction]:
    """What each group multiplies the benchmark by over all periods; `groups` is periods x groups x segments."""
    factors = [Fraction(1)] * len(groups[0])
    for period, rows in enumerate(groups):
        fund = 1 + theirs[period]
        for place, row in enumerate(rows):
            factors[place] *= (fund + sum(row)) / fund
            fund += sum(row)
    return [factor - 1 for factor in factors]


def _factor(own: Fraction, theirs: Fraction) -> Fraction:
    if own == theirs:
        return 1 / (1 + own)
    with localcontext() as context:
        context.prec = DIGITS
        logs = [(Decimal(one.numerator) / Decimal(one.denominator)).ln() for one in (1 + own, 1 + theirs)]
        return Fraction(logs[0] - logs[1]) / (own - theirs)


def _root(value: Fraction, count: int) -> Fraction:
    with localcontext() as context:
        context.prec = DIGITS
        return Fraction((Decimal(value.numerator) / Decimal(value.denominator)) ** (Decimal(1) / Decimal(count)))
