"""The shipped rule packs and assumptions: files of the package, read once; a tenant's own edits will be rows."""

from __future__ import annotations

from functools import cache
from pathlib import Path

import yaml

from pipewarden.network.rules.packs import Assumptions, Pack, read_assumptions, read_pack

_POLICY = Path(__file__).resolve().parents[2] / "policy"


@cache
def shipped_packs() -> tuple[Pack, ...]:
    """Return every rule pack in policy/packs; InputError names the file and key that is wrong."""
    files = sorted((_POLICY / "packs").glob("*.yaml"))
    return tuple(read_pack(yaml.safe_load(path.read_text(encoding="utf-8")), path.name) for path in files)


@cache
def shipped_assumptions() -> Assumptions:
    """Return policy/assumptions.yaml; InputError names the key that is wrong."""
    path = _POLICY / "assumptions.yaml"
    return read_assumptions(yaml.safe_load(path.read_text(encoding="utf-8")), path.name)


@cache
def shipped_mappings() -> frozenset[str]:
    """Return the names of the mappings in policy/mappings."""
    return frozenset(path.stem for path in (_POLICY / "mappings").glob("*.yaml"))


@cache
def mapping_body(name: str) -> dict[str, object]:
    """Return the content of a shipped mapping; the caller copies before it changes anything."""
    body: dict[str, object] = yaml.safe_load((_POLICY / "mappings" / f"{name}.yaml").read_text(encoding="utf-8"))
    return body
