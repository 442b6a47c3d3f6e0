"""What followed a condition, on markets small enough to count by hand."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from typing import Any

import numpy as np
import pytest

from engine.config.models import Config
from engine.errors import ConfigError, StrategyError
from engine.market.keys import SeriesKey
from engine.market.market import Market
from engine.research.events import Study, Summary, asking, condition_of, events
from tests.markets import config_of, engine_market, history, strategy, weekdays

DAYS = weekdays(date(2024, 1, 1), 16)
A = [100.0 + place for place in range(16)]
B = [200.0 + 3 * place for place in range(16)]
TRUE = (2, 3, 6, 8, 13, 14)  # sessions


def flags(true: tuple[int, ...], sessions: int = 16) -> list[float]:
    """A series that rises on the given sessions and falls on the others."""
    level, levels = 100.0, []
    for place in range(sessions):
        level *= 1.01 if place in true else 0.99
        levels.append(level)
    return levels


def market(a: list[float], b: list[float], x: list[float]) -> Market:
    days = weekdays(date(2024, 1, 1), len(a))
    return engine_market("A", {"A": history(days, a), "B": history(days, b, gain=2.0), "X": history(days, x)})


def config(**changes: Any) -> Config:
    parts: dict[str, Any] = {"market": {"benchmark": "A", "universe": ["B", "A"]}}
    parts["signals"] = {"x": {"use": "momentum", "of": "X", "lookback": 1}}
    return config_of(strategy(**(parts | changes)))


def studied(gap: int = 5, horizons: tuple[int, ...] = (3,), when: str = "x > 0", **changes: Any) -> Study:
    return events(asking(config(**changes), when), market(A, B, flags(TRUE)), horizons, gap)


def onsets(study: Study) -> list[int]:
    return [DAYS.index(episode.day) for episode in study.episodes]


def summary(study: Study, asset: str, horizon: int) -> Summary:
    (found,) = [one for one in study.summaries if (one.asset, one.horizon) == (asset, horizon)]
    return found


@pytest.mark.parametrize(
    ("gap", "expected"),
    [(0, [2, 6, 8, 13]), (3, [2, 6, 13]), (4, [2, 8, 13]), (5, [2, 8]), (6, [2, 13]), (11, [2]), (20, [2])],
)
def test_an_onset_soon_after_the_last_counted_one_is_its_episode(gap: int, expected: list[int]) -> None:
    """8 is two sessions after 6, which at a gap of 4 was not counted itself, and six after 2."""
    assert onsets(studied(gap)) == expected


def test_gains_run_from_the_next_close_over_so_many_sessions() -> None:
    first, second = studied(horizons=(3, 6)).episodes
    assert (first.day, first.entered) == (DAYS[2], DAYS[3])
    assert first.gains["A"] == pytest.approx((3 / 103, 6 / 103))
    assert first.gains["B"] == pytest.approx((9 / 209, 18 / 209))
    assert first.relative == {"B": pytest.approx((9 / 209 - 3 / 103, 18 / 209 - 6 / 103))}
    assert second.gains["A"] == pytest.approx((3 / 109, 6 / 109))  # 9 + 6 is the last session


def test_beyond_the_data_there_is_nothing_and_it_is_not_counted() -> None:
    study = studied(gap=0, horizons=(6, 7))
    last = study.episodes[-1]
    assert (last.day, last.entered) == (DAYS[13], DAYS[14])
    assert (last.gains["A"], last.relative["B"]) == ((None, None), (None, None))
    before, after = study.episodes[2].gains["A"]
    assert before == pytest.approx(6 / 109)
    assert after is None
    assert [summary(study, "A", horizon).episodes for horizon in (6, 7)] == [3, 2]
    at_the_end = events(asking(config(), "x > 0"), market(A, B, flags((2, 15))), (3,), 0)
    assert at_the_end.episodes[-1].entered is None


def test_a_summary_counts_averages_and_compares_with_every_session() -> None:
    study = studied(gap=0)
    own, theirs = summary(study, "B", 3), summary(study, "A", 3)
    places = (2, 6, 8)  # 13 is not complete
    gains = [9 / (200 + 3 * (place + 1)) for place in places]
    apart = [gain - 3 / (100 + place + 1) for gain, place in zip(gains, places, strict=True)]
    assert (own.episodes, theirs.episodes) == (3, 3)
    assert own.gain.mean == pytest.approx(sum(gains) / 3)
    assert own.gain.median == pytest.approx(gains[1])
    assert own.relative is not None
    assert own.relative.mean == pytest.approx(sum(apart) / 3)
    assert own.relative.median == pytest.approx(apart[1])
    assert (own.hit_rate, theirs.hit_rate) == (1.0, 1.0)
    assert theirs.relative is None
    usual = [3 / (100 + place + 1) for place in range(1, 12)]  # the condition is known from session 1 on
    assert theirs.gain.usual == pytest.approx(sum(usual) / 11)
    assert own.relative.usual == pytest.approx(
        sum(9 / (200 + 3 * (place + 1)) - 3 / (100 + place + 1) for place in range(1, 12)) / 11
    )
    assert (study.start, study.end, study.sessions, study.true) == (DAYS[1], DAYS[15], 15, 6)


def test_hits_are_gains_over_the_benchmark_and_the_benchmarks_own_above_zero() -> None:
    falling = [300.0 - place for place in range(16)]
    slower = [300.0 - place / 2 for place in range(16)]
    study = events(asking(config(), "x > 0"), market(falling, slower, flags(TRUE)), (3,), 0)
    assert (summary(study, "B", 3).hit_rate, summary(study, "A", 3).hit_rate) == (1.0, 0.0)
    study = events(asking(config(), "x > 0"), market(slower, falling, flags(TRUE)), (3,), 0)
    assert summary(study, "B", 3).hit_rate == 0.0


def coin(heads: int, of: int) -> Study:
    """Every second session an episode; B gains 10% over the session after the entry in the first `heads` of them."""
    sessions = 2 * of + 3
    true = tuple(range(2, 2 + 2 * of, 2))
    levels = [100.0, 100.0, 100.0, 100.0]
    for place in range(4, sessions):
        rises = place % 2 == 0 and (place - 4) // 2 < heads
        levels.append(levels[-1] * (1.1 if rises else 1.0))
    return events(asking(config(), "x > 0"), market([100.0] * sessions, levels, flags(true, sessions)), (1,), 0)


@pytest.mark.parametrize(
    ("heads", "of", "low", "high"),
    [(5, 10, 0.02, 0.08), (8, 10, 0.05, 0.1), (3, 5, 0.02, 0.1), (0, 10, 0.0, 0.0), (10, 10, 0.1, 0.1)],
)
def test_the_interval_is_that_of_drawing_episodes_again(heads: int, of: int, low: float, high: float) -> None:
    """Heads drawn are binomial. Its tables have the 2.5% and 97.5% points of Bin(10, 1/2) at 2 and 8, of Bin(10, 4/5)
    at 5 and 10, and of Bin(5, 3/5) at 1 and 5.
    """
    found = summary(coin(heads, of), "B", 1)
    assert found.episodes == of
    assert found.relative is not None
    assert found.relative.mean == pytest.approx(0.1 * heads / of)
    assert [found.relative.low, found.relative.high] == pytest.approx([low, high])
    assert found.hit_rate == pytest.approx(heads / of)


def test_the_interval_is_the_same_every_time_and_says_what_is_unusual() -> None:
    levels = (100 * np.exp(np.cumsum(np.random.default_rng(3).normal(0, 0.01, 40)))).tolist()
    noisy = market([100.0] * 40, levels, flags(tuple(range(2, 30, 2)), 40))
    first, second = (events(asking(config(), "x > 0"), noisy, (3,), 0) for _ in range(2))
    assert first == second
    assert summary(first, "B", 3).episodes == 14
    found = summary(coin(10, 10), "B", 1).relative
    assert found is not None
    assert found.usual is not None
    assert found.usual < 0.06  # the sessions between gain nothing
    assert found.unusual
    assert not replace(found, usual=found.low).unusual
    assert not replace(found, low=None).unusual


def test_fewer_than_five_episodes_are_no_sample() -> None:
    study = coin(2, 4)
    found = summary(study, "B", 1)
    assert found.relative is not None
    assert (found.episodes, found.relative.low, found.relative.high) == (4, None, None)
    assert "over 1 sessions: 4 episodes are no sample" in study.notes
    assert not any("no sample" in note for note in coin(2, 5).notes)
    notes = studied(gap=0, horizons=(3, 7, 12, 13)).notes
    assert [note for note in notes if "begin" not in note] == [
        "over 3 sessions: 3 episodes are no sample",
        "over 7 sessions: 2 episodes are no sample",
        "over 12 sessions: 1 episode is no sample",
        "over 13 sessions: no episode is complete",
    ]


def test_episodes_that_share_days_are_said() -> None:
    """Onsets 2, 6, 8, 13: 6 and 8 share a day from a horizon of 3 on, 2 and 6 from 5 on."""
    for horizon, told in ((2, None), (3, "1 of 3"), (4, "1 of 3"), (5, "2 of 3")):
        notes = [note for note in studied(gap=0, horizons=(horizon,)).notes if "begin" in note]
        assert len(notes) == (told is not None)
        assert told is None or notes[0] == (
            f"over {horizon} sessions: {told} episodes begin before the one before them has run out; "
            "they share days, so the interval is too narrow"
        )


def test_a_missing_price_is_a_blank_for_that_asset_alone() -> None:
    holed = market(A, B, flags(TRUE))
    bars = dict(holed.bars)
    bars[SeriesKey("B", "total")] = bars[SeriesKey("B", "total")].drop(holed.sessions[3])
    study = events(asking(config(), "x > 0"), Market.of("A", bars), (3,), 5)
    assert study.episodes[0].gains == {"B": (None,), "A": (pytest.approx(3 / 103),)}
    assert study.episodes[0].relative == {"B": (None,)}
    assert (summary(study, "B", 3).episodes, summary(study, "A", 3).episodes) == (1, 2)
    assert "over 3 sessions, B: 1 episode is no sample" in study.notes


def test_unknown_is_not_true() -> None:
    """X has no observation on session 7: true on 6, unknown on 7 and true again on 8."""
    holed = market(A, B, flags((6, 8)))
    bars = dict(holed.bars)
    bars[SeriesKey("X", "price")] = bars[SeriesKey("X", "price")].drop(holed.sessions[7])
    bars[SeriesKey("X", "price")].loc[holed.sessions[8], "close"] = 999.0
    study = events(asking(config(), "x > 0"), Market.of("A", bars), (1,), 0)
    assert onsets(study) == [6, 8]


def test_the_window_is_the_strategys() -> None:
    window = {"benchmark": "A", "universe": ["B", "A"], "start": str(DAYS[3]), "end": str(DAYS[11])}
    study = studied(gap=0, market=window, horizons=(3,))
    assert onsets(study) == [6, 8]  # true on 3 as on 2: it came true before the window
    assert study.episodes[1].gains["A"] == (None,)  # 12 is after the end
    assert (study.start, study.end) == (DAYS[3], DAYS[11])
    usual = [3 / (100 + place + 1) for place in range(3, 8)]
    assert summary(study, "A", 3).gain.usual == pytest.approx(sum(usual) / 5)


def test_gains_are_in_the_variant_that_is_earned_and_the_benchmark_is_there() -> None:
    parts = {"benchmark": "A", "universe": ["B"], "returns": "price"}
    study = studied(market=parts)
    assert list(study.episodes[0].gains) == ["B", "A"]
    assert study.returns == "price"
    uneven = market(A, B, flags(TRUE))
    bars = dict(uneven.bars)
    bars[SeriesKey("B", "total")] = bars[SeriesKey("B", "total")] * np.arange(1.0, 17.0)[:, None]
    both = [
        events(asking(config(market=parts | {"returns": kind}), "x > 0"), Market.of("A", bars), (3,), 5)
        for kind in ("price", "total")
    ]
    assert [one.episodes[0].gains["B"][0] for one in both] == pytest.approx([9 / 209, 218 * 7 / (209 * 4) - 1])


def test_named_conditions_and_signals_that_no_rule_reaches_can_be_asked() -> None:
    plain = config(conditions={"lately_up": {"when": "x > 0", "within": 2}})
    assert SeriesKey("X", "price") not in plain.reads()
    asked = asking(plain, "lately_up")
    assert SeriesKey("X", "price") in asked.reads()
    study = events(asked, market(A, B, flags(TRUE)), (1,), 0)
    assert onsets(study) == [2, 6, 13]  # true on 2 to 4, 6 to 9 and 13 to 15
    assert study.when == "lately_up"
    assert onsets(studied(gap=0, when="not x > 0")) == [1, 4, 7, 9, 15]


def test_only_what_is_asked_is_loaded() -> None:
    claimed = {"says": "x", "from": "2024-01-01", "to": "2024-01-09", "gains": {"Z": 0.1}}
    rules = [{"name": "r", "when": "y > 0", "hold": {"B": 1.0}}]
    signals = {name: {"use": "momentum", "of": name.upper(), "lookback": 1} for name in "xy"}
    asked = asking(config(claims=[claimed], rules=rules, signals=signals), "x > 0")
    assert {key.name for key in asked.reads()} == {"A", "B", "X"}


@pytest.mark.parametrize(
    ("when", "said"),
    [
        ("y > 0", r"--when: unknown signal 'y'.* Known: x \(at character 1 of 'y > 0'\)"),
        ("x", r"--when: 'x' is a number: compare it with one, such as x > 0 \(at character 1 of 'x'\)"),
        ("x > 0 and (", "--when: this is not a condition"),
        ("", "--when: this is not a condition"),
    ],
)
def test_a_condition_that_cannot_be_meant_is_refused(when: str, said: str) -> None:
    with pytest.raises(ConfigError, match=said):
        asking(config(), when)


def test_the_condition_is_the_first_rules_unless_another_is_named() -> None:
    rules = [
        {"name": "one", "when": "x > 0", "hold": {"A": 1.0}},
        {"name": "two", "when": "x < 0", "hold": {"A": 1.0}},
        {"name": "rest", "hold": {"A": 1.0}},
    ]
    strategy = config(rules=rules)
    assert (condition_of(strategy), condition_of(strategy, "two")) == ("x > 0", "x < 0")
    with pytest.raises(ConfigError, match="'rest' has no `when`.* --rule: one, two"):
        condition_of(strategy, "rest")
    with pytest.raises(ConfigError, match="unknown rule 'tow'; did you mean 'two'"):
        condition_of(strategy, "tow")
    with pytest.raises(ConfigError, match="'all' has no `when`: name a condition with --when$"):
        condition_of(config())


def test_a_condition_that_is_never_known_is_one_message() -> None:
    long = {"x": {"use": "momentum", "of": "X", "lookback": 99}}
    with pytest.raises(StrategyError, match="'x > 0' is unknown at every session from 2024-01-01 to 2024-01-22"):
        studied(signals=long)


def test_a_condition_that_never_comes_true_has_no_episodes() -> None:
    study = studied(when="x > 5")
    assert study.episodes == ()
    assert study.notes == ("over 3 sessions: no episode is complete",)
    found = summary(study, "B", 3)
    assert (found.episodes, found.gain.mean, found.gain.median, found.hit_rate) == (0, None, None, None)
    assert found.gain.usual is not None
