"""Wishing for a reward: a fact, once for a site that somebody on the spot found real. Nothing is paid here."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pipewarden.casework import service as casework
from pipewarden.dedupe import service as dedupe
from pipewarden.field.facts.reports import REWARD_WANTED, ReportState, Reward
from pipewarden.field.rules import rewarding as rules
from pipewarden.field.store import prints, report_policy, rewards
from pipewarden.field.store import reports as store
from pipewarden.sense import service as sense

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence
    from uuid import UUID

    from pipewarden.field.facts.reports import Report
    from pipewarden.kit.work import Work


def wish(work: Work, event_ids: Collection[UUID]) -> list[Reward]:
    """Wish for what is owed to reporters of the sites that changed; a second look at a site changes nothing.

    Args:
        work: of the operator.
        event_ids: of sites, as ``casework.changed`` names them.
    """
    made = []
    for site in casework.sites_of_events(work, event_ids):
        if site.verified is not True or site.alarm_id is None or site.merged_into is not None:
            continue
        store.lock(work, f"reward:{site.id}")
        reward = _wish(work, site.id, dedupe.alarm(work, site.alarm_id).id)
        if reward is not None:
            made.append(reward)
    return made


def _wish(work: Work, site_id: UUID, alarm_id: UUID) -> Reward | None:
    policy = report_policy.shipped_reports()
    members = dedupe.alarm(work, alarm_id).members
    reports = [
        one
        for one in store.of_observations(work, list({each.observation_id for each in members}))
        if one.state is ReportState.TAKEN
    ]
    rewarded = rewards.rewarded(work, [one.id for one in reports])
    first, reason = rules.whom(reports, compared=_compared(work, reports[:1]), rewarded=rewarded)
    if first is None:
        return None
    reward = Reward(
        id=work.ids.new(),
        tenant_id=work.tenant_id,
        key=rules.key_of(site_id, policy.reward),
        site_id=site_id,
        report_id=first.id,
        person_id=first.person_id,
        reason=reason,
        at=work.now(),
    )
    if not rewards.add(work, reward):
        return None
    work.emit(REWARD_WANTED, reward.id, partition=str(work.tenant_id))
    return reward


def _compared(work: Work, reports: Sequence[Report]) -> set[UUID]:
    """Return the observations that need no comparing any more: compared, or without a picture that can be."""
    ids = [each for one in reports for each in one.observations]
    bare = {one.id for one in sense.observations(work, ids).values() if not one.picture}
    return prints.known(work, ids) | bare


def rewards_of_site(work: Work, site_id: UUID) -> list[Reward]:
    """Return what was wished for about a site of the tenant."""
    return rewards.of_site(work, site_id)


def rewards_by_id(work: Work, ids: Collection[UUID]) -> list[Reward]:
    """Return wishes of the tenant by id, oldest first: those that ``field.reward_wanted`` names."""
    return rewards.by_ids(work, ids)
