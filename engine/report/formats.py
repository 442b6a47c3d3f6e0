"""Numbers and dates as people read them, the same on the page and in the terminal.

A value that is missing (`None`), not a number or infinite is shown as a dash, and one that rounds to zero as zero
without a sign. Per cents and points take fractions, rupees take rupees. Nothing here asks the locale.
"""

from __future__ import annotations

import math
from datetime import date

DASH = "–"
MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
COSTS = {
    "charges": "Charges",
    "stt": "Securities transaction tax",
    "stamp": "Stamp duty",
    "exchange": "Exchange",
    "sebi": "SEBI",
    "gst": "GST or service tax",
    "dp": "Depository",
    "brokerage": "Brokerage",
    "slippage": "Slippage",
    "impact": "Impact",
}


def cost_label(name: str) -> str:
    """A cost as people call it.

    >>> cost_label("stt"), cost_label("anything")
    ('Securities transaction tax', 'Anything')
    """
    return COSTS.get(name, name.capitalize())


def percent(value: float | None, places: int = 1, *, signed: bool = False) -> str:
    """
    >>> percent(0.1415012), percent(-0.0004), percent(0.0236, signed=True), percent(None)
    ('14.2%', '0.0%', '+2.4%', '–')
    """
    return _decimal(value, 100.0, places, signed, "%")


def points(value: float | None, places: int = 1) -> str:
    """A difference of two per cents, always with its sign: what 0.245 adds is +24.5 points.

    >>> points(0.2447587), points(-0.228174), points(1e-17)
    ('+24.5', '-22.8', '0.0')
    """
    return _decimal(value, 100.0, places, True, "")


def ratio(value: float | None, places: int = 2) -> str:
    """
    >>> ratio(0.5284113), ratio(-1.005, 1), ratio(float("nan"))
    ('0.53', '-1.0', '–')
    """
    return _decimal(value, 1.0, places, False, "")


def rupees(value: float | None) -> str:
    """Whole rupees in lakhs and crores: the last three digits, then pairs.

    >>> rupees(3349542.79), rupees(-100000), rupees(999.4), rupees(123456789)
    ('₹33,49,543', '-₹1,00,000', '₹999', '₹12,34,56,789')
    """
    if value is None or not math.isfinite(value):
        return DASH
    whole = round(value)
    return ("-" if whole < 0 else "") + "₹" + grouped(abs(whole))


def grouped(whole: int) -> str:
    """A whole number of zero or more in Indian grouping.

    >>> grouped(0), grouped(2279), grouped(100000), grouped(10000000)
    ('0', '2,279', '1,00,000', '1,00,00,000')
    """
    digits = str(whole)
    head, tail = digits[:-3], digits[-3:]
    pairs = [head[max(end - 2, 0) : end] for end in range(len(head), 0, -2)]
    return ",".join([*reversed(pairs), tail])


def shown(value: float | None, kind: str, *, signed: bool = False) -> str:
    """A measure by its kind in `metrics.MEASURES`: percent, ratio or rupees.

    >>> shown(0.0723, "percent"), shown(0.0723, "ratio"), shown(723, "rupees")
    ('7.2%', '0.07', '₹723')
    """
    if kind == "percent":
        return percent(value, signed=signed)
    return {"ratio": ratio, "rupees": rupees}[kind](value)


def day(value: date) -> str:
    """
    >>> day(date(2016, 7, 8))
    '8 Jul 2016'
    """
    return f"{value.day} {MONTHS[value.month - 1]} {value.year}"


def counted(number: int, thing: str) -> str:
    """
    >>> counted(1, "order"), counted(0, "order"), counted(1218, "session")
    ('1 order', '0 orders', '1,218 sessions')
    """
    return f"{grouped(number)} {thing}{'' if number == 1 else 's'}"


def _decimal(value: float | None, times: float, places: int, signed: bool, unit: str) -> str:
    if value is None or not math.isfinite(value):
        return DASH
    text = f"{value * times:.{places}f}"
    if float(text) == 0.0:
        return text.removeprefix("-") + unit
    return ("+" if signed and value > 0 else "") + text + unit
