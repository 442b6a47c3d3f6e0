"""What can be read but not held in the bundled sample market, all of it SIMULATED.

Highs and volumes of its indices, the flows of foreign and domestic institutions, the valuation of the Nifty 50 and
the weights of its sectors. Each is drawn from random numbers of its own, beside the paths of `sample`, and has a value
on each of its dates. Volumes are shares a day, flows Rs crore a day, weights per cent.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

from engine.market.calendar import Days
from engine.market.sample import (
    DAILY_VOLATILITY,
    MARKET,
    OVERNIGHT_SHARE,
    RISKS,
    SESSIONS_PER_YEAR,
    Risk,
    Stage,
    date_index,
    persistent,
    sample_sessions,
    sample_stage,
    stream,
)
from engine.metrics import Floats

if TYPE_CHECKING:
    import pandas as pd

# Million shares of an index's members traded on a usual day of 2017, rounded from the published volumes. The Sensex
# has none published here (its members trade on two exchanges): an assumption, as is the growth.
VOLUMES = {
    "NIFTY 50": 190, "NIFTY BANK": 80, "NIFTY NEXT 50": 120, "NIFTY 500": 1000, "NIFTY MIDCAP 100": 340,
    "NIFTY SMALLCAP 100": 240, "NIFTY AUTO": 30, "NIFTY IT": 15, "NIFTY FMCG": 20, "NIFTY PHARMA": 12,
    "NIFTY METAL": 63, "NIFTY REALTY": 64, "NIFTY MEDIA": 16, "NIFTY ENERGY": 43, "NIFTY INFRASTRUCTURE": 150,
    "NIFTY COMMODITIES": 100, "NIFTY INDIA CONSUMPTION": 70, "NIFTY PSU BANK": 57, "NIFTY PRIVATE BANK": 58,
    "NIFTY FINANCIAL SERVICES": 58, "NIFTY PSE": 86, "NIFTY CPSE": 37, "NIFTY INDIA DEFENCE": 10, "BSE SENSEX": 12,
}  # fmt: skip
VOLUME_GROWTH = 0.08  # of the logarithm, a year
VOLUME_OF_A_MOVE = 0.17  # of the logarithm, for each usual day's move that the index moves
AVERAGE_SIZE = math.sqrt(2.0 / math.pi)  # of a normal move over its deviation

# Per cent of the Nifty 50: assumptions, within two of the published averages of 2017-2025.
SECTOR_WEIGHTS = {
    "Financial Services": 34, "Information Technology": 13, "Oil Gas & Consumable Fuels": 11,
    "Fast Moving Consumer Goods": 9, "Automobile and Auto Components": 7, "Healthcare": 4, "Metals & Mining": 4,
    "Telecommunication": 4, "Construction": 4, "Consumer Durables": 3, "Construction Materials": 2, "Power": 2,
    "Consumer Services": 1, "Services": 1, "Chemicals": 0.5, "Realty": 0.3, "Media Entertainment & Publication": 0.2,
}  # fmt: skip
WEIGHT_MEMORY, WEIGHT_SPREAD = 0.97, 0.2  # of a sector's log weight around its usual one, month by month


def sample_high(name: str, prices: pd.DataFrame, stage: Stage) -> pd.Series:
    """The highest level of each day of an index whose `prices` are given, index points, never below open or close.

    Between open and close the log level is a Brownian bridge with the day's volatility, and this is its maximum
    (Glasserman, section 6.4).
    """
    ends = np.log(prices[["open", "close"]].to_numpy())
    variance = (1.0 - OVERNIGHT_SHARE) * _volatility(RISKS[name], stage.unrest[-len(prices) :]) ** 2
    chance = 1.0 - stream("high", name).random(len(prices))
    height = np.sqrt((ends[:, 0] - ends[:, 1]) ** 2 - 2.0 * variance * np.log(chance))
    highs = np.exp((ends.sum(axis=1) + height) / 2.0).round(2)
    return prices.max(axis=1).clip(lower=highs)


def sample_volume(name: str, prices: pd.DataFrame, stage: Stage) -> pd.Series:
    """Shares of an index's members traded a day: growing, in common waves, and more on a day of a large move."""
    import pandas as pd  # noqa: PLC0415  # the catalogue must not wait for pandas

    count = len(prices)
    moves = np.diff(np.log(prices["close"].to_numpy()), prepend=math.log(prices["close"].iloc[0]))
    usual = _volatility(RISKS[name], np.ones(count))
    shared = 0.15 * persistent("volume", len(stage.sessions), 0.9)[-count:]
    own = 0.18 * persistent(f"volume {name}", count, 0.7) + 0.16 * stream("volume", name).standard_normal(count)
    excitement = VOLUME_OF_A_MOVE * (np.minimum(np.abs(moves) / usual, 4.0) - AVERAGE_SIZE)
    shares = 1e6 * VOLUMES[name] * np.exp(VOLUME_GROWTH * stage.years[-count:] + shared + own + excitement)
    return pd.Series(shares.round(), index=prices.index)


