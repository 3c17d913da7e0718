"""A contractor's name as one name, what its works put into its record, and what the record adds up to at a moment."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from typing import TYPE_CHECKING

from pipewarden.casework.facts import (
    BAD,
    Advanced,
    Discovered,
    EntryKind,
    History,
    Record,
    Reopened,
    Severity,
    SiteState,
    StopRefused,
    Struck,
    Verified,
    ViolationOpened,
)
from pipewarden.casework.rules.fold import apply
from pipewarden.kit.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from datetime import datetime

    from pipewarden.casework.facts import ContractorPolicy, Entry, Site, SiteEvent

_CODE = re.compile(r"[0-9A-HJ-NPQRTUWXY]{18}")
_ALPHABET = "0123456789ABCDEFGHJKLMNPQRTUWXY"  # GB 32100-2015: no I, O, S, V, Z
_WEIGHTS = (1, 3, 9, 27, 19, 26, 16, 17, 20, 29, 25, 13, 8, 24, 10, 30, 28)
_IGNORED = re.compile(r"[\s\W_]+")
_LONGEST = 200


def name_key(name: str) -> str:
    """Return the same text for every way in which one name is written: width, case, spaces and brackets do not count.

    Raises:
        InputError: nothing is left of it, or it is too long.
    """
    key = _IGNORED.sub("", unicodedata.normalize("NFKC", name)).casefold()
    if not key or len(name) > _LONGEST:
        raise InputError(field="name", problem="is empty or too long", fix="Give the registered name.")
    return key


def credit_code(text: str) -> str:
    """Return a unified social credit code in its one form; an empty one stays empty.

    Raises:
        InputError: it has not 18 characters of the alphabet, or its check character is wrong (GB 32100-2015).
    """
    code = unicodedata.normalize("NFKC", text).replace(" ", "").upper()
    if not code:
        return ""
    if _CODE.fullmatch(code) is None:
        raise InputError(field="code", problem="is no unified social credit code", fix="Give its 18 characters.")
    rest = sum(_ALPHABET.index(one) * weight for one, weight in zip(code, _WEIGHTS, strict=False)) % 31
    if _ALPHABET[(31 - rest) % 31] != code[-1]:
        raise InputError(field="code", problem="has a wrong check character", fix="Read it again from the licence.")
    return code


@dataclass(frozen=True, slots=True)
class Found:
    """An entry that a site's history asks for: what, why, and the event that says it."""

    kind: EntryKind
    event: SiteEvent
    words: str
    code: str = ""


def entries_of(events: Sequence[SiteEvent], not_theirs: frozenset[str]) -> list[Found]:
    """Return what the works of a site put into the record of who does them, whoever that is.

    A violation, a strike and a refused stop are entries by themselves. Works that somebody has seen on the spot before
    anybody filed them are a missing filing, once an episode; works completed without any of it are good conduct. What a
    site that was merged into this one has brought is an entry there already, and no good conduct here.
    """
    found: list[Found] = []
    site: Site | None = None
    clean, unfiled = True, False
    for event in events:
        body = event.body
        site = apply(site, event)
        fresh: Found | None = None
        if isinstance(body, Discovered | Reopened):
            clean, unfiled = True, False
        elif isinstance(body, ViolationOpened) and body.code not in not_theirs:
            kind = EntryKind.MAJOR if body.severity is Severity.MAJOR else EntryKind.MINOR
            fresh = Found(kind, event, body.reason, body.code)
        elif isinstance(body, StopRefused):
            fresh = Found(EntryKind.STOP_REFUSED, event, "a stop order was refused")
        elif isinstance(body, Struck):
            fresh = Found(EntryKind.STRIKE, event, body.words)
        elif isinstance(body, Verified) and body.true and not unfiled and _nobody_filed(site):
            unfiled = True
            fresh = Found(EntryKind.MISSING_FILING, event, "works were found on the spot that nobody had filed")
        elif isinstance(body, Advanced) and body.to is SiteState.COMPLETED and clean:
            found.append(Found(EntryKind.GOOD_CONDUCT, event, "completed without a violation"))
        if fresh is not None:
            clean = False
            if not isinstance(body, ViolationOpened | StopRefused | Struck) or body.from_site is None:
                found.append(fresh)
    return found


def _nobody_filed(site: Site) -> bool:
    return site.filing_id is None and SiteState.FILED not in site.passed and site.repair is None


def counts(policy: ContractorPolicy, entry: Entry, at: datetime) -> bool:
    """Return whether an entry counts at a moment; one under appeal does, until somebody has decided."""
    ends = entry.at + policy.kinds[entry.kind].counts_for
    return entry.made_at <= at < ends and (entry.void_at is None or at < entry.void_at)


def sum_up(policy: ContractorPolicy, entries: Iterable[Entry], at: datetime) -> Record:
    """Return what a record adds up to at a moment; good conduct takes points off, never a strike and never below 0."""
    counting = [one for one in entries if counts(policy, one, at)]
    bad = sum(policy.kinds[one.kind].points for one in counting if one.kind in BAD)
    good = sum(-policy.kinds[one.kind].points for one in counting if one.kind not in BAD)
    return Record(
        policy.version,
        max(0.0, bad - min(good, policy.good_most)),
        sum(one.kind is EntryKind.STRIKE for one in counting),
        frozenset(one.id for one in counting),
    )


def history(policy: ContractorPolicy, entries: Sequence[Entry] | None, at: datetime) -> History:
    """Return the value of the factor ``contractor``; None of entries: nobody has named the contractor."""
    if entries is None:
        return History.UNKNOWN
    record = sum_up(policy, entries, at)
    if record.strikes:
        return History.STRIKES
    if record.points >= policy.mark_at:
        return History.MARKED
    good = any(one.id in record.counting and one.kind is EntryKind.GOOD_CONDUCT for one in entries)
    return History.GOOD if good and record.points == 0 else History.ORDINARY
