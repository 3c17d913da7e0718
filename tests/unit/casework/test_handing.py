"""A filing handed over to another tenant: opened there at once, answered or sent back there; only the works travel."""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from datetime import time, timedelta
from typing import TYPE_CHECKING

import pytest
import shapely
from duty_town import DutyTown
from list_town import ListTown
from sqlalchemy import func, select

from pipewarden.casework import service, store
from pipewarden.casework.facts import (
    FILING_CHANGED,
    HANDED_OVER,
    Answered,
    Cancelled,
    FilingState,
    HandedOver,
    Hours,
    Method,
    Party,
    PartyRole,
    Renewed,
    Revised,
    SentBack,
    Works,
)
from pipewarden.casework.http.filings import FilingQuery, list_filings
from pipewarden.casework.rules.filing_life import fold_filing
from pipewarden.casework.store import FilingRow
from pipewarden.casework.store.filing_tables import FilingDueRow
from pipewarden.kit.errors import RefusedError
from pipewarden.kit.ids import Uuid7Source
from pipewarden.kit.web import Cursors
from pipewarden.network import service as network
from pipewarden.network.facts import Around, Crossed, PressureClass, Regime, Zone
from pipewarden.people import service as people
from pipewarden.people.facts import ForbiddenError, NotFoundError, Role
from pipewarden.people.store.tenants import TenantRow

if TYPE_CHECKING:
    from pipewarden.casework.facts import Filing
    from pipewarden.casework.service import KeptFiling
    from pipewarden.kit.clock import SetClock
    from pipewarden.kit.work import Work

DAY = timedelta(days=1)
NEIGHBOUR = "邻区燃气"


@dataclass(slots=True)
class Two:
    """A tenant that hands over, and its neighbour, whose area lies around the works."""

    here: Work
    there: Work

    def filed(self, **more: object) -> KeptFiling:
        begins = self.here.now() + 30 * DAY
        area = bytes(shapely.to_wkb(shapely.box(116.7, 39.52, 116.701, 39.521)))
        parties = (Party(PartyRole.CONTRACTOR, "市政一公司", "1"), Party(PartyRole.OPERATOR, "本地燃气", "2"))
        works = Works("CN-HE-langfang", area, Method.OPEN_CUT, begins, begins + 10 * DAY, parties=parties)
        return service.file_works(self.here, people.operator(self.here.tenant_id), replace(works, **more))  # type: ignore[arg-type]

    def act(self, kept: KeptFiling, body: object, work: Work | None = None) -> KeptFiling:
        at = self.here if work is None else work
        root = people.operator(at.tenant_id)
        return service.act_on_filing(at, root, kept.filing.id, kept.filing.version, body)  # type: ignore[arg-type]

    def hand(self, kept: KeptFiling, name: str = NEIGHBOUR) -> KeptFiling:
        return self.act(kept, HandedOver(Party(PartyRole.OPERATOR, name, "12345"), "管线属邻区"))

    def received(self) -> list[KeptFiling]:
        wanted = service.FilingFilter(at=self.there.now())
        every = service.filings(self.there, people.operator(self.there.tenant_id), wanted, limit=9)
        return [one for one in every if one.filing.tenant_id == self.there.tenant_id]

    def again(self, kept: KeptFiling) -> Filing:
        found = store.filings.read(self.here, kept.filing.id)
        assert found is not None
        return found


@pytest.fixture
def two(work: Work, clock: SetClock) -> Two:
    """Two tenants in one house."""
    other = people.ensure_tenant(work.session, clock, Uuid7Source(clock), "neighbour")
    work.session.get_one(TenantRow, other.id).name = NEIGHBOUR
    there = replace(work, tenant_id=other.id)
    ListTown(there).area(116.6, 39.4, 116.8, 39.6)
    return Two(work, there)


