"""The shipped words and profiles of questions with pictures: files of the package, read once."""

from __future__ import annotations

from functools import cache
from pathlib import Path

import yaml

from pipewarden.inference.rules.profiles import Profiles, read_profiles
from pipewarden.inference.rules.words import Words, read_words

_VISION = Path(__file__).resolve().parents[2] / "policy" / "vision"


@cache
def shipped_words() -> Words:
    """Return policy/vision/words.yaml; InputError names the key that is wrong."""
    return read_words(yaml.safe_load((_VISION / "words.yaml").read_text(encoding="utf-8")), "words.yaml")


@cache
def shipped_profiles() -> Profiles:
    """Return policy/vision/models.yaml; InputError names the key that is wrong."""
    return read_profiles(yaml.safe_load((_VISION / "models.yaml").read_text(encoding="utf-8")), "models.yaml")
