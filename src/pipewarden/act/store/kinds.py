"""The shipped kinds of documents and what they cite: files of the package, read once."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Any

import yaml

from pipewarden.act.facts import DocumentKind, KindSpec
from pipewarden.act.rules.documents import Law, Samples, read_common, read_kind, read_law, read_samples

_FOLDER = Path(__file__).resolve().parents[2] / "policy" / "documents"


@cache
def shipped_kinds() -> dict[DocumentKind, KindSpec]:
    """Return every kind with the template that ships with it."""
    common = read_common(_read("common"))
    return {kind: read_kind(_read(kind.value), common, f"{kind.value}.yaml") for kind in DocumentKind}


@cache
def shipped_law() -> Law:
    """Return what papers cite."""
    return read_law(_read("law"))


@cache
def shipped_samples() -> Samples:
    """Return made-up values for previews."""
    return read_samples(_read("samples"))


def _read(name: str) -> Any:
    return yaml.safe_load((_FOLDER / f"{name}.yaml").read_text(encoding="utf-8"))
