"""Data goes when its days are over, with proof; a hold wins; the law's floor is no tenant's to lower.

One run is one transaction of one tenant. Rows go first, files last, and the proof is in the same transaction: a crash
between leaves a file that is gone and a row that says it is there, which the next run finds and proves.
"""

from __future__ import annotations

import hashlib
from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING
from uuid import UUID

from pipewarden.kit.standstill import may_delete
from pipewarden.people.facts import NotFoundError, ScopedRow
from pipewarden.people.facts.privacy import (
    ClassSum,
    DataClass,
    Deletion,
    Fate,
    Kept,
    Mark,
    MarkKind,
    OwnDays,
    RetentionReport,
)
from pipewarden.people.rules import retention as rules
from pipewarden.people.service.access import require, require_row
from pipewarden.people.service.audit import record
from pipewarden.people.store import privacy as store
from pipewarden.people.store.privacy_file import privacy_policy

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Sequence
    from datetime import datetime

    from pipewarden.kit.work import Work
    from pipewarden.people.facts import Actor
    from pipewarden.people.ports import Keeper
    from pipewarden.people.store.signin import SessionRow

READ, HOLD, EDIT = "policy:read", "hold:set", "policy:edit"
_BATCH = 200
MOST = 2000  # of one class in one run: a transaction is bounded, the next run goes on


def run_retention(work: Work, keepers: Sequence[Keeper], *, dry: bool = False, most: int = MOST) -> RetentionReport:
    """Delete what is past its days in the tenant worked for, and write the proofs; or only count it.

    Args:
        work: one transaction; every file is deleted inside it, after a backup was asked.
        keepers: who keeps which class.
        dry: delete nothing.
        most: of one class; the rest is found by the next run.
    """
    policy, own, standing = privacy_policy(), store.own_days(work.session, work.tenant_id), _standing(work)
    waits = not dry and not may_delete(work.session)
    sums: list[ClassSum] = []
    for keeper in keepers:
        keep = policy.keeps[keeper.cls]
        days = rules.days_of(keep, own.get(keeper.cls))
        told = ClassSum(keeper.cls, *days)
        rule = f"{policy.version} {keeper.cls} {days[0]}/{days[1]} d"
        for batch in _past(work, keeper, days[0]):
            fates = {item.id: rules.fate(item, days, standing, work.now()) for item in batch}
            due = [item for item in batch if fates[item.id] is Fate.DUE]
            needed = keeper.needed(work, due) if due else set()
            free = [item for item in due if item.id not in needed]
            gone: set[str] = set() if dry or waits else delete_proved(work, keeper, free, rule)
            told = replace(
                told,
                due=told.due + len(free),
                deleted=told.deleted + len(gone),
                held=told.held + sum(one is Fate.HELD for one in fates.values()),
                needed=told.needed + len(needed),
            )
            if told.due >= most:
                break
        sums.append(told)
    return RetentionReport(policy.version, work.now(), dry=dry, waits=waits, sums=tuple(sums))


def _past(work: Work, keeper: Keeper, days: int) -> Iterator[list[Kept]]:
    before, after = work.now() - timedelta(days=days), None
    while batch := keeper.older(work, before, after, _BATCH):
        after = (batch[-1].since, batch[-1].id)
        yield batch


def delete_proved(work: Work, keeper: Keeper, items: Collection[Kept], rule: str) -> set[str]:
    """Delete what may go and write a proof for each; return the ids that are gone. The caller has asked for holds."""
    gone = keeper.delete(work, items) if items else set()
    prove_deleted(work, keeper.cls, [one for one in items if one.id in gone], rule)
    return gone


def let_go(work: Work, keeper: Keeper, items: Collection[Kept], rule: str) -> set[str]:
    """Delete what somebody wants gone before its days are over; a hold wins, and what proves something elsewhere stays.

    Returns:
        The ids that are gone, each with a proof that names ``rule``.
    """
    standing = _standing(work)
    stays = {one.id for one in items if rules.fate(one, (0, 0), standing, work.now()) is Fate.HELD}
    stays |= keeper.needed(work, items) if items else set()
    return delete_proved(work, keeper, [one for one in items if one.id not in stays], rule)


def prove_deleted(work: Work, cls: DataClass, items: Collection[Kept], rule: str) -> None:
    """Write that things of a class are gone, by which rule."""
    store.add_deletions(
        work.session,
        [Deletion(work.ids.new(), work.tenant_id, cls, one.digest, rule, one.since, work.now()) for one in items],
    )


def digest_of(name: str) -> str:
    """Return the digest by which a proof knows a row that has no content of its own."""
    return hashlib.sha256(name.encode()).hexdigest()


def held(work: Work, cls: DataClass, subjects: Collection[str]) -> bool:
    """Say whether a hold stands on something of the tenant worked for."""
    return rules.held(cls, subjects, _standing(work))


def _standing(work: Work) -> list[Mark]:
    return store.marks(work.session, work.tenant_id, standing=True)


