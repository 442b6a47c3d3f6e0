"""Every shape, and which one a table is."""

from __future__ import annotations

from engine.market.files.bars import Bars, Bse
from engine.market.files.constituents import Constituents
from engine.market.files.daily import DailyIndices
from engine.market.files.flows import Flows, FpiMonthly
from engine.market.files.niftyindices import NiftyPrice, NiftyTotal, NiftyValuation
from engine.market.files.nse import NseEquity, NseIndex
from engine.market.files.shape import Asked, Shape
from engine.market.files.table import Grid, bare
from engine.market.files.tidy import Tidy
from engine.market.files.wide import Wide
from engine.market.files.yahoo import Yahoo

# The first that fits is taken: BSE's columns are those of any bars, and a wide table is what nothing else is.
SHAPES: dict[str, Shape] = {
    shape.name: shape
    for shape in (
        Tidy(), DailyIndices(), NiftyPrice(), NiftyTotal(), NiftyValuation(), NseIndex(), NseEquity(), Yahoo(), Bse(),
        Bars(), Flows(), FpiMonthly(), Constituents(), Wide(),
    )
}  # fmt: skip


def shape_of(table: Grid, asked: Asked) -> Shape | None:
    """The shape the user says, else the one that the columns are of, if there is one."""
    if asked.shape is not None:
        return SHAPES[asked.shape]
    return next((shape for shape in SHAPES.values() if shape.fits(table, asked)), None)


def listed() -> str:
    """Every shape with its columns."""
    return "; ".join(f"{shape.name}: {', '.join(shape.headers)}" for shape in SHAPES.values())


def nearest_shape(table: Grid) -> str:
    """The shape whose columns are most like a table's, and what differs; `` where none has half of its own there."""

    def shared(shape: Shape) -> float:
        return len(set(shape.spelled(table).keys) & shape.required()) / len(shape.required())

    def likeness(shape: Shape) -> float:
        keys = set(shape.spelled(table).keys)
        return len(keys & shape.required()) / len(keys | shape.required())

    best = max((shape for shape in SHAPES.values() if shared(shape) >= 0.5), key=likeness, default=None)
    if best is None:
        return ""
    keys = best.spelled(table).keys
    known = best.required() | {bare(name) for name in best.optional}
    lacking = [name for name in best.headers if bare(name) not in keys]
    strange = [name for name, key in zip(table.header, keys, strict=True) if key not in known]
    told = [f" {word} {', '.join(names)}" for word, names in (("without", lacking), ("with", strange)) if names]
    return f"; the nearest shape is {best.name},{' and'.join(told)}"
