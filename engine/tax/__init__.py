"""Indian capital-gains tax: a resident's listed shares and equity funds, with securities transaction tax paid.

No market and no simulation: what was bought, sold and earned is told to a `TaxBook`, which says what is due. The rules,
and where they depart from the law, stand in docs/tax.md.
"""

from engine.tax.assessment import YEARS_CARRIED, Gains, Loss, SetOff, Term, YearTax, year_tax
from engine.tax.book import TaxBook
from engine.tax.deposit import deposit
from engine.tax.lots import FAIR_VALUE_DAY, Disposal, Lot, Lots
from engine.tax.rates import Cess, Rates, cess_of, cess_rows, exemption_of, rate_rows, rates_on
from engine.tax.settings import TaxSettings
from engine.tax.years import YearEnd, financial_year_of, year_ends, year_name

__all__ = [
    "FAIR_VALUE_DAY", "YEARS_CARRIED", "Cess", "Disposal", "Gains", "Loss", "Lot", "Lots", "Rates", "SetOff",
    "TaxBook", "TaxSettings", "Term", "YearEnd", "YearTax", "cess_of", "cess_rows", "deposit", "exemption_of",
    "financial_year_of", "rate_rows", "rates_on", "year_ends", "year_name", "year_tax",
]  # fmt: skip
