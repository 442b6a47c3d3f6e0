"""A result and its folder: `results/<name>-<digest8>/`, written whole or not at all."""

from __future__ import annotations

import hashlib
import json
import math
import os
import shutil
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import TYPE_CHECKING, Any

import yaml

from engine import __version__
from engine.errors import ResultError
from engine.market.exporting import swap
from engine.market.finding import counts

if TYPE_CHECKING:
    import pandas as pd

    from engine.run import Result

DIGITS = 12
COMPLETE = "manifest.json"
FILES_OF_ENTRY = ("summary.json", COMPLETE)
PACKAGES = ("vectorbt", "vectorbt-rust", "pandas", "numpy", "numba", "statsmodels", "arch", "duckdb")


@dataclass(frozen=True)
class Identity:
    """What a result is the result of; equal identities give byte-identical files (the manifest apart)."""

    config: str
    market: str

    @property
    def digest(self) -> str:
        """SHA-256 over the normalised strategy, the series it read and the engine's version."""
        return _sha256(f"{self.config}\0{self.market}\0{__version__}")


def identity_of(result: Result) -> Identity:
    """The identity of a result."""
    plugins = [_sha256(file.read_text("utf-8")) for file in result.config.plugin_files]
    return Identity(_sha256(_json([result.config.normalised(), *plugins])), result.market.digest)


def folder_of(result: Result, out: Path) -> Path:
    """Where a result belongs."""
    return out / f"{result.config.name}-{identity_of(result).digest[:8]}"


def write(
    result: Result, out: Path, command: list[str], more: Callable[[str], Mapping[str, str]], *, force: bool = False
) -> Path:
    """Write a result folder unless it exists complete; `more` makes further files from the normalised YAML.

    Everything is written to a sibling and renamed. Raises ResultError when `out` cannot be written.
    """
    folder = folder_of(result, out)
    if (folder / COMPLETE).exists() and not force:
        return folder
    text = normalised_yaml(result)
    draft = out / f".{folder.name}.{os.getpid()}.tmp"
    try:
        out.mkdir(parents=True, exist_ok=True)
        draft.mkdir()
        for name, content in {**_files(result, text), **more(text), COMPLETE: _manifest(result, command)}.items():
            (draft / name).write_text(content, encoding="utf-8", newline="\n")
        swap(draft, folder)
    except OSError as error:
        raise ResultError(f"{folder}: cannot be written: {error.strerror or error}") from error
    finally:
        shutil.rmtree(draft, ignore_errors=True)
    return folder


def _files(result: Result, text: str) -> dict[str, str]:
    return {
        "config.yaml": text,
        "summary.json": _json(summary(result)),
        "attribution.json": _json(attribution(result)),
        "nav.csv": _csv(nav_frame(result)),
        "weights.csv": _csv(weights_frame(result)),
        "trades.csv": _csv(trades_frame(result)),
    }


def normalised_yaml(result: Result) -> str:
    """The strategy with every default spelled out; it loads back to the same strategy."""
    return yaml.safe_dump(_literal(result.config.normalised()), sort_keys=False, allow_unicode=True, width=100)


