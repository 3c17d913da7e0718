"""The shipped words of messages: files of the package, read once."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Any

import yaml

from pipewarden.act.rules.words import Words
from pipewarden.casework.facts import Urgency
from pipewarden.people.facts import Language

_FOLDER = Path(__file__).resolve().parents[2] / "policy" / "messages"
_OTHER = frozenset({"version", "urgency", "levels", "zones", "texts"})


@cache
def shipped_words() -> dict[Language, Words]:
    """Return ``policy/messages/*.yaml`` by language."""
    return {language: _words(_FOLDER / f"{language.value}.yaml") for language in Language}


def _words(path: Path) -> Words:
    said: dict[str, Any] = yaml.safe_load(path.read_text(encoding="utf-8"))
    return Words(
        urgency={Urgency(key): str(text) for key, text in said["urgency"].items()},
        levels={int(key): str(text) for key, text in said["levels"].items()},
        zones={str(key): str(text) for key, text in said["zones"].items()},
        frame={str(key): str(text) for key, text in said.items() if key not in _OTHER},
        texts={str(key): str(text) for key, text in said["texts"].items()},
    )
