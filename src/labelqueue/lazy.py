"""Lazy names: what a package offers, loaded when it is asked for, as pydantic does it."""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping
from importlib import import_module
from typing import Any

__all__ = ["lazily"]


def lazily(package: str, where: Mapping[str, str]) -> Callable[[str], Any]:
    """Make the `__getattr__` of a package.

    Args:
        package: The package.
        where: By name, the module of the package that has it.

    Returns:
        A function that loads a name once, and raises `AttributeError` for any other.
    """

    def load(name: str) -> Any:  # noqa: ANN401 - any of the names
        if name not in where:
            raise AttributeError(f"module {package!r} has no attribute {name!r}")
        found = getattr(import_module(f"{package}.{where[name]}"), name)
        setattr(sys.modules[package], name, found)
        return found

    return load