def test_the_works_are_filed_with_the_other_tenant_and_answered_anew_there(two: Two) -> None:
    kept = two.filed(hours=Hours(time(8), time(18)), words="给水")
    kept = two.act(kept, Answered("no pipe of ours"))
    kept = two.hand(kept)
    (got,) = two.received()
    assert kept.filing.handed is not None
    assert (kept.filing.handed.tenant_id, kept.filing.handed.filing_id) == (two.there.tenant_id, got.filing.id)
    works = got.filing.works
    assert (works.source, works.source_id) == (HANDED_OVER, str(kept.filing.id))
    assert (works.area, works.hours, works.words) == (kept.filing.works.area, Hours(time(8), time(18)), "给水")
    assert [one.name for one in works.parties] == ["市政一公司", NEIGHBOUR]
    assert (got.filing.answered_at, got.filed_by, got.filing.version) == (None, None, 2)
    events = store.filings.events(two.there, got.filing.id, limit=9)
    assert [(one.body.kind, one.actor) for one in events] == [
        ("filed", f"tenant:{two.here.tenant_id}"),
        ("checked", None),
    ]
    assert got.filing.decision is not None
    assert got.filing.decision.zone.value == "unknown", "its own map is asked, and it has none"
    assert service.filing_state(kept.filing, two.here.now()) is FilingState.FILED


def test_nothing_of_the_givers_network_or_people_travels(two: Two, monkeypatch: pytest.MonkeyPatch) -> None:
    pipe = Crossed("line-7", Regime.CITY_GAS, PressureClass.MEDIUM, station=False, zone=Zone.CONTROL, metres=40.12)
    grounds = {two.here.tenant_id: Around({Regime.CITY_GAS: Zone.CONTROL}, (pipe,))}
    monkeypatch.setattr(network, "around", lambda work, *_, **__: grounds.get(work.tenant_id, Around({}, ())))
    kept = two.hand(two.filed())
    row = two.there.session.get_one(FilingRow, two.received()[0].filing.id)
    told = json.dumps(row.sum, default=str)
    decision = kept.filing.decision
    assert decision is not None
    assert [one.metres for one in decision.overlaps] == [40.12], "or nothing could travel"
    assert "40.12" not in told
    assert "本地燃气" not in told, "nor who answered there"
    assert row.sum["decision"]["overlaps"] == []  # type: ignore[index, call-overload]
    assert row.filed_by is None


def test_the_answer_there_is_seen_here_and_nobody_answers_here_meanwhile(two: Two) -> None:
    kept = two.hand(two.filed())
    with pytest.raises(RefusedError, match="another operator"):
        two.act(kept, Answered("x"))
    with pytest.raises(RefusedError, match="another operator"):
        two.hand(kept)
    (got,) = two.received()
    two.act(got, Answered("two pipes"), two.there)
    seen = service.where_handed(two.here, [two.again(kept)])[kept.filing.id]
    assert (seen.filing_id, seen.state) == (got.filing.id, FilingState.ANSWERED)
    with pytest.raises(NotFoundError):
        service.act_on_filing(two.here, people.operator(two.here.tenant_id), got.filing.id, 3, Cancelled("x"))


def test_a_page_asks_once_how_all_that_was_handed_over_stands(two: Two, count_statements: list[str]) -> None:
    actor, cursors = people.operator(two.here.tenant_id), Cursors(b"ours")
    two.filed()
    told, asked = [], []
    for _ in range(3):
        two.hand(two.filed())
        del count_statements[:]
        page = list_filings(two.here, actor, cursors, FilingQuery(mine=False))
        asked.append(len(count_statements))
        told.append(sum(one.handed is not None for one in page.items if one.tenant_id == two.here.tenant_id))
    assert told == [1, 2, 3]
    assert asked[0] == asked[1] == asked[2], count_statements


def test_what_who_filed_changes_happens_there_too(two: Two) -> None:
    kept = two.hand(two.filed())
    kept = two.act(kept, Revised(replace(kept.filing.works, depth_m=6.0), "deeper"))
    (got,) = two.received()
    assert (got.filing.works.depth_m, got.filing.works.source) == (6.0, HANDED_OVER)
    assert [one.name for one in got.filing.works.parties] == ["市政一公司", NEIGHBOUR]
    kept = two.act(kept, Renewed(kept.filing.works.valid_until + DAY, "rain"))
    assert two.received()[0].filing.works.valid_until == kept.filing.works.valid_until
    two.act(kept, Cancelled("not needed"))
    assert two.received()[0].filing.cancelled_at is not None