def _volatility(risk: Risk, unrest: Floats) -> Floats:
    """The deviation of a day's log move."""
    apart = sum(part**2 for part in risk[1:]) / 100.0**2 / SESSIONS_PER_YEAR
    return np.sqrt((risk.beta * DAILY_VOLATILITY * unrest) ** 2 + apart * unrest)


def month_ends() -> Days:
    """The last calendar day of each month that ends among the sessions: the dates of the weights."""
    sessions = sample_sessions()
    first, last = sessions[[0, -1]].astype("datetime64[M]")
    ends = np.arange(first + 1, last + 2).astype("datetime64[D]") - 1
    dates: Days = ends[ends <= sessions[-1]]
    return dates


def sample_weights() -> pd.DataFrame:
    """Each sector's weight in the Nifty 50, month ends x sectors, per cent; a month's weights add up to 100."""
    import pandas as pd  # noqa: PLC0415  # the catalogue must not wait for pandas

    dates = month_ends()
    drift = [persistent(f"weight {sector}", len(dates), WEIGHT_MEMORY) for sector in SECTOR_WEIGHTS]
    shares = np.array(list(SECTOR_WEIGHTS.values())) * np.exp(WEIGHT_SPREAD * np.column_stack(drift))
    weights = 100.0 * shares / shares.sum(axis=1, keepdims=True)
    return pd.DataFrame(weights, index=date_index(dates), columns=list(SECTOR_WEIGHTS))


def sample_flows() -> pd.DataFrame:
    """Daily `buy`, `sell`, `net` of foreign (`fii_`) and domestic (`dii_`) institutions, Rs crore, by `date`.

    Foreigners buy with the index's move of the day and the day before, and in long waves of sentiment;
    domestic funds take the other side of about half of that and invest savings on top. Amounts grow yearly.
    Size, persistence and correlations are rounded from the provisional cash-market flows of 2017-2025.
    """
    import pandas as pd  # noqa: PLC0415  # the catalogue must not wait for pandas

    stage = sample_stage()
    count = len(stage.sessions)
    move = np.append(0.0, np.diff(np.log(stage.market))) / (DAILY_VOLATILITY * stage.unrest)
    sentiment = 0.55 * persistent("fii waves", count, 0.95) + 0.65 * stream("fii").standard_normal(count)
    savings = 0.50 * persistent("dii waves", count, 0.95) + 0.33 * stream("dii").standard_normal(count)
    foreign = 0.32 * move + 0.24 * np.append(0.0, move[:-1]) + sentiment
    usual = 1150.0 * np.exp(0.14 * stage.years)
    columns: dict[str, Floats] = {}
    for who, net, turnover in (("fii", foreign - 0.2, 4.0), ("dii", savings - 0.48 * foreign + 0.35, 2.8)):
        both_ways = turnover * usual * np.exp(0.3 * persistent(f"{who} turnover", count, 0.8))
        buy = (both_ways + usual * np.maximum(net, 0.0)).round(2)
        sell = (both_ways + usual * np.maximum(-net, 0.0)).round(2)
        columns |= {f"{who}_buy": buy, f"{who}_sell": sell, f"{who}_net": (buy - sell).round(2)}
    return pd.DataFrame(columns, index=date_index(stage.sessions))


def sample_valuation() -> pd.DataFrame:
    """`pe` and `pb` (ratios) and `dy` (per cent) of `index` NIFTY 50, by `date`.

    Earnings grow by 12% a year and wander around that path; P/E is the price over them. P/B is P/E times a
    return on equity of 15%, and the yield a payout of 30% over P/E, so that the three never contradict each
    other. The Nifty's real P/E was 17 to 42 in 2017-2025, 24 at its median.
    """
    import pandas as pd  # noqa: PLC0415  # the catalogue must not wait for pandas

    stage = sample_stage()
    wander = 0.12 * persistent("earnings", len(stage.sessions), 0.995)
    earnings = stage.market[0] / 23.5 * np.exp(0.12 * stage.years + wander - wander[0])
    pe = (stage.market / earnings).round(2)
    columns = {"index": MARKET, "pe": pe, "pb": (pe * 0.15).round(2), "dy": (30.0 / pe).round(2)}
    return pd.DataFrame(columns, index=date_index(stage.sessions))
