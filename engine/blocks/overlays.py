"""The shape of an overlay: what is done to target weights after the rules have decided."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import TYPE_CHECKING, NamedTuple

from engine.blocks.fields import Block

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray


class Paper(NamedTuple):
    """What an overlay sees: the targets of every decision and what they would have been worth on paper.

    `weights` is decisions x `assets` (what is missing to 1 is CASH) as the overlay before left them, `decisions`
    the positions of the decision sessions. `nav` has one value a session: the un-overlaid targets, bought at each
    decision close without cost and drifting at closes, 1 at the first decision and NaN before. `returns` are its
    daily returns; before the first decision those of the first targets held at constant weights.
    """

    assets: tuple[str, ...]
    decisions: NDArray[np.intp]
    weights: NDArray[np.float64]
    nav: NDArray[np.float64]
    returns: NDArray[np.float64]


class Overlay(Block, ABC):
    """Changes target weights after the rules have decided; weights never rise above 100% in all."""

    @property
    def history(self) -> int:
        """Sessions of returns that every held name needs before the first decision."""
        return 0

    @property
    def gradual(self) -> bool:
        """Whether it moves over several decisions, and so needs each of them to place orders."""
        return False

    @abstractmethod
    def adjust(self, paper: Paper) -> NDArray[np.float64]:
        """New weights, decisions x assets; those of a decision depend on nothing after its close."""
