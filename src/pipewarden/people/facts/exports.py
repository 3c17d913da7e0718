"""The record taken out of the house for who checks it elsewhere: what an export is of, and what checking it found."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class ExportAbout:
    """What an export is of.

    Attributes:
        tenant: id of the tenant whose record it is, and ``issuer`` its name.
        first: number of its first entry and ``last`` of its last one; 0 where it holds none.
        whole: whether the chain ended with ``last`` when it was made.
        masked: whether what may name somebody was left out.
    """

    tenant: str
    issuer: str
    made_by: str
    made_at: str
    first: int
    last: int
    whole: bool
    masked: bool


@dataclass(frozen=True, slots=True)
class ExportCheck:
    """What checking an export found; without problems it is as it was signed, and its chain holds.

    Attributes:
        about: None where it cannot be read.
        key: fingerprint of the key inside.
    """

    about: ExportAbout | None
    key: str
    entries: int
    views: int
    anchors: int
    problems: tuple[str, ...]
