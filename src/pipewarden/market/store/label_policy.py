"""The shipped rules of labelling, read once."""

from __future__ import annotations

from functools import cache
from importlib import resources
from typing import TYPE_CHECKING

import yaml

from pipewarden.market.rules.labels_policy import read_labelling

if TYPE_CHECKING:
    from datetime import datetime

    from pipewarden.market.facts.labels import LabelPolicy


@cache
def shipped_labelling() -> tuple[tuple[datetime, LabelPolicy], ...]:
    """Return the editions of policy/labelling/CN.yaml; InputError names the key that is wrong."""
    text = resources.files("pipewarden").joinpath("policy", "labelling/CN.yaml").read_text(encoding="utf-8")
    return read_labelling(yaml.safe_load(text), "labelling/CN.yaml")
