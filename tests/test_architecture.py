"""The layers hold: imports point down only, and vectorbt is spoken in one file."""

from __future__ import annotations

import ast
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
LAYERS = [
    "errors", "metrics", "cache", "market", "blocks", "costs", "tax", "config", "plan", "accounting", "simulation",
    "portfolios", "aftertax", "attribution", "claims", "horizons", "run", "dealings", "results", "research", "report",
    "cli",
]  # fmt: skip
ALLOWED_IN_STRATEGIES = {"engine.blocks", "engine.errors", "engine.metrics", "engine.market"}
HEAVY = {"vectorbt", "altair", "vl_convert", "arch", "statsmodels", "scipy", "numba", "requests"}


def imports(path: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield node.module or ""
            yield from (f"{node.module}.{alias.name}" for alias in node.names if node.module == "engine")


def layer(module: str) -> str | None:
    parts = module.split(".")
    return parts[1] if parts[0] == "engine" and len(parts) > 1 and parts[1] in LAYERS else None


ENGINE = sorted((ROOT / "engine").rglob("*.py"))
STRATEGIES = sorted((ROOT / "strategies").rglob("*.py"))


@pytest.mark.parametrize("path", [path for path in ENGINE if path.parent != ROOT / "engine" or path.stem != "__init__"],
                         ids=lambda path: str(path.relative_to(ROOT)))  # fmt: skip
def test_imports_point_down(path: Path) -> None:
    mine = layer(".".join(path.relative_to(ROOT).with_suffix("").parts))
    assert mine is not None, f"{path.name} stands in no layer"
    upward = [name for name in imports(path) if (other := layer(name)) and LAYERS.index(other) > LAYERS.index(mine)]
    assert upward == []


@pytest.mark.parametrize("path", STRATEGIES, ids=lambda path: path.stem)
def test_strategies_know_little_of_the_engine(path: Path) -> None:
    known = [name for name in imports(path) if name.startswith("engine")]
    assert [name for name in known if not any(name.startswith(room) for room in ALLOWED_IN_STRATEGIES)] == []


def test_the_engine_knows_no_strategy() -> None:
    assert [path for path in ENGINE if any(name.split(".")[0] == "strategies" for name in imports(path))] == []


def test_vectorbt_is_spoken_in_one_file() -> None:
    speakers = [
        path for path in (*ENGINE, *STRATEGIES) if any(name.split(".")[0] == "vectorbt" for name in imports(path))
    ]
    assert speakers == [ROOT / "engine" / "simulation.py"]


@pytest.mark.parametrize(
    "command",
    [
        ["--help"],
        ["validate", "configs/midcap_rotation.yaml"],
        ["list"],
        ["explain", "configs/midcap_rotation.yaml"],
        ["schema"],
    ],
    ids=lambda c: c[0],
)
def test_light_commands_load_nothing_heavy(command: list[str]) -> None:
    heavy = HEAVY | (set() if command[0] == "validate" else {"pandas"})  # it looks at the decisions as well
    script = (
        "import sys; sys.argv = ['backtest', *sys.argv[1:]]\n"
        "from engine.cli import main\n"
        "try:\n    main()\nexcept SystemExit as left:\n    assert left.code in (0, None), left.code\n"
        f"print('LOADED', sorted({heavy!r} & set(sys.modules)))"
    )
    done = subprocess.run(
        [sys.executable, "-c", script, *command], cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert done.stdout.splitlines()[-1] == "LOADED []"


def test_the_public_face_is_pinned() -> None:
    import engine  # noqa: PLC0415  # the face itself is under test

    assert sorted(engine.__all__) == ["EngineError", "Market", "Result", "load_config", "load_market", "run"]
    for name in engine.__all__:
        assert callable(getattr(engine, name)), name
    with pytest.raises(AttributeError, match="no attribute 'nothing'"):
        engine.nothing  # noqa: B018