def test_it_is_sent_back_with_a_reason_and_may_be_handed_over_again(two: Two) -> None:
    kept = two.hand(two.filed())
    (got,) = two.received()
    two.act(got, SentBack("not our pipes either"), two.there)
    present = two.again(kept)
    assert (present.handed, present.version) == (None, kept.filing.version + 1)
    events = store.filings.events(two.here, present.id, limit=99)
    assert [one.body.kind for one in events] == ["filed", "checked", "handed_over", "returned"]
    assert getattr(events[-1].body, "reason", None) == "not our pipes either"
    assert events[-1].actor == f"tenant:{two.there.tenant_id}"
    assert fold_filing(events) == present
    again = two.hand(replace(kept, filing=present))
    first, second = two.received()
    assert {first.filing.cancelled_at is None, second.filing.cancelled_at is None} == {True, False}
    assert again.filing.handed is not None
    assert again.filing.handed.filing_id == first.filing.id


def test_only_what_was_handed_over_is_sent_back_and_its_works_stay_the_givers(two: Two) -> None:
    kept = two.filed()
    with pytest.raises(RefusedError, match="nobody has handed"):
        two.act(kept, SentBack("x"))
    two.hand(kept)
    (got,) = two.received()
    for body in (
        Revised(replace(got.filing.works, depth_m=1.0), "x"),
        Renewed(got.filing.works.valid_until + DAY, "x"),
        Cancelled("x"),
    ):
        with pytest.raises(RefusedError, match="handed it over"):
            two.act(got, body, two.there)


@pytest.mark.parametrize("name", ["别的燃气", "neighbour"])
def test_an_operator_without_a_tenant_gets_a_file_and_nothing_is_opened(two: Two, name: str) -> None:
    kept = two.hand(two.filed(hours=Hours(time(22), time(5)), depth_m=2.5, machines=("excavator",)), name)
    assert (kept.filing.handed, two.received()) == (None, [])
    told = service.handover(two.here, kept.filing)
    text = json.dumps(told)
    assert told["schema"] == "pipewarden.handover/1"
    assert "decision" not in text
    assert "本地燃气" not in json.dumps(told, ensure_ascii=False)
    report = ListTown(two.there).take(told, "handover", place="CN-HE-langfang")
    assert [one.took.value for one in report.rows] == ["filed"]
    (got,) = two.received()
    mine, theirs = kept.filing.works, got.filing.works
    same = ("method", "machines", "depth_m", "hours", "valid_from", "valid_until", "urgent")
    assert [getattr(theirs, one) for one in same] == [getattr(mine, one) for one in same]
    assert shapely.from_wkb(theirs.area).equals_exact(shapely.from_wkb(mine.area), 1e-12)
    assert [one.took.value for one in ListTown(two.there).take(told, "handover", place="CN").rows] == ["unchanged"]
    with pytest.raises(RefusedError, match="never handed over"):
        service.handover(two.here, two.filed().filing)


def test_a_tenant_far_from_the_works_is_not_it(two: Two) -> None:
    begins = two.here.now() + 30 * DAY
    far = bytes(shapely.to_wkb(shapely.box(120.1, 30.2, 120.101, 30.201)))
    works = Works("CN-ZJ-hangzhou", far, Method.OPEN_CUT, begins, begins + DAY)
    kept = service.file_works(two.here, people.operator(two.here.tenant_id), works)
    assert two.hand(kept).filing.handed is None


def test_who_must_not_answer_hands_nothing_over(two: Two, clock: SetClock) -> None:
    town = DutyTown(two.here, clock)
    kept = two.filed()
    actor = town.actor(town.person(Role.PATROLLER))
    body = HandedOver(Party(PartyRole.OPERATOR, NEIGHBOUR, ""), "x")
    with pytest.raises(ForbiddenError):
        service.act_on_filing(two.here, actor, kept.filing.id, kept.filing.version, body)
    assert two.received() == []


def test_the_answer_is_owed_there_and_no_more_here(two: Two) -> None:
    two.hand(two.filed())
    owed = two.here.session.execute(
        select(FilingDueRow.tenant_id, func.count())
        .where(FilingDueRow.ended_at.is_(None))
        .group_by(FilingDueRow.tenant_id)
    )
    assert [tuple(one) for one in owed] == [(two.there.tenant_id, 1)]


def test_both_tenants_hear_of_it(two: Two) -> None:
    kept = two.filed()
    two.here.take_facts()
    two.hand(kept)
    facts = [one for one in two.here.take_facts() if one.kind == FILING_CHANGED]
    assert {one.tenant_id for one in facts} == {two.here.tenant_id, two.there.tenant_id}
