"""Filings are written once, found again by what the lists ask, and folded as they are stored."""

from __future__ import annotations

from dataclasses import replace
from datetime import time, timedelta
from typing import TYPE_CHECKING

import pytest
import shapely
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import MetaData, func, inspect, select, true

from pipewarden.casework import service, store
from pipewarden.casework.facts import (
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
    Works,
)
from pipewarden.casework.rules.filing_life import fold_filing, state_at
from pipewarden.casework.store import FilingEventRow
from pipewarden.casework.store.filings import FilingFilter
from pipewarden.kit.db import Base
from pipewarden.kit.errors import InputError, RefusedError
from pipewarden.people import service as people
from pipewarden.people.facts import NewArea

if TYPE_CHECKING:
    from pipewarden.casework.store.filings import KeptFiling
    from pipewarden.kit.clock import SetClock
    from pipewarden.kit.work import Work
    from pipewarden.main.home import Home

DAY = timedelta(days=1)
OURS = (
    "casework_filings",
    "casework_filing_events",
    "casework_filing_dues",
    "casework_lists",
    "casework_listed",
    "casework_heard",
    "casework_gaps",
)


def works(work: Work, lon: float = 116.7, **more: object) -> Works:
    begins = work.now() + 30 * DAY
    area = bytes(shapely.to_wkb(shapely.box(lon, 39.52, lon + 0.001, 39.521)))
    made = Works("CN-HE-langfang", area, Method.OPEN_CUT, begins, begins + 10 * DAY, machines=("excavator",))
    return replace(made, **more)  # type: ignore[arg-type]


def filed(work: Work, **more: object) -> KeptFiling:
    return service.file_works(work, people.operator(work.tenant_id), works(work, **more))  # type: ignore[arg-type]


def act(work: Work, kept: KeptFiling, body: object) -> KeptFiling:
    root = people.operator(work.tenant_id)
    return service.act_on_filing(work, root, kept.filing.id, kept.filing.version, body)  # type: ignore[arg-type]


def test_the_migrations_make_what_the_code_expects(home: Home) -> None:
    wanted = MetaData()
    for name in OURS:
        Base.metadata.tables[name].to_metadata(wanted)
    with home.factory.sessions() as session:
        connection = session.connection()
        options = {"include_name": lambda name, kind, _parents: kind != "table" or name in OURS}
        assert compare_metadata(MigrationContext.configure(connection, opts=options), wanted) == []
        for name in OURS:
            columns = {one["name"]: one for one in inspect(connection).get_columns(name)}
            assert columns["tenant_id"]["nullable"] is False


def test_a_filing_comes_back_as_it_was_filed_and_as_its_events_add_up(work: Work) -> None:
    parties = (Party(PartyRole.OWNER, "甲", "1"), Party(PartyRole.CONTRACTOR, "市政一公司", ""))
    kept = filed(work, parties=parties, hours=Hours(time(22), time(5)), depth_m=2.5, words="给水")
    assert kept.filing.works == works(work, parties=parties, hours=Hours(time(22), time(5)), depth_m=2.5, words="给水")
    kept = act(work, kept, Answered("无管线"))
    kept = act(work, kept, Revised(works(work, depth_m=6.0), "改深"))
    kept = act(work, kept, Renewed(kept.filing.works.valid_until + DAY, "雨"))
    assert kept.filing.decision is not None
    assert not kept.filing.decision.late
    kept = act(work, kept, HandedOver(Party(PartyRole.OPERATOR, "邻区燃气", "2"), "越界"))
    kept = act(work, kept, Cancelled("不做了"))
    events = store.filings.events(work, kept.filing.id, limit=100)
    kinds = ["filed", "checked", "answered", "revised", "checked", "renewed", "checked", "handed_over", "cancelled"]
    assert [one.body.kind for one in events] == kinds
    assert [one.version for one in events] == list(range(1, 10))
    assert {one.actor is None for one in events if one.body.kind == "checked"} == {True}
    assert fold_filing(events) == kept.filing == store.filings.lock(work, kept.filing.id)
    with pytest.raises(RefusedError, match="cancelled"):
        act(work, kept, Renewed(kept.filing.works.valid_until + DAY, "again"))


def test_without_a_map_the_answer_counts_as_inside(work: Work) -> None:
    said = filed(work).filing.decision
    assert said is not None
    assert (said.zone.value, said.overlaps, said.late) == ("unknown", (), False)
    assert "protection_plan" in {one.kind for one in said.required}


def test_an_old_version_changes_nothing(work: Work) -> None:
    kept = filed(work)
    act(work, kept, Answered("x"))
    with pytest.raises(service.StaleFilingError) as caught:
        act(work, kept, Cancelled("late"))
    assert caught.value.more == {"code": "stale", "present": {"id": str(kept.filing.id), "version": 3}}
    assert work.session.scalar(select(func.count()).select_from(FilingEventRow)) == 3


def test_who_files_cannot_say_that_a_list_said_it(work: Work) -> None:
    kept = filed(work, source="taipei-dig", source_id="114-7")
    assert (kept.filing.works.source, kept.filing.works.source_id) == ("", "")
    kept = act(work, kept, Revised(works(work, source="taipei-dig", source_id="114-7"), "again"))
    assert (kept.filing.works.source, kept.filing.works.source_id) == ("", "")
    with pytest.raises(InputError, match="source"):
        service.read_filing(
            {"type": "Polygon", "coordinates": [[[1, 2], [1.01, 2], [1.01, 2.01], [1, 2]]]},
            {"method": "piling", "valid_from": "2026-12-01", "valid_until": "2026-12-02", "source": "x"},
            place="CN",
            at=work.now(),
        )


