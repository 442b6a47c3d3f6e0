"""The first book: what is traded, on which terms, and what is left, in numpy and for all variants at once."""

from engine.accounting.book import DUST, SPECK, Book, keep_book
from engine.accounting.orders import Exchange, Orders
from engine.accounting.postcost import post_cost_value, post_cost_value_exact
from engine.accounting.rows import Rows
from engine.accounting.taxation import TaxAccount, Taxation
from engine.accounting.terms import BPS, Brokerage, Terms

__all__ = [
    "BPS", "DUST", "SPECK", "Book", "Brokerage", "Exchange", "Orders", "Rows", "TaxAccount", "Taxation", "Terms",
    "keep_book", "post_cost_value", "post_cost_value_exact",
]  # fmt: skip
