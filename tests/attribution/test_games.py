"""Shapley values of small games whose solutions are published or follow from another formula."""

from __future__ import annotations

import itertools

import numpy as np
import pytest

from engine.attribution.games import Game, antithetic, exact_interactions, exact_shares, left_out, solve, wanted


def game_of(worth: dict[int, float]) -> Game:
    return {coalition: np.array([value]) for coalition, value in worth.items()}


def members(coalition: int, players: int) -> set[int]:
    return {player for player in range(players) if coalition >> player & 1}


def dividends(game: Game, players: int) -> dict[int, float]:
    """Harsanyi (1959): what each coalition adds that no smaller one in it does."""
    found: dict[int, float] = {}
    for coalition in range(1 << players):
        inside = [other for other in found if other & coalition == other]
        found[coalition] = float(game[coalition].sum()) - sum(found[other] for other in inside)
    return found


def random_game(players: int, seed: int, columns: int = 3) -> Game:
    rng = np.random.default_rng(seed)
    return {coalition: rng.normal(size=columns) for coalition in range(1 << players)}


def test_the_glove_game() -> None:
    """One left glove, two right ones, a pair is worth 1: 2/3 and 1/6 each (Osborne and Rubinstein 1994, ch. 14)."""
    worth = {one: float(bool(one & 1) and bool(one & 6)) for one in range(8)}
    assert exact_shares(game_of(worth), 3)[0] == pytest.approx([4 / 6, 1 / 6, 1 / 6], abs=1e-15)


def test_the_airport_game() -> None:
    """Runways of 1, 2 and 4: each length is shared by those who need it (Littlechild and Owen 1973)."""
    needs = (1.0, 2.0, 4.0)
    worth = {one: max((needs[player] for player in members(one, 3)), default=0.0) for one in range(8)}
    assert exact_shares(game_of(worth), 3)[0] == pytest.approx([1 / 3, 1 / 3 + 1 / 2, 1 / 3 + 1 / 2 + 2], rel=1e-15)


@pytest.mark.parametrize("players", [1, 2, 5])
def test_shares_and_interactions_are_parts_of_the_dividends(players: int) -> None:
    """A dividend is shared equally; of a coalition of t a pair in it interacts by 1 / (t - 1)."""
    game = random_game(players, players)
    parts = dividends(game, players)
    shares, pairs = exact_shares(game, players).sum(axis=0), exact_interactions(game, players)
    for one in range(players):
        assert shares[one] == pytest.approx(
            sum(worth / coalition.bit_count() for coalition, worth in parts.items() if coalition >> one & 1)
        )
        for other in range(players):
            both = [(c, worth) for c, worth in parts.items() if c >> one & 1 and c >> other & 1]
            expected = np.nan if one == other else sum(worth / (c.bit_count() - 1) for c, worth in both)
            assert pairs[one, other] == pytest.approx(expected, nan_ok=True)


def test_every_column_is_shared_whole() -> None:
    game = random_game(6, 0)
    np.testing.assert_allclose(exact_shares(game, 6).sum(axis=1), game[63] - game[0], atol=1e-14)
    orders = antithetic(6, 10, 1)
    shares, _, _ = solve(game, 6, orders)
    np.testing.assert_allclose(shares.sum(axis=1), game[63] - game[0], atol=1e-14)


def test_who_changes_nothing_gets_exactly_nothing() -> None:
    rows = np.random.default_rng(2).normal(size=(16, 50))
    game = {coalition: rows[coalition & ~4] for coalition in range(16)}
    for orders in (None, antithetic(4, 8, 0)):
        assert wanted(4, None) == tuple(range(16))
        shares, error, pairs = solve(game, 4, orders)
        assert not shares[:, 2].any()
        assert error[2] == 0.0
        assert np.nansum(np.abs(pairs[2])) == 0.0
    assert not left_out(game, 4)[:, 2].any()


def test_leaving_one_out() -> None:
    game = game_of({0: 1.0, 1: 2.0, 2: 5.0, 3: 11.0})
    assert left_out(game, 2)[0].tolist() == [6.0, 9.0]


def test_sampled_orders_are_seeded_and_come_with_their_reverse() -> None:
    orders = antithetic(5, 8, 3)
    assert orders.shape == (8, 5)
    assert (np.sort(orders, axis=1) == np.arange(5)).all()
    assert (orders[1::2] == orders[::2, ::-1]).all()
    assert (antithetic(5, 8, 3) == orders).all()
    assert not (antithetic(5, 8, 4) == orders).all()


def test_all_orders_give_the_exact_answer() -> None:
    game = random_game(4, 5)
    orders = np.array([list(one) for one in itertools.permutations(range(4))])
    shares, _, pairs = solve(game, 4, orders)
    np.testing.assert_allclose(shares, exact_shares(game, 4), atol=1e-14)
    np.testing.assert_allclose(pairs, exact_interactions(game, 4), atol=1e-14)


def test_only_what_is_wanted_is_looked_at() -> None:
    game, orders = random_game(9, 1), antithetic(9, 6, 0)
    asked = wanted(9, orders)
    assert len(set(asked)) == len(asked) < 1 << 9
    some = {coalition: game[coalition] for coalition in asked}
    for found, expected in zip(solve(some, 9, orders), solve(game, 9, orders), strict=True):
        np.testing.assert_array_equal(found, expected)
    np.testing.assert_array_equal(left_out(some, 9), left_out(game, 9))


def test_the_standard_error_is_that_of_the_estimates() -> None:
    """Over many seeds the estimates scatter by as much as each says of itself."""
    game, exact = random_game(6, 8, 1), exact_shares(random_game(6, 8, 1), 6)[0]
    estimates, errors = [], []
    for seed in range(300):
        shares, error, _ = solve(game, 6, antithetic(6, 16, seed))
        estimates.append(shares[0])
        errors.append(error)
    scatter = np.std(estimates, axis=0, ddof=1)
    np.testing.assert_allclose(np.sqrt(np.mean(np.square(errors), axis=0)), scatter, rtol=0.15)
    assert (np.abs(np.mean(estimates, axis=0) - exact) < 4 * scatter / np.sqrt(300)).all()