def _literal(value: Any) -> Any:
    """Plain data whose texts are not taken for params when they are read again."""
    if isinstance(value, dict):
        return {key: _literal(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_literal(item) for item in value]
    return value.replace("${", "$${") if isinstance(value, str) else value


def summary(result: Result) -> dict[str, Any]:
    """The measures of `summary.json`: fractions, rupees and ISO dates."""
    from engine.dealings import dealings  # noqa: PLC0415  # `list` reads folders without pandas

    window, fit = result.window, result.regression
    found = {
        "name": result.config.name,
        "title": result.config.title,
        "start": str(window.start),
        "end": str(window.end),
        "sessions": window.sessions,
        "simulated": result.market.simulated,
        "capital": result.ledger.capital,
        **result.measures,
        "benchmark": {"name": result.config.market.benchmark, **result.benchmark_measures},
        "active": {
            **result.active_measures,
            "alpha_t": fit.alpha_t if fit else None,
            "total": result.attribution.total,
        },
        "decisions": len(result.plan.decisions),
        "fills": result.ledger.orders,
        **dealings(result),
        "claims": [check.plain() for check in result.claims],
        "horizons": result.horizons.plain(),
        "survivorship": [grade.plain() for grade in result.survivorship],
        "data_findings": counts(result.market.findings),
        "marks": dict(result.plan.marks),
        "notes": list(result.notes),
    }
    return dict(rounded(found))


def attribution(result: Result) -> dict[str, Any]:
    """The parts of the active return, linked over the window (Carino), with the largest residuals.

    `rule_shares` are what each part of the file earned, log growth a year, or under `unknown` why that is not known.
    """
    ledger, linked = result.attribution, result.attribution.over_window()
    fit, shares = result.regression, result.rule_shares
    found = {
        "simulated": result.market.simulated,
        "method": "carino",
        "active": ledger.total,
        "residual_daily": ledger.residual,
        "residual_linked": float(linked.sum() - ledger.total),
        "parts": {
            "static": _plain(linked["static"]),
            "timing": _plain(linked["timing"]),
            "cash": float(linked["cash"].sum()),
            "costs": _plain(linked["costs"]),
        },
        "by_rule": {str(rule): _plain(row) for rule, row in ledger.by_rule().iterrows()},
        "by_year": {str(year): _plain(row) for year, row in ledger.by_year().iterrows()},
        "rule_shares": {"unknown": shares} if isinstance(shares, str) else shares.plain(),
        "sectors": _sectors(result),
        "market_model": None if fit is None else dict(vars(fit)),
    }
    return dict(rounded(found))


def _sectors(result: Result) -> dict[str, Any]:
    """By segment: mean weights of both and linked effects; the sectors without an index; or why there is nothing."""
    found = result.sectors
    if found is None:
        return {"why": result.no_sectors}
    table = {str(segment): _plain(row) for segment, row in found.by_segment().iterrows()}
    return {
        "segments": table,
        "rest": list(found.rest),
        "sessions_without_weights": found.without_weights,
        "residual_daily": found.residual,
    }


def _plain(values: pd.Series) -> dict[str, float]:
    return {str(name): float(value) for name, value in values.items()}


def nav_frame(result: Result) -> pd.DataFrame:
    """date, both values in rupees, the cash rate (a fraction a year), cash's daily return, flags of hindsight."""
    import pandas as pd  # noqa: PLC0415  # `list` reads folders without pandas

    from engine.market.cash import cash_rate  # noqa: PLC0415

    days = result.ledger.nav.index
    rate = cash_rate(days.to_numpy("datetime64[D]"), result.config.execution.cash_spread)
    columns = {"strategy": result.ledger.nav, "benchmark": result.benchmark.nav, "cash_rate": rate}
    columns |= {"cash_return": result.cash_returns}
    flags = {name: getattr(result.horizons, name).astype(int) for name in ("backfilled", "before_proxy")}
    return pd.DataFrame({**columns, **flags}, index=days).rename_axis("date").reset_index()


def weights_frame(result: Result) -> pd.DataFrame:
    """Target weights at each decision (kind `target`) and actual weights at each close (kind `actual`)."""
    import pandas as pd  # noqa: PLC0415  # `list` reads folders without pandas

    from engine.plan.plan import targets_frame  # noqa: PLC0415

    targets = targets_frame(result.plan, result.market)
    targets.insert(0, "rule", result.plan.rule_names)
    targets.insert(0, "kind", "target")
    actual = result.ledger.weights[list(result.plan.assets)].assign(CASH=result.ledger.cash / result.ledger.nav)
    actual.insert(0, "rule", result.attribution.rule)
    actual.insert(0, "kind", "actual")
    both = pd.concat([targets, actual]).rename_axis("date").reset_index()
    return both.sort_values(["date", "kind"], kind="stable", ignore_index=True)


def trades_frame(result: Result) -> pd.DataFrame:
    """Every fill with its rule, units, price and each charge by name; orders that waited say so."""
    fills = result.ledger.fills.copy()
    rule = dict(zip(result.market.sessions[result.plan.decisions], result.plan.rule_names, strict=True))
    fills.insert(2, "rule", [rule[decided] for decided in fills["decided"]])
    return fills


def _csv(frame: pd.DataFrame) -> str:
    numbers = frame.select_dtypes("number").columns
    frame = frame.assign(**{name: frame[name] + 0.0 for name in numbers if frame[name].dtype.kind == "f"})
    return str(frame.to_csv(index=False, float_format=f"%.{DIGITS}g", date_format="%Y-%m-%d", lineterminator="\n"))


def _json(value: Any) -> str:
    return json.dumps(rounded(value), indent=2, ensure_ascii=False, allow_nan=False) + "\n"


def rounded(value: Any) -> Any:
    """Plain JSON with 12 significant digits and ISO dates; a number that is none becomes null."""
    if isinstance(value, Mapping):
        return {str(key): rounded(part) for key, part in value.items()}
    if isinstance(value, list | tuple):
        return [rounded(part) for part in value]
    if isinstance(value, float):
        return float(f"{value:.{DIGITS}g}") + 0.0 if math.isfinite(value) else None
    return str(value) if isinstance(value, date) else value


def _manifest(result: Result, command: list[str]) -> str:
    from datetime import UTC, datetime  # noqa: PLC0415  # the one file that may differ between equal runs

    identity = identity_of(result)
    return _json(
        {
            "digest": identity.digest,
            "config_digest": identity.config,
            "data_digest": identity.market,
            "data": result.market.origin,
            "simulated": result.market.simulated,
            "series": sorted(map(str, result.market.bars)),
            "window": {"start": str(result.window.start), "end": str(result.window.end)},
            "engine": __version__,
            "versions": {name: _version(name) for name in PACKAGES},
            "command": command,
            "written": datetime.now(UTC).isoformat(),
        }
    )


def _version(package: str) -> str | None:
    try:
        return version(package)
    except PackageNotFoundError:
        return None


def _sha256(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


@dataclass(frozen=True)
class Entry:
    """One complete result folder."""

    folder: Path
    summary: dict[str, Any]
    manifest: dict[str, Any]


def _check(summary: dict[str, Any]) -> None:
    """Raise TypeError or LookupError unless a summary has what a list of results shows."""
    numbers = (summary["cagr"], summary["max_drawdown"], summary["active"]["cagr"])
    if not all(number is None or isinstance(number, int | float) for number in numbers):
        raise TypeError("a measure is no number")
    if not all(isinstance(summary[key], str) for key in ("name", "start", "end")):
        raise TypeError("its name or dates are no text")
    if not isinstance(summary["simulated"], bool):
        raise TypeError("it does not say whether it is simulated")


def entries(out: Path) -> Iterator[Entry]:
    """Every complete result below `out`, newest first. Raises ResultError for a folder that cannot be read."""
    if not out.is_dir():
        return
    found = []
    for manifest in sorted(out.glob(f"[!.]*/{COMPLETE}")):
        try:
            summary, about = (json.loads((manifest.parent / name).read_text("utf-8")) for name in FILES_OF_ENTRY)
            _check(summary)
            written = str(about["written"])
        except (OSError, ValueError, TypeError, LookupError, RecursionError) as error:
            raise ResultError(f"{manifest.parent}: cannot be read as a result: {error}") from error
        found.append((written, Entry(manifest.parent, summary, about)))
    yield from (entry for _, entry in sorted(found, key=lambda one: one[0], reverse=True))
