"""The plug-in shapes a strategy is built from, and their registries.

A block is one frozen model with typed, documented fields and one method; its fields are its YAML. Blocks live in
`strategies/`, one per file, and are found by `load()`.
"""

from engine.blocks.allocators import Allocation, Allocator, Moment, Past, Weighing, unlisted
from engine.blocks.fields import (
    MOST,
    Block,
    Count,
    CountOrZero,
    Fraction,
    Names,
    Number,
    SeriesName,
    Text,
    Weight,
    as_fraction,
    in_words,
)
from engine.blocks.overlays import Overlay, Paper
from engine.blocks.plugins import load_plugin
from engine.blocks.registry import ALLOCATORS, OVERLAYS, SIGNALS, as_weighing, load, register, registry_of
from engine.blocks.signals import (
    CalendarSignal,
    Mistake,
    OfSignal,
    PairSignal,
    PriceSignal,
    Scope,
    SeriesSignal,
    Signal,
)

__all__ = [
    "ALLOCATORS", "MOST", "OVERLAYS", "SIGNALS", "Allocation", "Allocator", "Block", "CalendarSignal", "Count",
    "CountOrZero", "Fraction", "Mistake", "Moment", "Names", "Number", "OfSignal", "Overlay", "PairSignal", "Paper",
    "Past", "PriceSignal", "Scope", "SeriesName", "SeriesSignal", "Signal", "Text", "Weighing", "Weight", "as_fraction",
    "as_weighing", "in_words", "load", "load_plugin", "register", "registry_of", "unlisted",
]  # fmt: skip
