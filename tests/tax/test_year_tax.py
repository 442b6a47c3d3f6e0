"""The tax of one year, worked by hand in rupees, and against every order in which losses could meet gains."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from itertools import permutations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy import float64

from engine.errors import DataError
from engine.tax import Disposal, Loss, SetOff, TaxSettings, YearTax, year_tax
from tests.conftest import ROOT
from tests.tax.sales import long, short

PLAIN = TaxSettings()
BARE = TaxSettings(cess=0.0)


def taxed(*sales: Disposal, year: int, carried: tuple[Loss, ...] = (), interest: float = 0.0) -> YearTax:
    """Free of cess, which has tests of its own."""
    return year_tax(sales, interest, carried, year, BARE)


@pytest.mark.parametrize(
    ("year", "sale", "tax", "cess"),
    [
        (2005, short("2004-10-01", 1e5), 10_000, 200),  # 10%; 2% of 10,000
        (2008, short("2008-03-31", 1e5), 10_000, 300),  # 10%; 3%
        (2009, short("2008-04-01", 1e5), 15_000, 450),  # 15%; 3%
        (2018, long("2018-03-31", 3e5), 0, 0),  # exempt
        (2019, long("2018-04-01", 3e5), 20_000, 800),  # 10% of 300,000 - 100,000; 4%
        (2024, long("2024-03-28", 3e5), 20_000, 800),
        (2025, short("2024-07-22", 1e5), 15_000, 600),  # 15%
        (2025, short("2024-07-23", 1e5), 20_000, 800),  # 20%
        (2025, long("2024-07-22", 325e3), 20_000, 800),  # 10% of 325,000 - 125,000: the whole year's exemption
        (2025, long("2024-07-23", 325e3), 25_000, 1_000),  # 12.5% of the same
        (2026, long("2025-06-02", 1e5), 0, 0),  # under the exemption
    ],
)
def test_every_rate(year: int, sale: Disposal, tax: float, cess: float) -> None:
    made = year_tax([sale], 0.0, (), year, PLAIN)
    assert made.taxes["stcg"] + made.taxes["ltcg"] == pytest.approx(tax, abs=1e-9)
    assert made.taxes["cess"] == pytest.approx(cess, abs=1e-9)
    assert made.total == pytest.approx(tax + cess, abs=1e-9)


def test_two_rates_in_one_year_and_the_exemption_goes_to_the_higher() -> None:
    """22 July: 100,000; 23 July: 200,000, both long term.

    at 12.5%: 200,000 - 125,000 = 75,000   9,375
    at 10%:   100,000                     10,000
    cess 4% of 19,375                        775
    """
    made = year_tax([long("2024-07-22", 1e5), long("2024-07-23", 2e5)], 0.0, (), 2025, PLAIN)
    assert [(one.rate, one.gained, one.taxed) for one in made.gains] == [(0.125, 2e5, 75e3), (0.10, 1e5, 1e5)]
    assert made.exemption == 125e3
    assert made.total == pytest.approx(9_375 + 10_000 + 775)


def test_what_the_higher_gains_leave_of_the_exemption_goes_to_the_lower() -> None:
    """12.5%: 100,000 all exempt; 10%: 100,000 - 25,000 = 75,000, taxed 7,500."""
    made = taxed(long("2024-07-22", 1e5), long("2024-07-23", 1e5), year=2025)
    assert made.taxes["ltcg"] == pytest.approx(7_500)


def test_a_loss_goes_first_against_the_gain_taxed_highest() -> None:
    """A short-term loss of 50,000 of 22 July: 40,000 against 40,000 at 20%, 10,000 against 60,000 at 15%: 7,500."""
    sales = [short("2024-07-22", -5e4), short("2024-07-22", 6e4), short("2024-07-23", 4e4), long("2024-07-23", 1e5)]
    made = taxed(*sales, year=2025)
    assert made.set_offs == (
        SetOff(2025, "short", "short", 0.20, 4e4), SetOff(2025, "short", "short", 0.15, 1e4)
    )  # fmt: skip
    assert made.taxes["stcg"] == pytest.approx(7_500)


def test_losses_of_both_terms_in_the_order_of_the_law() -> None:
    """In 2022-23: short gains 100,000, losses 160,000; long gains 400,000, losses 150,000; brought forward as below.

    short 160,000 against short 100,000: 60,000 left       long 150,000 against long 400,000: gains of 250,000
    short  60,000 against long: gains of 190,000           2016's short 30,000 against long: gains of 160,000
    2020's long 40,000 against long: gains of 120,000      2020's short 15,000 against long: gains of 105,000
    the exemption leaves 5,000, taxed 500
    """
    made = taxed(
        short("2022-06-01", 1e5), short("2022-07-01", -1.6e5), long("2022-08-01", 4e5), long("2022-09-01", -1.5e5),
        year=2023,
        carried=(Loss(2016, "short", 3e4), Loss(2020, "short", 15e3), Loss(2020, "long", 4e4)),
    )  # fmt: skip
    assert [(one.year, one.term, one.against, one.rupees) for one in made.set_offs] == [
        (2023, "short", "short", 1e5), (2023, "long", "long", 1.5e5), (2023, "short", "long", 6e4),
        (2016, "short", "long", 3e4), (2020, "long", "long", 4e4), (2020, "short", "long", 15e3),
    ]  # fmt: skip
    assert made.total == pytest.approx(500)
    assert made.carried == made.lapsed == ()


def test_a_long_term_loss_never_meets_a_short_term_gain() -> None:
    made = taxed(short("2022-06-01", 1e5), long("2022-09-01", -3e5), year=2023, carried=(Loss(2021, "long", 1e5),))
    assert made.taxes["stcg"] == pytest.approx(15_000)
    assert made.carried == (Loss(2021, "long", 1e5), Loss(2023, "long", 3e5))


def test_losses_come_before_the_exemption() -> None:
    """Long gains of 150,000 less a loss of 80,000 are 70,000: the loss is gone, 30,000 of the exemption unused."""
    made = taxed(long("2022-06-01", 1.5e5), year=2023, carried=(Loss(2021, "long", 8e4),))
    assert (made.exemption, made.total, made.carried) == (7e4, 0.0, ())


def test_the_exempt_era_knows_no_long_term_gains_and_no_long_term_losses() -> None:
    """In 2016-17 a long-term loss is lost, and a short-term loss is kept whole beside an exempt gain."""
    made = taxed(long("2016-06-01", 5e5), long("2016-07-01", -2e5), short("2016-08-01", -1e5), year=2017)
    assert (made.gains, made.set_offs, made.exempt, made.total) == ((), (), 3e5, 0.0)
    assert made.losses == made.carried == (Loss(2017, "short", 1e5),)


@pytest.mark.parametrize("year", [2017, 2023, 2024])
def test_a_loss_may_be_used_in_eight_later_years(year: int) -> None:
    """A loss of the year to March 2016 is usable up to the year to March 2024."""
    made = taxed(short(f"{year - 1}-06-01", 1e5), year=year, carried=(Loss(2016, "short", 1e5),))
    assert made.total == 0.0
    assert made.carried == made.lapsed == ()


def test_after_the_eighth_year_a_loss_lapses() -> None:
    losses = (Loss(2016, "short", 1e5), Loss(2017, "short", 2e5))
    assert taxed(year=2023, carried=losses).carried == losses
    eighth = taxed(year=2024, carried=losses)
    assert (eighth.carried, eighth.lapsed) == ((Loss(2017, "short", 2e5),), (Loss(2016, "short", 1e5),))
    with pytest.raises(ValueError, match="cannot be brought forward into 2024-25"):
        taxed(year=2025, carried=losses)


def test_the_oldest_loss_is_used_first() -> None:
    made = taxed(short("2022-06-01", 1e5), year=2023, carried=(Loss(2021, "short", 8e4), Loss(2016, "short", 6e4)))
    assert [(one.year, one.rupees) for one in made.set_offs] == [(2016, 6e4), (2021, 4e4)]
    assert made.carried == (Loss(2021, "short", 4e4),)


def test_interest_is_taxed_at_the_slab_whatever_was_lost() -> None:
    """30% of 50,000 beside a loss of 200,000, which is carried whole; interest below zero is no loss."""
    made = taxed(short("2022-06-01", -2e5), year=2023, interest=5e4)
    assert (made.taxes["interest"], made.total, made.carried) == (15_000.0, 15_000.0, (Loss(2023, "short", 2e5),))
    below = taxed(short("2022-06-01", 1e5), year=2023, interest=-5e4)
    assert (below.taxes["interest"], below.total, below.carried) == (0.0, 15_000.0, ())


def test_surcharge_is_on_tax_and_cess_on_both() -> None:
    """20% of 100,000 and 30% of 50,000 are 35,000; 10% of it 3,500; 4% of 38,500 is 1,540: together 40,040."""
    made = year_tax([short("2025-06-02", 1e5)], 5e4, (), 2026, TaxSettings(surcharge=0.10))
    assert list(made.taxes) == ["stcg", "ltcg", "interest", "surcharge", "cess"]
    assert list(made.taxes.values()) == pytest.approx([20_000, 0, 15_000, 3_500, 1_540])
    assert made.total == pytest.approx(35_000 * 1.10 * 1.04)


def test_a_stated_cess_holds_for_every_year_and_a_stated_slab_for_interest() -> None:
    """2008-09: 15% of 100,000 and 20% of 10,000 are 17,000; 4% of it 680, where that year's own would be 3%."""
    made = year_tax([short("2008-06-02", 1e5)], 1e4, (), 2009, TaxSettings(cess=0.04, slab=0.20))
    assert made.total == pytest.approx(17_680)


