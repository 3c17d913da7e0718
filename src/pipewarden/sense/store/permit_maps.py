"""The shipped mappings of permit lists, read once."""

from __future__ import annotations

from functools import lru_cache
from importlib import resources
from typing import TYPE_CHECKING

import yaml

from pipewarden.sense.rules.permits import PermitMapping, read_mapping

if TYPE_CHECKING:
    from collections.abc import Mapping


@lru_cache(maxsize=1)
def shipped_permit_maps() -> Mapping[str, PermitMapping]:
    """Return the mappings of policy/permits by name."""
    folder = resources.files("pipewarden").joinpath("policy", "permits")
    names = sorted(one.name.removesuffix(".yaml") for one in folder.iterdir() if one.name.endswith(".yaml"))
    return {
        name: read_mapping(name, yaml.safe_load(folder.joinpath(f"{name}.yaml").read_text("utf-8"))) for name in names
    }
