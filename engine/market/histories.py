"""Reading histories out of an attached store."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any

from engine.market.datasets import HOLDINGS, Holding
from engine.market.keys import Reading, SeriesKey, Variant
from engine.market.layout import data_tables

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd
    from duckdb import DuckDBPyConnection
    from numpy.typing import NDArray


def histories(
    connection: DuckDBPyConnection, keys: Iterable[SeriesKey]
) -> tuple[dict[SeriesKey, pd.DataFrame], dict[SeriesKey, pd.Series]]:
    """The price histories among `keys` and the other quantities; see `Store.read`."""
    import pandas as pd  # noqa: PLC0415  # not for commands that only look

    kinds: dict[Variant | Reading, list[str]] = {}
    for key in keys:
        kinds.setdefault(key.variant, []).append(key.name)
    bars, readings = {}, {}
    for variant, names in kinds.items():
        for name, (dates, opens, values) in _histories(connection, variant, names).items():
            key, index = SeriesKey(name, variant), pd.DatetimeIndex(dates, name="date")
            if key.priced:
                bars[key] = pd.DataFrame({"open": opens, "close": values}, index=index)
            else:
                readings[key] = pd.Series(values, index=index)
    return bars, readings


def union(holdings: Iterable[Holding]) -> str:
    """The series of some kinds, one below the other, in SQL."""
    return " UNION ALL ".join(holding.select for holding in holdings)


def _histories(
    connection: DuckDBPyConnection, variant: Variant | Reading, names: Sequence[str]
) -> dict[str, tuple[NDArray[np.datetime64], NDArray[np.float64], NDArray[np.float64]]]:
    """Dates, opens and values of each name in one variant, oldest first; one query is quicker than one for each."""
    import numpy as np  # noqa: PLC0415  # not for commands that only look

    there = data_tables(connection)
    mine = union(held for held in HOLDINGS if held.variant == variant and held.dataset in there)
    found = connection.execute(
        f"SELECT place, date, open, value FROM ({mine}) "
        "JOIN (SELECT unnest($names) AS name, unnest(range(len($names))) AS place) USING (name) ORDER BY place, date",
        {"names": list(names)},
    ).fetchnumpy()
    edges = np.searchsorted(found["place"], np.arange(1, len(names)))
    dates = np.split(np.asarray(found["date"]).astype("datetime64[s]"), edges)
    opens, values = (np.split(_with_gaps(found[column]), edges) for column in ("open", "value"))
    return dict(zip(names, zip(dates, opens, values, strict=True), strict=True))


def _with_gaps(column: Any) -> NDArray[np.float64]:
    """A column as DuckDB hands it out, masked where missing, with NaN there."""
    import numpy as np  # noqa: PLC0415  # not for commands that only look

    values: NDArray[np.float64] = np.ma.filled(np.ma.asarray(column, dtype=float), np.nan)
    return values