def test_the_year_worked_in_the_docs() -> None:
    """docs/tax.md: 4,500 + 36,875 + 6,000 = 47,375; 4% of it 1,895."""
    sales = [
        short("2024-05-06", 1e5), short("2024-06-10", -8e4), long("2024-07-22", 2e5), long("2024-07-23", 3e5),
        short("2024-10-07", 6e4), long("2025-01-13", -4e4),
    ]  # fmt: skip
    made = year_tax(sales, 2e4, (Loss(2023, "short", 5e4),), 2025, PLAIN)
    assert list(made.taxes.values()) == pytest.approx([4_500, 36_875, 6_000, 0, 1_895])
    text = (ROOT / "docs" / "tax.md").read_text("utf-8")
    assert all(f"| {rupees} |" in text for rupees in ("4,500", "36,875", "6,000", "1,895", "49,270"))
    assert made.total == pytest.approx(49_270)


def test_a_row_of_the_record_can_be_written_down() -> None:
    made = taxed(
        short("2022-06-01", float64(1e5)), long("2022-06-01", -4e4), year=2023, carried=(Loss(2015, "long", 5e3),)
    )
    assert {type(value) for value in made.row().values()} == {str, float}
    row = json.loads(json.dumps(made.row()))
    assert (row["year"], row["short_gains"], row["long_losses"], row["long_carried"]) == ("2022-23", 1e5, 4e4, 4e4)
    assert (row["stcg"], row["total"], row["lapsed"]) == (15_000.0, 15_000.0, 5e3)


