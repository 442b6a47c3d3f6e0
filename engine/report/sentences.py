"""What the numbers say, in plain words that claim no more than the numbers do."""

from __future__ import annotations

from typing import TYPE_CHECKING

from engine.blocks import in_words
from engine.plan.remarks import BACKFILLED, SURVIVORS
from engine.report.formats import counted, grouped, percent, points, ratio
from engine.research.explain import costs_in_words

if TYPE_CHECKING:
    from engine.config.models import Config
    from engine.run import Result

SIGNIFICANT = 1.96  # two-sided 5% of the normal distribution
BACKFILL = (
    "Histories are taken as stored. An index held before its launch is marked back-filled where the launch is known, "
    "a basket of stocks survivorship-biased; neither is corrected for."
)
ESTIMATES = (
    "Alpha and beta come from daily returns in excess of cash; the t-statistic uses Newey-West errors, which allow for "
    "changing volatility and short-lived dependence. Years are actual days / 365.25."
)
RETURNS = {"total": "total return", "price": "price return, without dividends"}
DECIDES = {
    "daily": "every session",
    "weekly": "at the last session of each week",
    "monthly": "at the last session of each month",
    "quarterly": "at the last session of each quarter",
    "on_change": "every session, orders only when the rule or the names held change",
}
FILLS = {"next_close": "filled at the next session's close", "next_open": "filled at the next session's open"}


def verdict(result: Result) -> str:
    """The active return a year, whether the alpha behind it can be told from chance, and what hindsight is in it."""
    return _verdict(result) + hindsight(result)


def hindsight(result: Result) -> str:
    """What was held that nobody could have chosen or bought then; nothing where there is no such thing."""
    told = {
        SURVIVORS: "picked by someone who knew which stocks would last: less could be had than was earned there",
        BACKFILLED: "held before the launch, while its history was computed backwards and nobody could follow it",
    }
    text = ""
    for mark, words in told.items():
        names = tuple(name for name, one in result.plan.marks.items() if one == mark)
        if names:
            text += f" {in_words(names)} {'was' if len(names) == 1 else 'were'} {words}."
    return text


def marked(name: str, result: Result) -> str:
    """An asset's name with what a reader must know beside it."""
    mark = result.plan.marks.get(name)
    return f"{name} ({mark})" if mark else name


def _verdict(result: Result) -> str:
    gap = result.active_measures["cagr"]
    if gap is None:
        return "The window is a single session: there is nothing to annualise and nothing to judge."
    size = points(abs(gap)).removeprefix("+")
    name = benchmark_label(result.config)
    compared = f"as much as {name}"
    if float(size):
        compared = f"{size} points a year {'more' if gap > 0 else 'less'} than {name}"
    return f"Over {result.window.years:.1f} years the strategy returned {compared}; {_alpha(result)}."


def _alpha(result: Result) -> str:
    fit = result.regression
    if fit is None:
        return "there is too little variation to estimate an alpha from"
    told = f"at a beta of {ratio(fit.beta)} that leaves a market-model alpha of {percent(fit.alpha)} a year"
    if fit.alpha_t is None:
        return f"{told}, with nothing left over to test it on"
    told += f", Newey-West t = {ratio(fit.alpha_t)}"
    if abs(fit.alpha_t) < SIGNIFICANT:
        return f"{told}, an alpha not distinguishable from zero at the 5% level"
    return (
        f"{told}, an alpha statistically distinguishable from zero at the 5% level, before allowing for how many "
        "strategies were tried"
    )


def rule_sentence(rule: str, sessions: int, earned: float, result: Result) -> str:
    """How long a rule was in force and what it brought, in points of active return over the whole window."""
    shares = f"{grouped(sessions)} of {counted(result.window.sessions, 'session')}"
    whole = points(result.attribution.total)
    return f"While “{rule}” was in force ({shares}): {points(earned)} points; all rules together {whole}."


def benchmark_label(config: Config) -> str:
    """The benchmark and what is counted as its return."""
    return f"{config.market.benchmark} ({RETURNS[config.market.returns]})"


def schedule_words(config: Config) -> str:
    """When the strategy decides and at which price its orders are filled."""
    return f"{DECIDES[config.schedule.decide]}; {FILLS[config.schedule.fill]}"


def costs_words(config: Config) -> str:
    """What a trade costs."""
    told = "; ".join(costs_in_words(config.execution))
    taxes = "Taxes on gains are not deducted." if config.tax is None else "Taxes on gains stand apart, below."
    return f"{told[0].upper()}{told[1:]}. {taxes}"


def conventions(config: Config) -> list[str]:
    """What every number on the page rests on."""
    name, earned = benchmark_label(config), RETURNS[config.market.returns]
    spread = percent(config.execution.cash_spread, 2)
    return [
        f"The benchmark is {name}, bought once at the close of the first session with the same capital, free of cost.",
        "The window starts at the first fill, the session after the first decision; both sides start from the capital.",
        f"Idle money is CASH: it earns the RBI policy rate of the day less {spread} a year, for every calendar day.",
        costs_words(config),
        f"What is earned is the {earned} of indices. An index cannot be bought: a fund that follows one costs more.",
        BACKFILL,
        ESTIMATES,
    ]
