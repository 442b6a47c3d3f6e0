"""`backtest data`: the market store."""

from __future__ import annotations

import typer

from engine.cli.check import check
from engine.cli.doctor import doctor
from engine.cli.export import export_data
from engine.cli.import_ import import_data
from engine.cli.status import status_of_data
from engine.cli.update import update
from engine.cli.verify_registry import verify_registry

data = typer.Typer(no_args_is_help=True, help="The market store: import or fetch history, see what is there.")
data.command("import")(import_data)
data.command("check")(check)
data.command("status")(status_of_data)
data.command("export")(export_data)
data.command("verify-registry")(verify_registry)
data.command("update")(update)
data.command("doctor")(doctor)
