"""A portfolio's tax over the years, worked by hand in rupees."""

from __future__ import annotations

import json
from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.tax import Loss, TaxBook, TaxSettings, financial_year_of

BARE = TaxSettings(cess=0.0)


def day(text: str) -> date:
    return date.fromisoformat(text)


def two_assets() -> TaxBook:
    """A and B, a thousand units of each bought at 100 on 2021-05-03."""
    book = TaxBook(BARE)
    for asset in "AB":
        book.buy(asset, day("2021-05-03"), 1_000.0, 100_000.0)
    return book


def test_a_loss_waits_for_a_gain_and_the_sale_that_pays_belongs_to_the_new_year() -> None:
    """
    2021-22: B sold short term for 60,000, a loss of 40,000; interest of 10,000 taxed 3,000.
    2022-23: told of 2022-04-01, the session that pays: a tenth of A sold for 15,000, short term, a gain of 5,000;
             later, long term, the other 900 units for 1,090,000, a gain of 1,000,000.
             40,000 go against 5,000 at 15% and 35,000 at 10%; 965,000 - 100,000 taxed 86,500.
    """
    book = two_assets()
    book.sell("B", day("2021-12-01"), 1_000.0, 60_000.0)
    book.interest(day("2022-03-31"), 10_000.0)
    book.interest(day("2022-04-01"), 20_000.0)
    (paying,) = book.sell("A", day("2022-04-01"), 100.0, 15_000.0)
    assert (paying.gain, paying.long_term) == (5_000.0, False)
    first = book.close_year(2022)
    assert (first.total, book.carried) == (3_000.0, (Loss(2022, "short", 40_000.0),))
    book.sell("A", day("2022-06-01"), 900.0, 1_090_000.0)
    second = book.close_year(2023)
    assert [one.rupees for one in second.set_offs] == [5_000.0, 35_000.0]
    assert second.taxes["ltcg"] == pytest.approx(86_500.0)
    assert second.taxes["interest"] == pytest.approx(6_000.0)
    assert (second.taxes["stcg"], second.carried, book.units("A"), book.units("C")) == (0.0, (), 0.0, 0.0)
    rows = json.loads(json.dumps(book.years))
    assert [(row["year"], row["brought_forward_used"]) for row in rows] == [("2021-22", 0.0), ("2022-23", 40_000.0)]
    assert [row["total"] for row in rows] == pytest.approx([3_000.0, 92_500.0])


def test_a_loss_lapses_after_its_eighth_year_in_the_book_too() -> None:
    """A loss of 2015-16 meets a gain of 2023-24; or, where that year has none, is gone in 2024-25."""
    for bought, sold, tax in (("2024-03-01", "2024-03-28", 0.0), ("2024-04-01", "2024-04-02", 15_000.0)):
        book = TaxBook(BARE)
        book.buy("A", day("2015-06-01"), 1.0, 200_000.0)
        book.sell("A", day("2015-07-01"), 1.0, 100_000.0)
        for year in range(2016, financial_year_of(day(sold))):
            book.close_year(year)
        book.buy("B", day(bought), 1.0, 100_000.0)
        book.sell("B", day(sold), 1.0, 200_000.0)
        assert book.close_year(financial_year_of(day(sold))).total == tax


def test_years_that_nobody_closed_count_as_well() -> None:
    book = TaxBook(BARE)
    book.buy("A", day("2015-06-01"), 2.0, 400_000.0)
    book.sell("A", day("2015-07-01"), 1.0, 100_000.0)
    book.close_year(2016)
    book.buy("B", day("2024-05-02"), 1.0, 100_000.0)
    book.sell("B", day("2024-06-03"), 1.0, 200_000.0)
    assert book.close_year(2025).total == 15_000.0


