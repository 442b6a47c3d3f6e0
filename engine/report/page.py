"""One self-contained page: templates, the inlined chart library, and a policy that lets nothing else run or load."""

from __future__ import annotations

import base64
import hashlib
import json
from functools import cache
from importlib.metadata import version
from typing import Any, NamedTuple

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from engine.cache import cached_bytes

FONT = "system-ui, -apple-system, 'Segoe UI', Roboto, 'Noto Sans', sans-serif"


def render(template: str, context: dict[str, Any], charts: dict[str, Any]) -> str:
    """The page of a template; `charts` are Altair charts by the id of the element they are drawn in."""
    from engine.report.charts import FORMAT_LOCALE, VEGA_LITE, spec_of, theme  # noqa: PLC0415  # imports Altair

    library, starter = _inline(_library(VEGA_LITE)), _inline(_file("page.js"))
    options = {"config": theme("var(--ink)", "var(--faint)", FONT), "formatLocale": FORMAT_LOCALE}
    return _environment().get_template(template).render(
        context,
        font=Markup(FONT),
        style=Markup(_file("page.css")),
        policy=_policy(library, starter),
        library=library,
        starter=starter,
        options=_json(options),
        charts={name: _drawn(spec_of(chart)) for name, chart in charts.items()},
    )  # fmt: skip


class Drawn(NamedTuple):
    """A chart as the templates need it: what it shows in words, and its specification."""

    description: str
    spec: Markup


def _drawn(spec: dict[str, Any]) -> Drawn:
    return Drawn(spec["description"], _json(spec))


@cache
def _environment() -> Environment:
    return Environment(
        loader=PackageLoader("engine.report"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )


def _file(name: str) -> str:
    environment = _environment()
    assert environment.loader is not None
    return environment.loader.get_source(environment, name)[0]


@cache
def _library(vega_lite: str) -> str:
    """Vega, Vega-Lite and Vega-Embed as one script, which takes seconds to bundle and is kept in the user's cache."""

    def bundle() -> bytes:
        import vl_convert  # noqa: PLC0415  # a second of start-up, only where there is nothing in the cache

        return str(vl_convert.javascript_bundle("window.vegaEmbed = vegaEmbed;", vl_version=vega_lite)).encode()

    return cached_bytes("vega-embed.js", f"{version('vl-convert-python')} {vega_lite}", bundle).decode()


def _inline(script: str) -> Markup:
    """A script that cannot end its own element early."""
    return Markup(script.replace("</script", r"<\/script").replace("<!--", r"<\!--").strip())


def _json(value: Any) -> Markup:
    """JSON for a data block: no character in it can open or close an element."""
    text = json.dumps(value, separators=(",", ":"), ensure_ascii=False, allow_nan=False)
    return Markup(text.replace("&", r"\u0026").replace("<", r"\u003c").replace(">", r"\u003e"))


def _policy(*scripts: str) -> str:
    """Content security policy: only these scripts run, and nothing is fetched from anywhere.

    Vega compiles its expressions, which is what 'unsafe-eval' allows, and sets styles on the elements it draws.
    """
    digests = [base64.b64encode(hashlib.sha256(script.encode()).digest()).decode() for script in scripts]
    allowed = " ".join(f"'sha256-{digest}'" for digest in digests)
    return (
        f"default-src 'none'; script-src {allowed} 'unsafe-eval'; style-src 'unsafe-inline'; img-src data:; "
        "base-uri 'none'; form-action 'none'"
    )
