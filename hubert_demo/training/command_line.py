"""How the commands of the recipe are described and read."""

from __future__ import annotations

import argparse
from collections.abc import Callable
from dataclasses import fields
from pathlib import Path
from typing import Any, TypeAlias, TypeVar

Commands: TypeAlias = "argparse._SubParsersAction[argparse.ArgumentParser]"
Settings = TypeVar("Settings")


def command(
    commands: Commands,
    name: str,
    run: Callable[[argparse.Namespace], None],
    summary: str,
    data: bool = False,
    seed: bool = False,
) -> argparse.ArgumentParser:
    """A command, with the option of a data folder and that of a seed where it has them."""
    added = commands.add_parser(name, help=summary)
    added.set_defaults(run=run)
    if data:
        added.add_argument("--data", type=Path, default=Path("data"), help="folder of corpora with manifests")
    if seed:
        added.add_argument("--seed", type=int, default=0)
    return added


def add_settings(added: argparse.ArgumentParser, settings: Any) -> None:
    """An option for each choice of a run, a dataclass with defaults; `command` adds that of the seed."""
    for field in fields(settings):
        if field.name != "seed":
            option = "--" + field.name.replace("_", "-")
            added.add_argument(option, type=type(field.default), default=field.default)


def settings_from(settings: type[Settings], arguments: argparse.Namespace) -> Settings:
    """The choices that were given."""
    names = [field.name for field in fields(settings)]  # type: ignore[arg-type]
    return settings(**{name: getattr(arguments, name) for name in names if name in arguments})
