"""Kill switches: a model, channel or payout goes off in one act, on record; off means that people do the work."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from pipewarden.kit.errors import InputError
from pipewarden.people.facts import PLATFORM, Actor, ScopedRow, Switch
from pipewarden.people.service.access import require_row
from pipewarden.people.service.audit import record
from pipewarden.people.store import record as store

if TYPE_CHECKING:
    from pipewarden.kit.work import Work

_NAME = re.compile(r"[a-z_]+:[a-z0-9_.-]{1,60}")
_LONGEST_REASON = 500


def set_switch(work: Work, actor: Actor, name: str, *, on: bool, reason: str, everywhere: bool = False) -> Switch:
    """Turn something off or on again for the tenant worked for, or for everybody.

    Where:
        name: ``kind:name``, for instance ``model:screen`` or ``channel:sms``.
        everywhere: for every tenant; needs a permission over the platform.

    Raises:
        ForbiddenError, NotFoundError: the actor must not, or not there.
        InputError: the name is malformed or no reason is given.
    """
    tenant_id = PLATFORM if everywhere else work.tenant_id
    require_row(actor, "switch:set", ScopedRow(tenant_id=tenant_id), "switch")
    if not _NAME.fullmatch(name):
        raise InputError(field="name", problem=f"{name!r} is not kind:name", fix="Write it like channel:sms.")
    if not 0 < len(reason.strip()) <= _LONGEST_REASON or not reason.isprintable():
        raise InputError(
            field="reason", problem="is empty, too long or not printable", fix="Say why in up to 500 characters."
        )
    made = Switch(tenant_id=tenant_id, name=name, on=on, reason=reason.strip(), actor_id=actor.id, at=work.now())
    store.set_switch(work.session, made)
    details = {"on": on, "reason": made.reason}
    record(work, actor, "switch.set", ("switch", name), details, tenant_id=tenant_id)
    return made


def switches(work: Work) -> list[Switch]:
    """Return every switch that was ever set for the tenant worked for or for everybody."""
    return store.switches(work.session, work.tenant_id)


class Switchboard:
    """The switches of one request or job: read once, at the first question, and asked often."""

    def __init__(self, work: Work) -> None:
        self._work = work
        self._off: dict[str, Switch] | None = None

    def off(self, name: str) -> Switch | None:
        """Return the switch that turns ``name`` off, the platform's before the tenant's, or None while it is on."""
        if self._off is None:
            known = switches(self._work)
            self._off = {switch.name: switch for switch in known if not switch.on and switch.tenant_id != PLATFORM}
            self._off |= {switch.name: switch for switch in known if not switch.on and switch.tenant_id == PLATFORM}
        return self._off.get(name)
