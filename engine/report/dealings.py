"""What a strategy was dealt as, what that cost by name, for how much money it is, and what is left after tax."""

from __future__ import annotations

from typing import TYPE_CHECKING

from engine.blocks import in_words
from engine.dealings import capacity, dealings, fund_expenses, vehicles, without_fund
from engine.report.formats import DASH, cost_label, counted, day, percent, points, rupees
from engine.report.tables import Cell, Row, Table

if TYPE_CHECKING:
    from collections.abc import Iterator

    from engine.aftertax import AfterTax
    from engine.run import Result


HELD_AS = {"bps": "basis points of one's own", "etf": "fund units", "share": "shares", "future": "futures"}


def lines(result: Result) -> Iterator[str]:
    """For the terminal: what nobody could have bought, how much money it is for, and what is left after tax."""
    if result.config.execution.vehicle is not None or without_fund(result):
        yield dealt_words(result)
    if (room := capacity(result)) is not None:
        told = room.why if room.rupees is None else f"{rupees(room.rupees)} halves the active return"
        yield f"Capacity: {told}."
    if result.taxed is not None:
        told = dealings(result)["post_tax"]
        own, theirs, kept = (told[who]["cagr"] for who in ("strategy", "benchmark", "deposit"))
        yield (
            f"After tax, all sold at the end: {percent(own)} a year against {percent(theirs)} of the benchmark and "
            f"{percent(kept)} of a fixed deposit; {rupees(told['strategy']['tax'])} of tax."
        )


def dealt_words(result: Result) -> str:
    """As what the assets were traded, and how much of the target weight no fund followed."""
    used: dict[str, list[str]] = {}
    for name, rows in vehicles(result).items():
        used.setdefault(" and ".join(dict.fromkeys(HELD_AS[row["vehicle"]] for row in rows)), []).append(name)
    lacking = without_fund(result)
    told = "Charged: " + "; ".join(f"{in_words(names)} as {what}" for what, names in used.items())
    if result.config.execution.in_bps:
        told = "Charged: in basis points of one's own"
    if not lacking:
        return f"{told}; a fund followed everything held."
    parts = ", ".join(f"{name} {percent(share)}" for name, share in lacking.items())
    return f"{told}; no fund known here followed {percent(sum(lacking.values()))} of the target weight ({parts})."


def costs_table(result: Result) -> Table:
    """Every cost by name: rupees over the window, and as a share of what was traded."""
    fills, costs = result.ledger.fills, result.ledger.costs.sum()
    traded = float(fills["value"].sum())
    rows = [
        Row(cost_label(str(name)), (Cell(rupees(float(paid))), Cell(_bps(float(paid), traded))))
        for name, paid in costs.items()
    ]
    if expenses := fund_expenses(result):
        rows.append(Row("Fund expenses, out of prices", (Cell(rupees(expenses)), Cell(DASH))))
    total = float(costs.sum())
    rows.append(Row("Sum", (Cell(rupees(total)), Cell(_bps(total, traded), "strong")), look="sum"))
    return Table(f"Costs of {rupees(traded)} traded", ("Cost", "Over the window", "Of what was traded"), tuple(rows))


def _bps(paid: float, traded: float) -> str:
    return f"{paid / traded * 1e4:.2f} bps" if traded else DASH


def vehicles_table(result: Result) -> Table | None:
    """As what each asset was traded, and when."""
    rows = [
        Row(
            name,
            tuple(
                map(Cell, (HELD_AS[one["vehicle"]], day(one["from"]), day(one["to"]), counted(one["fills"], "order")))
            ),
        )
        for name, several in vehicles(result).items()
        for one in several
    ]
    head = ("Asset", "Charged as", "First order", "Last order", "")
    return Table("What was traded as what", head, tuple(rows), words=True) if rows else None


def _orders(number: int) -> str:
    return counted(number, "order")


def after_tax_table(result: Result) -> Table | None:
    """Before and after tax: strategy, benchmark, and the deposit everybody compares them with."""
    if result.taxed is None:
        return None
    told = dealings(result)["post_tax"]
    before = (result.measures, result.benchmark_measures)
    rows = [
        Row("Return a year before tax", (*(Cell(percent(one["cagr"])) for one in before), Cell(DASH))),
        Row("Return a year after tax", tuple(Cell(percent(told[who]["cagr"])) for who in _WHO)),
        Row("Final value before tax", (*(Cell(rupees(one["final_value"])) for one in before), Cell(DASH))),
        Row("Final value after tax, all sold", tuple(Cell(rupees(told[who]["final_value"])) for who in _WHO)),
        Row("Tax paid", (*(Cell(rupees(told[who]["tax"])) for who in _WHO[:2]), Cell(DASH))),
        Row("Active return a year after tax", (Cell(f"{points(told['active_cagr'])} points"), Cell(""), Cell(""))),
    ]
    head = ("", "Strategy", result.config.market.benchmark, "Fixed deposit")
    return Table("Before and after tax", head, tuple(rows))


_WHO = ("strategy", "benchmark", "deposit")


def tax_years_table(result: Result) -> Table | None:
    """The strategy's taxes by financial year; the last one holds the sale of everything."""
    if result.taxed is None:
        return None
    own: AfterTax = result.taxed.strategy
    rows = []
    for year in (*own.years, own.last_year):
        row = year.row()
        gains = [row[key] for key in ("short_gains", "long_gains", "losses_used", "exemption_used", "interest_earned")]
        rows.append(Row(str(row["year"]), tuple(Cell(rupees(float(one))) for one in (*gains, row["total"]))))
    head = (
        "Year to 31 March",
        "Short-term gains",
        "Long-term gains",
        "Losses used",
        "Exemption used",
        "Interest",
        "Tax",
    )
    return Table("Taxes of the strategy; the last year sells everything", head, tuple(rows))
