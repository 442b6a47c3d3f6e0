"""jugaad-data, spoken in this file alone: its session, headers and paths for niftyindices.com.

Its own fetching is not used: it asks month by month (232 requests for twenty years of one series), waits for ever, and
keeps an empty answer in its cache for good.
"""

from __future__ import annotations

from typing import NamedTuple

import requests
from jugaad_data.nse.history import NSEIndexHistory

from engine.errors import ProviderError


class Routes(NamedTuple):
    """A session with the headers the site expects, and where each kind of history is asked for."""

    session: requests.Session
    base_url: str
    price: str
    total: str
    valuation: str


def niftyindices_routes() -> Routes:
    """A new session, without any cookie yet, and the paths below the base address."""
    site = NSEIndexHistory()
    session: requests.Session = site.s
    session.headers.pop("Host", None)  # the library spells it out; it is that of the address, which may be another
    try:
        price, total, ratios = (site.path_map[f"index_{kind}history"] for kind in ("", "tri_", "pe_"))
    except KeyError as error:
        raise ProviderError(
            f"niftyindices.com: the installed jugaad-data has no path {error}; install the version of requirements.lock"
        ) from error
    return Routes(session, str(site.base_url), price, total, ratios)
