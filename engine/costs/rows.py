"""What a strategy file may say of costs: rows of the table of charges, and a brokerage."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import date
from itertools import combinations
from typing import Annotated, Any, Literal, get_args

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, model_validator

from engine.blocks import Fraction, Number, Text

Charge = Literal["stt", "stamp", "exchange", "sebi", "gst", "dp"]
Vehicle = Literal["share", "etf", "future"]
Unit = Literal["fraction", "of_fees", "rupees_per_scrip_per_day"]

CHARGES: tuple[str, ...] = get_args(Charge)
NAMES = (*CHARGES, "brokerage")  # every cost of an order but slippage, in the order they are listed
VEHICLES: tuple[str, ...] = get_args(Vehicle)
SIDES = ("buy", "sell")  # places 0 and 1 of every array by side

UNITS = dict.fromkeys(CHARGES, "fraction") | {"gst": "of_fees", "dp": "rupees_per_scrip_per_day"}
MOST = {"fraction": 0.05, "of_fees": 0.5, "rupees_per_scrip_per_day": 1_000.0}  # what is more is a slip of the pen


def _as_day(value: Any) -> Any:
    """A day, or its text; pydantic alone would read the number 20241001 as seconds since 1970."""
    if isinstance(value, date):
        return value
    try:
        if not re.fullmatch(r"\d{4}-\d{2}-\d{2}", value):
            raise ValueError
        return date.fromisoformat(value)
    except (TypeError, ValueError) as error:
        raise ValueError(f"a day is written YYYY-MM-DD, such as 2024-10-01, not {value!r}") from error


class ChargeRow(BaseModel):
    """One charge of one vehicle from a day on.

    A row supersedes every earlier row of the same charge and vehicle, whatever its side: after a row for purchases
    alone, sales pay nothing. Rows of the same day for different sides stand beside each other.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    charge: Annotated[Charge, Field(description="gst is the service tax before July 2017")]
    vehicle: Annotated[Vehicle, Field(description="etf takes the rows of share where it has none of its own")]
    side: Annotated[Literal["buy", "sell", "both"], Field(description="the orders that pay it")]
    effective: Annotated[date, BeforeValidator(_as_day), Field(description="the first day it is charged")]
    rate: Annotated[Fraction, Field(ge=0, description="a fraction of value or of fees, or rupees, as `unit` says")]
    unit: Annotated[Unit, Field(description="of_fees: of brokerage, exchange and SEBI charges together")]
    source: Annotated[Text, Field(description="where the figure was read")] = "the strategy file"
    verified: Annotated[bool, Field(strict=True, description="whether it was read in that source")] = False

    @model_validator(mode="before")
    @classmethod
    def _rupees_are_no_per_cents(cls, given: Any) -> Any:
        if isinstance(given, dict) and isinstance(given.get("rate"), str) and given.get("charge") == "dp":
            raise ValueError(f"dp is rupees, such as 15.34, not {given['rate']!r}")
        return given

    @model_validator(mode="after")
    def _can_be_meant(self) -> ChargeRow:
        if self.unit != UNITS[self.charge]:
            raise ValueError(f"{self.charge} is charged as {UNITS[self.charge]}, not {self.unit}")
        if self.rate > MOST[self.unit]:
            raise ValueError(
                f"{self.charge} of {self.rate:g} cannot be meant: {self.unit} is at most {MOST[self.unit]:g}"
                + ("; a tenth of a per cent is 0.001 or 0.1%" if self.unit == "fraction" else "")
            )
        if self.charge == "dp" and (self.side != "sell" or self.vehicle == "future"):
            raise ValueError(
                "dp is charged when a scrip leaves the demat account: side sell, and never for a future, "
                f"not side {self.side} of {self.vehicle}"
            )
        return self

    @property
    def sides(self) -> tuple[int, ...]:
        """The places of the sides that pay it: 0 is a purchase, 1 a sale."""
        return (0, 1) if self.side == "both" else (SIDES.index(self.side),)


def clash(rows: Sequence[ChargeRow]) -> str:
    """What is wrong with rows that speak twice of one charge, vehicle, day and side; empty if nothing is."""
    for one, other in combinations(rows, 2):
        same = (one.charge, one.vehicle, one.effective) == (other.charge, other.vehicle, other.effective)
        if same and set(one.sides) & set(other.sides):
            what = f"{one.charge} of {one.vehicle} from {one.effective}"
            return f"two rows of {what}, sides {one.side} and {other.side}: which of them is charged?"
    return ""


class Brokerage(BaseModel):
    """What the broker takes of an order; with both, the lower: Rs 20 or 0.03% is `{bps: 3, flat: 20}`."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    bps: Annotated[Number | None, Field(ge=0, le=500, description="basis points of an order's value")] = None
    flat: Annotated[Number | None, Field(ge=0, le=10_000, description="rupees an order")] = None

    @model_validator(mode="after")
    def _says_something(self) -> Brokerage:
        if self.bps is None and self.flat is None:
            raise ValueError("a brokerage has `bps`, `flat`, or both: then the lower is charged")
        if self.bps is not None and self.flat is not None and 0.0 in {self.bps, self.flat}:
            raise ValueError("of `bps` and `flat` the lower is charged, and 0 is never the higher: leave it out")
        return self

    def in_words(self) -> str:
        """Such as `the lower of ₹20 and 3 basis points`."""
        parts = [f"₹{self.flat:g}" if self.flat is not None else "", f"{self.bps:g} basis points" if self.bps else ""]
        said = " and ".join(part for part in parts if part)
        return f"the lower of {said}" if all(parts) else said or "nothing"
