"""The watchdog's look: every promise is checked against what is, what is wrong becomes a fault, and people are told.

It trusts no step of the pipeline and mends nothing: each slice mends its own. Its cost grows with the open sites, never
with what was ever closed (safety.md 0.10: another house's watchdog was switched off because its question was slow).
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import structlog

from pipewarden.act import service as act
from pipewarden.casework.facts import Urgency
from pipewarden.operation import rules, store
from pipewarden.operation.facts import BeatName
from pipewarden.operation.store.faults import FaultRow
from pipewarden.people import service as people
from pipewarden.people.facts import PLATFORM, Language, Role, ScopedRow

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime

    from pipewarden.act.service import Post
    from pipewarden.kit.work import Work
    from pipewarden.operation.facts import Fault, FaultKind, HouseReading, Page, Sighting, TenantReading
    from pipewarden.people.facts import Actor

log = structlog.get_logger(__name__)
READ = "system:read"
TEXT = "fault"
_DESK = frozenset({Role.DISPATCHER})  # told where they are on duty, not wherever they hold the role


def pages() -> Mapping[FaultKind, Page]:
    """Return the runbook."""
    return store.shipped_pages()


def watch_tenant(work: Work, post: Post, seen: TenantReading) -> list[Fault]:
    """Write what is wrong with a tenant's watch, tell who must know, and return what lasts."""
    return _tell(work, post, _written(work, rules.of_tenant(seen)))


def watch_house(work: Work, seen: HouseReading) -> list[Fault]:
    """Write what is wrong with the house, in the platform's name, and return those that people are to be told of now.

    The platform has no channels of its own: ``tell_house`` tells each tenant whose pipes it watches.
    """
    found = _written(work, rules.of_house(seen))
    due = [one for one in found if rules.tells(one, work.now())]
    store.told(work, [one.id for one in due])
    return due


def tell_house(work: Work, post: Post, faults: Sequence[Fault]) -> None:
    """Tell the people of one tenant of faults of the house."""
    for one in faults:
        _say(work, post, one)


def _written(work: Work, seen: Sequence[Sighting]) -> list[Fault]:
    store.lock(work)
    store.see(work, seen)
    for over in store.settle(work, [one.kind for one in seen]):
        log.info("fault is over", fault=over.kind.value, tenant=str(over.tenant_id), since=over.since.isoformat())
    return store.open_faults(work, FaultRow.tenant_id == work.tenant_id)


def _tell(work: Work, post: Post, faults: Sequence[Fault]) -> list[Fault]:
    due = [one for one in faults if rules.tells(one, work.now())]
    for one in due:
        _say(work, post, one)
    store.told(work, [one.id for one in due])
    return list(faults)


def _say(work: Work, post: Post, fault: Fault) -> None:
    """Tell whoever the page names, in the tenant worked for, what it is and where the page stands."""
    page = store.shipped_pages()[fault.kind]
    roles = [role for role in page.who if role is not Role.PLATFORM_ADMIN]
    on_duty = {one.person_id for one in people.on_call(work, [*_DESK & set(roles)], None, work.now())}
    held = {person for _, person in people.holders(work, [one for one in roles if one not in _DESK])}
    params = {
        "zh": page.words[Language.ZH].title,
        "en": page.words[Language.EN].title,
        "count": str(fault.count),
        "names": "、".join(fault.names) or "–",
        "page": page_address(post.public_url, fault.kind),
    }
    urgency = Urgency.DUE if page.at_once else Urgency.NOTE
    act.tell_persons(work, post, sorted(on_duty | held), TEXT, params, urgency=urgency)
    log.error("fault", fault=fault.kind.value, tenant=str(work.tenant_id), count=fault.count, told=len(on_duty | held))


def page_address(public_url: str, kind: FaultKind) -> str:
    """Return where a fault's page is read: in the desk, or in the shipped docs where the house has no address."""
    return f"{public_url}/operation#{kind.value}" if public_url else f"docs/runbook.md#{kind.value}"


def faults_seen(work: Work, actor: Actor, *, limit: int = 50) -> list[Fault]:
    """Return the faults of the tenant worked for and of the house that last, then those that ended lately.

    Raises:
        ForbiddenError: the actor does not read how the house does.
    """
    people.require(actor, READ)
    shown = [PLATFORM] + ([work.tenant_id] if people.allows(actor, READ, ScopedRow(work.tenant_id)) else [])
    found = store.faults(work, FaultRow.tenant_id.in_(shown), limit=limit)
    lasting = store.open_faults(work, FaultRow.tenant_id.in_(shown))
    return [*lasting, *(one for one in found if one.ended_at is not None)]


def faults_of_house(work: Work) -> list[Fault]:
    """Return what is wrong with the house and lasts."""
    return store.open_faults(work, FaultRow.tenant_id == PLATFORM)


def drill_at(work: Work) -> datetime | None:
    """Return when a restore of a backup was last practised; None where none ever was."""
    found = store.beats(work.session).get(BeatName.RESTORE_DRILL)
    return None if found is None else found.at


def lasting(work: Work) -> list[Fault]:
    """Return every fault that lasts, of all tenants and of the house, for who runs the machine."""
    return store.open_faults(work)


def beat(work: Work, name: str, *, ok: bool = True, words: str = "") -> None:
    """Write that somebody is alive; for instance a restore that was practised: ``BeatName.RESTORE_DRILL``."""
    store.beat(work.session, name, work.now(), ok=ok, words=words[:200])


def heartbeat_words(at: datetime, faults: int) -> bytes:
    """Return what the outside is told with a sign of life: that it is us, when, and how many faults last."""
    return json.dumps({"house": "pipewarden", "at": at.isoformat(), "faults": faults}).encode()
