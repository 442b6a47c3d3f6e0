"""`backtest explain`: a strategy said back in plain sentences."""

from __future__ import annotations

from engine.cli.terminal import ConfigsArgument, JsonOption, PluginsOption, SetOption, out, say_json


def explain_configs(
    configs: ConfigsArgument, overrides: SetOption = None, plugins: PluginsOption = False, as_json: JsonOption = False
) -> None:
    """Say strategies back in plain sentences, without running them."""
    from engine.config.load import load_config  # noqa: PLC0415  # not needed for --help
    from engine.research.explain import explain  # noqa: PLC0415

    told = {str(path): explain(load_config(path, overrides or (), allow_plugins=plugins)) for path in configs}
    if as_json:
        say_json({"strategies": [{"file": path, "sentences": lines} for path, lines in told.items()]})
        return
    for place, lines in enumerate(told.values()):
        out().print("\n".join([""] * bool(place) + lines), markup=False, soft_wrap=False)
