"""Shapley values of a game whose payoff is a row of numbers, such as daily log returns.

A coalition is a number whose bit i says whether player i is in it; a game maps every coalition that is asked for to
its row. Shapley (1953), "A Value for n-Person Games"; interactions as in Grabisch and Roubens (1999), "An Axiomatic
Approach to the Concept of Interaction among Players in Cooperative Games".
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from itertools import pairwise
from math import factorial
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Permutations = NDArray[np.intp]
Game = Mapping[int, Floats]


class Solution(NamedTuple):
    """Shares, columns x players; the standard error of each player's sum; interactions, players x players."""

    shares: Floats
    error: Floats
    interactions: Floats


def wanted(players: int, orders: Permutations | None) -> tuple[int, ...]:
    """The coalitions whose rows `solve` and `left_out` look at: all of them, or those along sampled orders."""
    whole = (1 << players) - 1
    if orders is None:
        return tuple(range(whole + 1))
    ends = (0, whole, *(whole & ~(1 << player) for player in range(players)))
    return tuple(dict.fromkeys((*ends, *_asked_for(orders))))


def solve(game: Game, players: int, orders: Permutations | None) -> Solution:
    """Exactly, or from sampled orders of joining."""
    if orders is None:
        return Solution(exact_shares(game, players), np.zeros(players), exact_interactions(game, players))
    return Solution(*sampled_shares(game, orders), sampled_interactions(game, orders))


def exact_shares(game: Game, players: int) -> Floats:
    """What each player adds on average over all orders of joining, columns x players; needs every coalition.

    The shares of a column add up to the whole coalition's less the empty one's. Whoever never changes anything gets
    exactly 0: differences are taken before they are weighed.
    """
    weights = [factorial(size) * factorial(players - size - 1) / factorial(players) for size in range(players)]
    shares = np.zeros((len(game[0]), players))
    for player in range(players):
        for coalition in _without(players, 1 << player):
            shares[:, player] += weights[coalition.bit_count()] * (game[coalition | 1 << player] - game[coalition])
    return shares


def exact_interactions(game: Game, players: int) -> Floats:
    """What each pair adds together beyond what its two add alone, players x players, summed over columns.

    Above zero they need each other, below zero one does in part what the other does; NaN with itself.
    """
    found = np.full((players, players), np.nan)
    worth = {coalition: float(row.sum()) for coalition, row in game.items()}
    for one, other in _pairs(players):
        total = 0.0
        for coalition in _without(players, one | other):
            size = coalition.bit_count()
            weight = factorial(size) * factorial(players - size - 2) / factorial(players - 1)
            total += weight * _together(worth, coalition, one, other)
        _set(found, one, other, total)
    return found


def antithetic(players: int, permutations: int, seed: int) -> Permutations:
    """Orders of joining, permutations x players, each followed by its reverse.

    Mitchell, Cooper, Frank and Holmes (2022), "Sampling Permutations for Shapley Value Estimation", section 2.
    """
    rng = np.random.default_rng(seed)
    ahead = [rng.permutation(players) for _ in range(max(permutations // 2, 2))]
    return np.array([order for one in ahead for order in (one, one[::-1])])


def _asked_for(permutations: Permutations) -> Iterator[int]:
    """Every coalition that `sampled_shares` and `sampled_interactions` look at."""
    for order in permutations.tolist():
        for before, one, other in _adjacent(order):
            yield from (before, before | one, before | other, before | one | other)


def sampled_shares(game: Game, permutations: Permutations) -> tuple[Floats, Floats]:
    """Shares from the sampled orders, columns x players, and the standard error of each player's sum.

    They add up as exact ones do, because every order does. Errors are between antithetic pairs: Castro, Gomez and
    Tejada (2009), "Polynomial Calculation of the Shapley Value Based on Sampling".
    """
    count, players = permutations.shape
    shares, sums = np.zeros((len(game[0]), players)), np.zeros((count, players))
    for place, order in enumerate(permutations.tolist()):
        before = 0
        for player in order:
            gain = game[before | 1 << player] - game[before]
            shares[:, player] += gain
            sums[place, player] = gain.sum()
            before |= 1 << player
    pairs = sums.reshape(count // 2, 2, players).mean(axis=1)
    return shares / count, pairs.std(axis=0, ddof=1) / np.sqrt(count // 2)


def sampled_interactions(game: Game, permutations: Permutations) -> Floats:
    """As `exact_interactions`, over the orders in which two join one after the other; NaN where there was none."""
    players = permutations.shape[1]
    worth = {coalition: float(row.sum()) for coalition, row in game.items()}
    gains: dict[tuple[int, int], list[float]] = {}
    for order in permutations.tolist():
        for before, one, other in _adjacent(order):
            gains.setdefault((min(one, other), max(one, other)), []).append(_together(worth, before, one, other))
    found = np.full((players, players), np.nan)
    for (one, other), all_of_them in gains.items():
        _set(found, one, other, float(np.mean(all_of_them)))
    return found


def left_out(game: Game, players: int) -> Floats:
    """What the whole coalition loses without each player, columns x players."""
    whole = (1 << players) - 1
    return np.column_stack([game[whole] - game[whole & ~(1 << player)] for player in range(players)])


def _together(worth: Mapping[int, float], coalition: int, one: int, other: int) -> float:
    both = worth[coalition | one | other] - worth[coalition | other]
    alone = worth[coalition | one] - worth[coalition]
    return both - alone


def _without(players: int, bits: int) -> Iterable[int]:
    return (coalition for coalition in range(1 << players) if not coalition & bits)


def _pairs(players: int) -> Iterator[tuple[int, int]]:
    """Every pair, as the bits of its two."""
    for one in range(players):
        for other in range(one + 1, players):
            yield 1 << one, 1 << other


def _adjacent(order: list[int]) -> Iterator[tuple[int, int, int]]:
    """Who is there before, and the bits of the next two, along an order."""
    before = 0
    for one, other in pairwise(order):
        yield before, 1 << one, 1 << other
        before |= 1 << one


def _set(table: Floats, one: int, other: int, value: float) -> None:
    row, column = one.bit_length() - 1, other.bit_length() - 1
    table[row, column] = table[column, row] = value
