"""What a strategy file says about tax."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

from engine.blocks.fields import Weight


class TaxSettings(BaseModel):
    """Whose tax it is, and the rates that depend on the taxpayer; fractions. Frozen, an unknown key is an error.

    A stated `cess` holds for every year; without one each year has its own (2%, 3%, 4% from 2018-19).
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    regime: Annotated[
        Literal["resident_equity"],
        Field(description="a resident's listed shares and equity funds, with securities transaction tax paid"),
    ] = "resident_equity"
    cess: Annotated[
        Weight | None, Field(le=1, description="on tax and surcharge, every year; each year's own if absent")
    ] = None
    surcharge: Annotated[Weight, Field(le=1, description="on the tax")] = 0.0
    slab: Annotated[Weight, Field(le=1, description="the rate at which interest is taxed")] = 0.30
