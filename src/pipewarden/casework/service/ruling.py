"""Which rules and weights rule for a tenant now: its own active version, else the shipped file.

A text that was taken once and that this release can no longer read never stops a site's events: the shipped file rules
meanwhile, and a breach says so.
"""

from __future__ import annotations

import hashlib
from functools import lru_cache
from typing import TYPE_CHECKING

import structlog

from pipewarden.casework import store
from pipewarden.casework.facts import PolicyKind
from pipewarden.casework.rules.risk import policy_at
from pipewarden.casework.rules.risk_file import read_risk
from pipewarden.casework.rules.supervision_file import read_supervision
from pipewarden.kit.errors import InputError

if TYPE_CHECKING:
    from datetime import datetime
    from pathlib import Path

    from pipewarden.casework.facts import RiskPolicy
    from pipewarden.casework.rules.supervision_file import Supervision
    from pipewarden.kit.work import Work

log = structlog.get_logger(__name__)
_SHIPPED: dict[PolicyKind, Path] = {PolicyKind.SUPERVISION: store.SUPERVISION_FILE, PolicyKind.RISK: store.RISK_FILE}


def digest(text: str) -> str:
    """Return the SHA-256 of a policy's text."""
    return hashlib.sha256(text.encode()).hexdigest()


def shipped_text(kind: PolicyKind) -> str:
    """Return the shipped file of a kind."""
    return _SHIPPED[kind].read_text(encoding="utf-8")


def shipped_version(kind: PolicyKind, at: datetime) -> str:
    """Return what the shipped policy of a moment calls itself."""
    if kind is PolicyKind.SUPERVISION:
        return store.shipped_supervision().version
    return policy_at(store.shipped_risk(), at).version


def supervision(work: Work) -> Supervision:
    """Return the supervision rules that rule for the tenant worked for."""
    own = store.ruling.ruling(work, PolicyKind.SUPERVISION)
    if own is None:
        return store.shipped_supervision()
    try:
        return _rules(own.text, own.version)
    except InputError as error:
        _unreadable(work, own.version, error)
        return store.shipped_supervision()


def risk(work: Work, at: datetime) -> RiskPolicy:
    """Return the risk weights of a moment; a version of the tenant's own that begins later does not rule before."""
    own = store.ruling.ruling(work, PolicyKind.RISK)
    shipped = policy_at(store.shipped_risk(), at)
    if own is None:
        return shipped
    try:
        found = _weights(own.text, own.version)
    except InputError as error:
        _unreadable(work, own.version, error)
        return shipped
    return found if found.since <= at.astimezone(found.zone).date() else shipped


@lru_cache(maxsize=64)
def _rules(text: str, name: str) -> Supervision:
    return read_supervision(text, name, store.violations())


@lru_cache(maxsize=64)
def _weights(text: str, name: str) -> RiskPolicy:
    return read_risk(text, name)


def _unreadable(work: Work, version: str, error: InputError) -> None:
    log.error("a version in force cannot be read", tenant=str(work.tenant_id), version=version, field=error.field)
    words = f"the shipped policy rules, because {version} cannot be read any more: {error.field} {error.problem}"
    store.watched.add_breach(work, "policy_unreadable", work.tenant_id, words)