def test_selling_everything_is_tried_on_a_copy() -> None:
    """A and B to be sold on 2022-07-01, long term, for 400,000 and 50,000, after 30,000 of interest.

    A gains 300,000, B loses 50,000: 250,000 - 100,000 taxed 15,000; interest taxed 9,000.
    """
    book = two_assets()
    book.close_year(2022)
    book.interest(day("2022-06-30"), 30_000.0)
    for _ in range(2):
        tried = book.liquidation(day("2022-07-01"), {"A": 400_000.0, "B": 50_000.0, "C": 1.0})
        assert tried.total == pytest.approx(24_000.0)
    assert (book.units("A"), len(book.closed)) == (1_000.0, 1)
    book.sell("A", day("2022-07-01"), 1_000.0, 400_000.0)
    book.sell("B", day("2022-07-01"), 1_000.0, 50_000.0)
    assert book.liquidation(day("2022-07-01"), {}) == tried
    assert book.close_year(2023) == tried


def test_a_fair_value_is_that_of_its_asset() -> None:
    """Bought for 100,000 in 2017, worth 1,500 a unit on 2018-01-31: 1,800,000 - 1,500,000 - 100,000 taxed 20,000."""
    book = TaxBook(BARE, {"A": 1_500.0, "B": 1.0})
    book.buy("A", day("2017-05-02"), 1_000.0, 100_000.0)
    assert book.liquidation(day("2018-06-01"), {"A": 1_800_000.0}).total == pytest.approx(20_000.0)


def test_what_cannot_be_is_refused() -> None:
    book = two_assets()
    with pytest.raises(ValueError, match="C is sold on 2021-05-04 and was never bought"):
        book.sell("C", day("2021-05-04"), 1.0, 1.0)
    with pytest.raises(ValueError, match="2021-05-03 comes after 2021-05-04"):
        book.interest(day("2021-05-03"), 1.0)
    with pytest.raises(ValueError, match=r"\['B'\] are held on 2021-05-04 and have no proceeds"):
        book.liquidation(day("2021-05-04"), {"A": 1.0})
    book.sell("A", day("2021-05-04"), 1.0, 1.0)
    with pytest.raises(ValueError, match="close the year 2021-22 before 2022-23"):
        book.close_year(2023)
    with pytest.raises(ValueError, match="close the year 2021-22 before 2022-23"):
        book.liquidation(day("2022-04-04"), {"A": 1.0, "B": 1.0})
    book.close_year(2022)
    with pytest.raises(ValueError, match="the year 2021-22 is closed"):
        book.close_year(2022)
    with pytest.raises(ValueError, match="2022-03-31 is in a year that is closed"):
        book.buy("A", day("2022-03-31"), 1.0, 1.0)


STEPS = st.lists(
    st.tuples(st.sampled_from("AB"), st.booleans(), st.floats(1.0, 1e5), st.floats(0.05, 1.0), st.integers(1, 120)),
    max_size=30,
)


@given(STEPS)
def test_every_rupee_of_gain_is_taxed_exempt_or_met_by_a_loss(
    steps: list[tuple[str, bool, float, float, int]],
) -> None:
    """Over all years gains less losses are proceeds less cost, and losses are used, lapsed or still there."""
    book, today, realised = TaxBook(BARE, {"A": 0.0, "B": 0.0}), date(2016, 4, 1), 0.0
    for asset, buys, rupees, share, days in steps:
        later = today + timedelta(days)
        for year in range(financial_year_of(today), financial_year_of(later)):
            book.close_year(year)
        today = later
        if buys:
            book.buy(asset, today, rupees / 10.0, rupees)
        elif book.units(asset) > 0.0:
            sold = book.sell(asset, today, share * book.units(asset), rupees)
            realised += rupees - sum(one.cost for one in sold)
    book.close_year(financial_year_of(today))
    gained = sum(one.gained for year in book.closed for one in year.gains)
    lost = sum(loss.rupees for year in book.closed for loss in year.losses)
    assert gained - lost + sum(year.exempt for year in book.closed) == pytest.approx(realised, abs=1e-6)
    used = sum(one.rupees for year in book.closed for one in year.set_offs)
    lapsed = sum(loss.rupees for year in book.closed for loss in year.lapsed)
    assert used + lapsed + sum(loss.rupees for loss in book.carried) == pytest.approx(lost, abs=1e-6)
    left = sum(one.taxed for year in book.closed for one in year.gains)
    assert gained - used - sum(year.exemption for year in book.closed) == pytest.approx(left, abs=1e-6)