def set_mark(
    work: Work, actor: Actor, kind: MarkKind, subject: str, *, reason: str, cls: DataClass | None = None
) -> Mark:
    """Set a legal hold, or say that a place is a key one; on record.

    Raises:
        ForbiddenError, NotFoundError: the actor must not, or not here.
        InputError: the subject names nothing that is kept, or no reason is given.
    """
    require_row(actor, HOLD, ScopedRow(tenant_id=work.tenant_id), "hold")
    made = Mark(
        id=work.ids.new(),
        tenant_id=work.tenant_id,
        kind=kind,
        cls=cls,
        subject=rules.check_subject(subject),
        reason=rules.check_reason(reason),
        set_at=work.now(),
        set_by=actor.id,
    )
    store.add_mark(work.session, made)
    details = {"kind": kind.value, "subject": subject, "cls": None if cls is None else cls.value, "reason": made.reason}
    record(work, actor, "hold.set", ("hold", made.id), details)
    return made


def lift_mark(work: Work, actor: Actor, mark_id: UUID, *, reason: str) -> Mark:
    """Lift a hold or a key mark: from the next run on its data goes when its days are over; on record.

    Raises:
        ForbiddenError, NotFoundError: the actor must not, or none stands.
        InputError: no reason is given.
    """
    require_row(actor, HOLD, ScopedRow(tenant_id=work.tenant_id), "hold")
    words = rules.check_reason(reason)
    if not store.lift_mark(work.session, work.tenant_id, mark_id, at=work.now(), by=actor.id, reason=words):
        raise NotFoundError.of("hold")
    record(work, actor, "hold.lifted", ("hold", mark_id), {"reason": words})
    return next(one for one in store.marks(work.session, work.tenant_id, standing=False) if one.id == mark_id)


def marks(work: Work, actor: Actor, *, standing: bool = False) -> list[Mark]:
    """Return the holds and key places of the tenant worked for, oldest first.

    Raises:
        ForbiddenError, NotFoundError: the actor must not see them, or not here.
    """
    require_row(actor, READ, ScopedRow(tenant_id=work.tenant_id), "hold")
    return store.marks(work.session, work.tenant_id, standing=standing)


def keep_for(work: Work, actor: Actor, cls: DataClass, *, kept: int, kept_key: int, reason: str) -> OwnDays:
    """Choose for how many days the tenant keeps a class, inside the law's floor and the policy's ceiling; on record.

    Raises:
        ForbiddenError, NotFoundError: the actor must not, or not here.
        InputError: the days are too few or too many, or no reason is given.
    """
    require_row(actor, EDIT, ScopedRow(tenant_id=work.tenant_id), "policy")
    made = rules.own_days(privacy_policy().keeps[cls], kept, kept_key)
    words = rules.check_reason(reason)
    row = {"id": work.ids.new(), "tenant_id": work.tenant_id, "cls": cls.value, "kept": kept, "kept_key": kept_key}
    store.add_own_days(work.session, row | {"reason": words, "at": work.now(), "by": actor.id})
    record(
        work, actor, "retention.set", ("retention", cls.value), {"kept": kept, "kept_key": kept_key, "reason": words}
    )
    return made


def own_days(work: Work) -> dict[DataClass, OwnDays]:
    """Return what the tenant worked for chose."""
    return store.own_days(work.session, work.tenant_id)


def deletions(work: Work, actor: Actor, *, after: UUID | None = None, limit: int = 100) -> list[Deletion]:
    """Return proofs of deletion of the tenant worked for, oldest first.

    Raises:
        ForbiddenError: the actor must not read the audit chain, of which they are a part.
    """
    require(actor, "audit:read")
    require_row(actor, "audit:read", ScopedRow(tenant_id=work.tenant_id), "audit")
    return store.deletions(work.session, work.tenant_id, after=after, limit=limit)


class SessionKeeper:
    """Sign-in logs: sessions that ended, or could be used no more. Implements ``people.ports.Keeper``."""

    cls = DataClass.LOGS

    def older(self, work: Work, before: datetime, after: tuple[datetime, str] | None, limit: int) -> list[Kept]:
        """Return sessions that ended before a moment; those given earlier are gone or held, so they are passed over."""
        rows = store.old_sessions(work.session, work.tenant_id, before, _MOST_SESSIONS)
        found = [_kept_session(row) for row in rows]
        return [one for one in found if after is None or (one.since, one.id) > after][:limit]

    def needed(self, work: Work, items: Collection[Kept]) -> set[str]:  # noqa: ARG002  the port's names
        """Return nothing: no other record shows a session."""
        return set()

    def delete(self, work: Work, items: Collection[Kept]) -> set[str]:
        """Delete the rows."""
        store.drop_sessions(work.session, [UUID(one.id) for one in items])
        return {one.id for one in items}

    def of_person(self, work: Work, person_id: UUID, limit: int) -> list[Kept]:  # noqa: ARG002  same
        """Return nothing: the law keeps sign-in logs for six months, also of who wants to be forgotten."""
        return []


_MOST_SESSIONS = 10_000


def _kept_session(row: SessionRow) -> Kept:
    since = row.ended_at or row.expires_at
    name = str(row.id)
    return Kept(DataClass.LOGS, name, digest_of(name), since, frozenset({f"person:{row.person_id}"}))