def test_a_year_without_rates_and_a_sale_of_another_year_are_refused() -> None:
    with pytest.raises(DataError, match="no rates of capital-gains tax are known for a sale on 2004-06-01"):
        taxed(short("2004-06-01", 1e5), year=2005)
    with pytest.raises(DataError, match="no cess is known for the year from 2003-04-01"):
        year_tax((), 1e5, (), 2004, PLAIN)
    assert year_tax((), 0.0, (), 2004, PLAIN).total == 0.0
    with pytest.raises(ValueError, match="A sold on 2022-06-01 is not of the year 2023-24"):
        taxed(short("2022-06-01", 1e5), year=2024)


DAYS = st.sampled_from(["2024-05-02", "2024-09-02"])  # 15% and 10%; 20% and 12.5%
SALES = st.builds(
    lambda term, day, lakhs: term(day, lakhs * 5e4), st.sampled_from([short, long]), DAYS, st.integers(-6, 8)
)
LOSSES = st.builds(Loss, st.sampled_from([2019, 2023]), st.sampled_from(["short", "long"]), st.just(1e5))


def cheapest(sales: list[Disposal], carried: list[Loss]) -> float:
    """The least tax over every order in which losses come and every order of gains that each tries them in."""
    gained = [(sale.long_term, sale.sold.month > 7, sale.proceeds - sale.cost) for sale in sales]
    gains = [gain for gain in gained if gain[2] > 0.0]
    losses = [(term, -rupees) for term, _, rupees in gained if rupees < 0.0]
    losses += [(loss.term == "long", loss.rupees) for loss in carried]
    return min(in_this_order(first, tried) for first in permutations(losses) for tried in permutations(gains))


def in_this_order(losses: Iterable[tuple[bool, float]], gains: Sequence[tuple[bool, bool, float]]) -> float:
    """The tax when each loss tries the gains as they come, and the exemption does after them; True is long, late."""
    left = [rupees for _, _, rupees in gains]
    for long_loss, lost in losses:
        still = lost
        for place, (long_gain, _, _) in enumerate(gains):
            met = min(still, left[place]) if long_gain or not long_loss else 0.0
            left[place] -= met
            still -= met
    free, tax = 125e3, 0.0
    for (long_gain, late, _), rupees in zip(gains, left, strict=True):
        exempt = min(free, rupees) if long_gain else 0.0
        free -= exempt
        tax += {(False, False): 0.15, (False, True): 0.20, (True, False): 0.10, (True, True): 0.125}[
            long_gain, late
        ] * (rupees - exempt)
    return tax


@given(st.lists(SALES, max_size=5), st.lists(LOSSES, max_size=2))
def test_no_order_of_set_off_would_be_cheaper(sales: list[Disposal], carried: list[Loss]) -> None:
    made = taxed(*sales, year=2025, carried=tuple(carried))
    assert made.total == pytest.approx(cheapest(sales, carried), abs=1e-6)


@given(st.lists(SALES, max_size=12), st.lists(LOSSES, max_size=4), SALES, st.floats(-1e6, 1e6))
def test_tax_is_never_negative_and_losses_never_raise_it(
    sales: list[Disposal], carried: list[Loss], another: Disposal, interest: float
) -> None:
    made = taxed(*sales, year=2025, carried=tuple(carried), interest=interest)
    assert min(made.taxes.values()) >= 0.0
    lost = sum(loss.rupees for loss in (*made.losses, *carried))
    still = sum(loss.rupees for loss in (*made.carried, *made.lapsed))
    assert lost == pytest.approx(sum(one.rupees for one in made.set_offs) + still)
    with_it = taxed(*sales, another, year=2025, carried=tuple(carried), interest=interest)
    if another.gain <= 0.0:
        assert with_it.total <= made.total + 1e-6
    else:
        assert with_it.total >= made.total - 1e-6
