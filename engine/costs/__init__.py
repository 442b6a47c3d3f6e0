"""What trading costs in India: charges by date and vehicle, and brokerage; rupees, fractions and basis points."""

from engine.costs.proxies import has_proxy, vehicle_of, vehicles
from engine.costs.rates import Rates, charges
from engine.costs.rows import NAMES, VEHICLES, Brokerage, ChargeRow, clash
from engine.costs.schedule import Schedule

__all__ = [
    "NAMES", "VEHICLES", "Brokerage", "ChargeRow", "Rates", "Schedule", "charges", "clash", "has_proxy", "vehicle_of",
    "vehicles",
]  # fmt: skip