def test_the_lists_ask_the_state_as_the_clock_has_it(work: Work, clock: SetClock) -> None:
    waits, answered, cancelled = (filed(work, lon=116.7 + 0.01 * n) for n in range(3))
    act(work, answered, Answered("x"))
    act(work, cancelled, Cancelled("x"))
    begins, ends = waits.filing.works.valid_from, waits.filing.works.valid_until
    every = (waits, answered, cancelled)
    for at in (work.now(), begins - DAY, begins, ends - timedelta(microseconds=1), ends):
        for state in FilingState:
            found = store.filings.page(work, true(), FilingFilter(at=at, state=state), limit=10)
            now = {one.filing.id for one in every if state_at(store.filings.lock(work, one.filing.id), at) is state}  # type: ignore[arg-type]
            assert {one.filing.id for one in found} == now
    clock.moment = ends
    with pytest.raises(RefusedError, match="expired"):
        act(work, waits, Answered("x"))


def test_a_list_pages_newest_first_and_asks_method_urgency_and_box(work: Work) -> None:
    made = [filed(work, lon=116.7 + 0.01 * n) for n in range(3)]
    urgent = filed(work, urgent=True, method=Method.EXCAVATION)

    def ids(limit: int = 10, **asked: object) -> list[object]:
        wanted = FilingFilter(at=work.now(), **asked)  # type: ignore[arg-type]
        return [one.filing.id for one in store.filings.page(work, true(), wanted, limit=limit)]

    newest = [one.filing.id for one in (urgent, *reversed(made))]
    assert ids() == newest
    assert ids(limit=2) == newest[:2]
    after = store.filings.page(work, true(), FilingFilter(at=work.now()), limit=9, after=(False, newest[1]))
    assert [one.filing.id for one in after] == newest[2:]
    assert ids(urgent=True) == ids(method="excavation") == newest[:1]
    assert ids(bbox=(116.7095, 39.0, 116.7105, 40.0)) == [made[1].filing.id]
    assert ids(bbox=(110.0, 39.0, 111.0, 40.0)) == []


def test_a_list_is_narrowed_by_place_words_period_and_lateness(work: Work, clock: SetClock) -> None:
    party = (Party(PartyRole.CONTRACTOR, "市政_一公司", "13800000000"),)
    hebei = filed(work, words="给水管改造", parties=party)
    named = filed(work, place="CN-SD-qingdao", words="K-100%")
    soon = filed(work, valid_from=work.now(), valid_until=work.now() + 5 * DAY)

    def ids(**asked: object) -> list[object]:
        wanted = FilingFilter(at=work.now(), **asked)  # type: ignore[arg-type]
        return [one.filing.id for one in store.filings.page(work, true(), wanted, limit=9)]

    assert ids(place="CN-HE") == ids(place="CN-HE-langfang") == [soon.filing.id, hebei.filing.id]
    assert ids(place="CN-HE-lang") == ids(place="CN-H%") == []
    assert ids(text="给水") == ids(text="市政_一") == [hebei.filing.id]
    assert ids(text="k-100%") == [named.filing.id]
    assert ids(text="市政%公司") == ids(text="contractor") == ids(text="13800000000") == []
    assert ids(until=work.now() + 20 * DAY) == [soon.filing.id]
    assert ids(since=work.now() + 20 * DAY) == [named.filing.id, hebei.filing.id]
    assert ids(late=True) == [soon.filing.id]
    assert ids(late=False) == [named.filing.id, hebei.filing.id]
    clock.advance(5 * DAY)
    assert ids(late=True) == []
    assert not service.filing_late(soon.filing, work.now())


def test_the_late_come_first_over_the_pages(work: Work) -> None:
    period = {"valid_from": work.now(), "valid_until": work.now() + 9 * DAY}
    late, timely, later, last = (filed(work, **more) for more in (period, {}, period, {}))
    given_up = act(work, filed(work, **period), Cancelled("不做了"))
    found: list[object] = []
    after = None
    for _ in range(6):
        wanted = FilingFilter(at=work.now())
        for one in store.filings.page(work, true(), wanted, limit=1, after=after, late_first=True):
            found.append(one.filing.id)
            after = (service.filing_late(one.filing, work.now()), one.filing.id)
    assert found == [one.filing.id for one in (later, late, given_up, last, timely)]


def test_ground_outside_the_operators_own_areas_is_refused(work: Work) -> None:
    root = people.operator(work.tenant_id)
    outline = bytes(shapely.to_wkb(shapely.box(116.6, 39.4, 116.9, 39.7)))
    people.add_area(work, root, NewArea("beat", "一片", wkb=outline, jurisdiction="CN-HE-langfang"))
    said = {"method": "open_cut", "valid_from": "2027-01-10", "valid_until": "2027-01-20"}
    inside, edge, outside = (
        {"type": "Polygon", "coordinates": [[[lon, 39.5], [lon + 0.01, 39.5], [lon, 39.51], [lon, 39.5]]]}
        for lon in (116.7, 116.895, 117.0)
    )
    assert service.works_here(work, inside, said).place == "CN-HE-langfang"
    assert service.works_here(work, edge, said, "CN-HE-langfang")
    with pytest.raises(InputError, match="outside every area") as caught:
        service.works_here(work, outside, said)
    assert caught.value.field == "area"


def test_a_place_that_nobody_knows_must_be_named(work: Work) -> None:
    said = {"method": "open_cut", "valid_from": "2027-01-10", "valid_until": "2027-01-20"}
    ground = {"type": "Polygon", "coordinates": [[[10.0, 50.0], [10.01, 50.0], [10.0, 50.01], [10.0, 50.0]]]}
    with pytest.raises(InputError) as caught:
        service.works_here(work, ground, said)
    assert caught.value.field == "place"
