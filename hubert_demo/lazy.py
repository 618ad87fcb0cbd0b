"""Names that a package hands out on first use, so that importing it stays cheap."""

from collections.abc import Callable, Mapping
from importlib import import_module


def hand_out(package: str, homes: Mapping[str, str]) -> Callable[[str], object]:
    """A package's `__getattr__`.

    Args:
        package: The package's `__name__`.
        homes: The module of the package that each name is taken from, by name.

    Returns:
        Imports a name's module when the name is first asked for.
    """

    def __getattr__(name: str) -> object:
        if name not in homes:
            raise AttributeError(f"module {package!r} has no attribute {name!r}")
        return getattr(import_module(f"{package}.{homes[name]}"), name)

    return __getattr__
