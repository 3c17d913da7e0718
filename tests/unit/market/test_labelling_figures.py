"""How people of a commission agree, and signs of those who answer together: pairs, payees, browsers."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
from label_town import NO, YES, LabelTown

from pipewarden.market.facts.labels import Said, Standing
from pipewarden.market.rules.labels_drawing import Candidate
from pipewarden.market.service import labelling
from pipewarden.market.service.labelling_figures import figures
from pipewarden.people import service as people
from pipewarden.people.facts import SessionInfo
from pipewarden.people.store import signin

if TYPE_CHECKING:
    from uuid import UUID

    from pipewarden.kit.clock import SetClock
    from pipewarden.kit.work import Work
    from pipewarden.market.facts.commissions import Commission, Engagement
    from pipewarden.market.facts.labels import Item
    from pipewarden.people.facts import Actor

OTHER = Said(matches=True, hazards=("pipe_load",))


@pytest.fixture
def town(work: Work, clock: SetClock) -> LabelTown:
    return LabelTown(work, clock)


def crowd(town: LabelTown, commission: Commission, count: int) -> list[tuple[Actor, Engagement]]:
    return [town.labeller(commission, volume=30) for _ in range(count)]


def says(town: LabelTown, who: Actor, part: Engagement, item: Item, said: Said) -> None:
    turn = labelling._drawn(town.work, who, part, Candidate(item.id))
    labelling.answer(town.work, who, turn.answer.id, said)


def signed_in(town: LabelTown, person_id: UUID, source: str, agent: str, **more: int) -> None:
    """Let somebody have been signed in from an address with a browser."""
    now = town.clock.now()
    at = now - timedelta(days=more.get("days", 0))
    info = SessionInfo(
        id=town.work.ids.new(), person_id=person_id, tenant_id=town.work.tenant_id, started_at=at, seen_at=at,
        proved_at=at, expires_at=now, ended_at=None, source=source, agent=agent, how="password", factor_at=None,
    )  # fmt: skip
    signin.add_session(town.work.session, info, info.id.bytes * 2)


def test_figures_count_agreement(town: LabelTown) -> None:
    commission = town.kept(overlap=3)
    workers = crowd(town, commission, 3)
    for n, item in enumerate(town.items(commission, 6)):
        for who, part in workers:
            says(town, who, part, item, YES if n % 2 else Said(matches=False))
    found = figures(town.work, town.manager, commission.id)
    assert (found.items, found.answers) == (6, 18)
    assert found.alpha["scene"] == pytest.approx(1.0)
    assert [(one.kappa, one.items) for one in found.kappa] == [(1.0, 6)] * 3
    assert (found.together, found.pairs, found.ties) == ((), (), ())
    assert set(found.names) == {who.id for who, _ in workers}
    assert found.standing == dict.fromkeys(found.names, Standing.TRIAL)


def test_two_who_are_wrong_alike_are_named_as_a_pair(town: LabelTown) -> None:
    commission = town.kept(overlap=9, volume=300, budget=39 * 10_000)
    *honest, first, second = crowd(town, commission, 8)
    for n, item in enumerate(town.items(commission, 14, gold=YES)):
        for place, one in enumerate(honest):
            slips = (n + place) % 3 == 0
            says(town, *one, item, (NO if place % 2 else Said(matches=False)) if slips else YES)
        for one in (first, second):
            says(town, *one, item, OTHER)
    found = figures(town.work, town.manager, commission.id)
    assert [set(one.who) for one in found.pairs] == [{str(first[0].id), str(second[0].id)}]
    assert (found.pairs[0].same, found.pairs[0].of) == (14, 14)
    assert {one.who[0] for one in found.together} <= {str(first[0].id), str(second[0].id)}


def test_accounts_with_one_payee_or_one_browser_are_told(town: LabelTown) -> None:
    commission = town.kept(overlap=5)
    workers = crowd(town, commission, 4)
    (item,) = town.items(commission, 1)
    for who, part in workers:
        says(town, who, part, item, YES)
    one, two, three, four = (who.id for who, _ in workers)
    for who in (one, two):
        town.payee(who, "same")
    town.payee(three, "another")
    signed_in(town, two, "203.0.113.7", "Firefox 140")
    signed_in(town, three, "203.0.113.7", "Firefox 140")
    signed_in(town, one, "203.0.113.7", "Chrome 150")
    signed_in(town, four, "203.0.113.7", "Firefox 140", days=31)
    found = figures(town.work, town.manager, commission.id).ties
    assert [(tie.kind, tie.who) for tie in found] == [
        ("browser", tuple(sorted((str(two), str(three))))),
        ("payee", tuple(sorted((str(one), str(two))))),
    ]
    assert "203.0.113.7" not in str(found)
    assert people.browsers_of(town.work, [four]) == {four: frozenset()}, "a month ago is not lately"
