"""Which alarm an observation went into, which stand near a place, how far from a pipe: asked by slices after this."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from pipewarden.dedupe import store

if TYPE_CHECKING:
    from collections.abc import Collection
    from uuid import UUID

    from pipewarden.dedupe.facts import Alarm
    from pipewarden.kit.work import Work
    from pipewarden.network.facts import ZoneAnswer


def alarms_of(work: Work, observation_ids: Collection[UUID]) -> dict[UUID, UUID]:
    """Return by observation of the tenant the alarm that holds what was found in it; absent where none does."""
    found = {one: store.resolve(work, alarm_id) for one, alarm_id in store.alarms_of(work, observation_ids).items()}
    return {one: alarm_id for one, alarm_id in found.items() if alarm_id is not None}


def answers(work: Work, alarm_ids: Collection[UUID]) -> dict[UUID, ZoneAnswer]:
    """Return what the network says at the places of the tenant's alarms; the caller has scoped them."""
    return store.answers(work, alarm_ids)


def alarms_near(work: Work, box: tuple[float, float, float, float], *, limit: int) -> list[Alarm]:
    """Return the tenant's newest alarms in a box (west, south, east, north), with their members."""
    west, south, east, north = box
    row = store.AlarmRow
    mine = [row.tenant_id == work.tenant_id, row.merged_into.is_(None), row.test.is_(False)]
    heads = store.heads(work, *mine, row.lon.between(west, east), row.lat.between(south, north), limit=limit)
    return list(store.read(work, [one.id for one in heads]).values())


def alarm_anywhere(work: Work, alarm_id: UUID) -> Alarm | None:
    """Return an alarm of whatever tenant, or the one it was merged into; None where there is none.

    For who was given its id by a list that shows it to everybody; the house's own tests are shown to nobody.
    """
    heads = store.heads(work, store.AlarmRow.id == alarm_id, store.AlarmRow.test.is_(False), limit=1)
    if not heads:
        return None
    here = replace(work, tenant_id=heads[0].tenant_id)
    kept = store.resolve(here, alarm_id)
    return None if kept is None else store.read(here, [kept]).get(kept)
