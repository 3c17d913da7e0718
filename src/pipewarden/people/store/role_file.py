"""Where the shipped role book lies: a file of the package."""

from __future__ import annotations

from importlib import resources

FILE = "policy/roles.yaml"


def text() -> str:
    """Return ``policy/roles.yaml`` as shipped."""
    return resources.files("pipewarden").joinpath(FILE).read_text(encoding="utf-8")
