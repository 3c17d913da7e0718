"""The shipped field maps, read once."""

from __future__ import annotations

from functools import lru_cache
from importlib import resources
from typing import TYPE_CHECKING

import yaml

from pipewarden.sense.rules.devices import FieldMap, field_map

if TYPE_CHECKING:
    from collections.abc import Mapping


@lru_cache(maxsize=1)
def shipped_maps() -> Mapping[str, FieldMap]:
    """Return the maps of policy/devices by name."""
    folder = resources.files("pipewarden").joinpath("policy", "devices")
    names = sorted(one.name.removesuffix(".yaml") for one in folder.iterdir() if one.name.endswith(".yaml"))
    return {name: field_map(name, yaml.safe_load(folder.joinpath(f"{name}.yaml").read_text("utf-8"))) for name in names}
