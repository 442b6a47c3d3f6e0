"""Whose figure is used where two sources differ, and how a row says which source each of its figures has.

| rank | source | recognised by its text |
|---|---|---|
| 1 | your own files, imported by hand | everything that no line below claims; always the bare name of a file |
| 2 | the publishers themselves, asked by `data update` | `niftyindices.com`, `bseindia.com`, `nseindia.com`, ... |
| 3 | the daily index files | `ind_close_all`, `nsearchives`, `daily index file` |
| 4 | downloads of the publishers that passed through other hands | the word niftyindices, nse, bse or nseindia |
| 5 | Yahoo | yahoo, yfinance |

The lower rank is used. Where ranks are equal the newer figure is. What is not used is kept in the table `others`.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

OWN, PUBLISHER, DAILY_FILE, DOWNLOAD, YAHOO = 1, 2, 3, 4, 5

PUBLISHERS = frozenset(
    {"niftyindices.com", "bseindia.com", "nseindia.com", "nsdl", "nsdl.co.in", "fpi.nsdl.co.in", "asiaindex.co.in"}
)
_PATTERNS = (
    (re.compile(r"yahoo|yfinance"), YAHOO),
    (re.compile(r"ind_close_all|nsearchives|daily index file"), DAILY_FILE),
    (re.compile(r"(?<![a-z0-9])(niftyindices|nseindia|bseindia|nse|bse)(?![a-z0-9])"), DOWNLOAD),
)
_REMARK = re.compile(r" \([^()]*\)$")  # as in `nseindia.com (provisional)`
_FILE_NAME = re.compile(r"[^:;/]+\.(csv|parquet)")


def rank_of(source: str) -> int:
    """The rank of a source by its text, from 1 (used first) to 5."""
    text = source.strip().lower()
    if _REMARK.sub("", text).removeprefix("www.") in PUBLISHERS:
        return PUBLISHER
    if _FILE_NAME.fullmatch(text):
        return OWN
    return next((rank for pattern, rank in _PATTERNS if pattern.search(text)), OWN)


def sources_of(text: str, fields: Sequence[str]) -> dict[str, str]:
    """The source of each field of a row: `niftyindices.com; volume: mine.csv` has all but the volume from the site."""
    names = "|".join(map(re.escape, fields))
    main, *parts = re.split(rf"; (?=(?:{names})(?:, (?:{names}))*: )", text)
    found = dict.fromkeys(fields, main)
    for part in parts:
        named, _, source = part.partition(": ")
        found |= dict.fromkeys(named.split(", "), source)
    return found


def told(sources: Mapping[str, str], first: Sequence[str]) -> str:
    """The text of a row whose known fields have these sources: the source of its main field, then the exceptions.

    The main field is the first of `first` that is known, else the first there is.
    """
    main = sources[next((field for field in first if field in sources), next(iter(sources)))]
    apart: dict[str, list[str]] = {}
    for field, source in sources.items():
        if source != main:
            apart.setdefault(source, []).append(field)
    return "; ".join([main, *(f"{', '.join(fields)}: {source}" for source, fields in apart.items())])
