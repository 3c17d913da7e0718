"""Shifts of standing by on a real database: begun there, checked each hour, missed, stopped, ended; nothing lost."""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import replace
from datetime import timedelta
from io import BytesIO
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from duty_town import NORTH
from PIL import Image
from standby_town import WHOLE, StandbyTown

from pipewarden.casework import service as casework
from pipewarden.casework import store as casework_store
from pipewarden.casework.facts import Advanced, SiteState
from pipewarden.field.facts.standby import Doubt, NewCheck, ShiftEnd, Stood
from pipewarden.field.jobs import standby as jobs
from pipewarden.field.service import captures
from pipewarden.field.service import standby as service
from pipewarden.field.service.standby_sweep import sweep_standby
from pipewarden.field.store import standby as store
from pipewarden.kit.blobs import BlobStore
from pipewarden.kit.errors import InputError, RefusedError
from pipewarden.network.facts import Zone
from pipewarden.people.facts import ForbiddenError, NotFoundError, Role
from pipewarden.sense import service as sense

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path
    from uuid import UUID

    from pipewarden.kit.clock import SetClock
    from pipewarden.kit.work import Work
    from pipewarden.people.facts import Actor

HERE = Stood(*NORTH, 8.0)
FAR = Stood(NORTH[0], NORTH[1] + 0.01, 8.0)  # about 1.1 km
LOST = Stood(NORTH[0], NORTH[1] + 0.01, 5000.0)


@pytest.fixture
def town(work: Work, clock: SetClock) -> StandbyTown:
    return StandbyTown(work, clock)


@pytest.fixture
def blobs(tmp_path: Path) -> BlobStore:
    return BlobStore(tmp_path / "blobs")


def jpeg(level: int = 90) -> bytes:
    out = BytesIO()
    Image.fromarray(np.full((48, 64, 3), level, np.uint8)).save(out, "JPEG")
    return out.getvalue()


def supervisor(town: StandbyTown) -> Actor:
    return town.who(town.staffed()[Role.STANDBY_SUPERVISOR])


def new(town: StandbyTown, by: Actor | None = None, **more: Any) -> NewCheck:
    """A check as it should be: there, with a nonce just given to ``by``."""
    word = None if by is None else captures.issue(town.work, str(by.id)).nonce
    made = NewCheck(town.work.ids.new(), HERE, word, {}, 0.0, (), 1.5, False, "", None, jpeg())
    return replace(made, **more)


def begun(town: StandbyTown, by: Actor, *, zone: Zone = Zone.CONTROL) -> UUID:
    site = town.stood_by(zone=zone)
    service.begin(town.work, by, site.id, town.work.ids.new(), HERE)
    return site.id


def events(town: StandbyTown, site_id: UUID) -> list[str]:
    return [one.body.kind for one in casework_store.history.events(town.work, site_id)]


def missing(town: StandbyTown, site_id: UUID) -> int:
    running = casework_store.owed.running(town.work, site_id)
    return sum(one.duty.kind == "standby_missed" for one in running)


def test_a_shift_begins_at_the_site_and_once(town: StandbyTown) -> None:
    by, draft = supervisor(town), town.work.ids.new()
    site = town.stood_by()
    found, fresh = service.begin(town.work, by, site.id, draft, HERE)
    assert fresh
    assert found.shift is not None
    assert (found.shift.doubts, found.shift.next_check_by) == ((), town.clock.now() + timedelta(hours=1))
    again, fresh = service.begin(town.work, by, site.id, draft, HERE)
    assert (fresh, again.shift) == (False, found.shift)
    assert events(town, site.id).count("noted") == 1
    with pytest.raises(InputError) as other:
        service.begin(town.work, by, site.id, draft, LOST)
    assert other.value.field == "draft"
    with pytest.raises(RefusedError) as twice:
        service.begin(town.work, by, site.id, town.work.ids.new(), HERE)
    assert twice.value.field == "shift"


def test_from_elsewhere_no_shift_begins_and_the_metres_are_told(town: StandbyTown) -> None:
    by = supervisor(town)
    site = town.stood_by()
    with pytest.raises(RefusedError) as far:
        service.begin(town.work, by, site.id, town.work.ids.new(), FAR)
    assert far.value.field == "place"
    assert "1110 m" in far.value.problem
    assert "108 m are allowed" in far.value.problem
    assert store.running(town.work, by.id) is None


def test_a_phone_that_is_lost_begins_a_shift_that_is_not_verified(town: StandbyTown) -> None:
    by = supervisor(town)
    site = town.stood_by()
    found, _ = service.begin(town.work, by, site.id, town.work.ids.new(), LOST)
    assert found.shift is not None
    assert found.shift.doubts == (Doubt.PLACE_POOR,)


def test_nobody_stands_by_where_the_path_has_not_come_to_it(town: StandbyTown) -> None:
    by = supervisor(town)
    early = town.stood_by(to=SiteState.FILED)
    with pytest.raises(RefusedError) as why:
        service.begin(town.work, by, early.id, town.work.ids.new(), HERE)
    assert why.value.field == "site"


def test_only_who_works_there_stands_by(town: StandbyTown) -> None:
    town.staffed()
    site = town.stood_by()
    with pytest.raises(ForbiddenError):
        service.standings(town.work, town.who(town.person(Role.RESIDENT)))
    elsewhere = town.who(town.person(Role.STANDBY_SUPERVISOR, area=town.south))
    with pytest.raises(NotFoundError):
        service.begin(town.work, elsewhere, site.id, town.work.ids.new(), HERE)
    assert service.standings(town.work, elsewhere) == []


def test_the_list_shows_ones_own_shift_first_and_whether_it_is_late(town: StandbyTown) -> None:
    by = supervisor(town)
    town.stood_by((NORTH[0] + 0.02, NORTH[1]))
    site_id = begun(town, by)
    town.stood_by((NORTH[0] + 0.03, NORTH[1]))
    first, *others = service.standings(town.work, by)
    assert (first.filed.site.id, first.late) == (site_id, False)
    assert [one.shift for one in others] == [None, None]
    town.clock.advance(timedelta(hours=1))
    assert service.standings(town.work, by)[0].late


def test_a_check_is_the_sites_own_standby_act_and_its_picture_is_in_the_river(
    town: StandbyTown, blobs: BlobStore
) -> None:
    by = supervisor(town)
    site_id = begun(town, by, zone=Zone.PROTECTION)
    town.clock.advance(timedelta(minutes=50))
    asked = new(town, by, gas_ppm=250.0, machines=("挖掘机",), words="正常")
    made, standing, fresh = service.check(town.work, blobs, by, site_id, asked)
    assert fresh
    assert (made.doubts, made.counts, made.late, made.danger) == ((), True, False, False)
    assert standing.shift is not None
    assert (standing.shift.checks, standing.shift.next_check_by) == (1, town.clock.now() + timedelta(hours=1))
    last = casework_store.history.events(town.work, site_id)[-1].body
    assert last.kind == "standby_checked"
    assert last.record is not None
    assert (last.record.gas_lel_pct, last.record.pipe_distance_m, last.record.exposed) == (0.5, 1.5, False)
    assert last.proof.pictures == (made.picture,)
    assert "挖掘机" in last.proof.words
    assert casework.brought(blobs, site_id, made.picture) == asked.picture
    assert made.observation_id is not None
    told = sense.told(town.work, [made.observation_id])[made.observation_id]
    assert (told.lon, told.lat) == NORTH
    again, _, fresh = service.check(town.work, blobs, by, site_id, asked)
    assert (again.id, fresh) == (made.id, False)
    assert len(store.checks_of(town.work, made.shift_id)) == 1
    with pytest.raises(InputError, match="draft"):
        service.check(town.work, blobs, by, site_id, replace(asked, words="anders"))


@pytest.mark.parametrize(
    ("more", "doubts", "counts"),
    [
        ({"nonce": None}, (Doubt.NO_NONCE,), True),
        ({"nonce": "made up"}, (Doubt.NO_NONCE,), True),
        ({"stood": LOST}, (Doubt.PLACE_POOR,), True),
        ({"stood": FAR}, (Doubt.OUTSIDE,), False),
        ({"picture": None}, (Doubt.NO_PICTURE,), True),
        ({"stood": replace(HERE, finger=True)}, (Doubt.ON_A_MAP,), True),
    ],
)
def test_what_proves_nothing_is_kept_as_not_verified(
    town: StandbyTown, blobs: BlobStore, more: dict[str, Any], doubts: tuple[Doubt, ...], counts: bool
) -> None:
    by = supervisor(town)
    site_id = begun(town, by)
    made, standing, _ = service.check(town.work, blobs, by, site_id, new(town, by, **more))
    assert (made.doubts, made.counts) == (doubts, counts)
    assert events(town, site_id)[-1] == ("standby_checked" if counts else "noted")
    assert standing.shift is not None
    assert standing.shift.checks == int(counts)
    assert store.check(town.work, made.id) == made


def test_a_nonce_is_used_up_by_its_first_check(town: StandbyTown, blobs: BlobStore) -> None:
    by = supervisor(town)
    site_id = begun(town, by)
    asked = new(town, by)
    assert service.check(town.work, blobs, by, site_id, asked)[0].doubts == ()
    repeat = replace(asked, draft=town.work.ids.new())
    assert service.check(town.work, blobs, by, site_id, repeat)[0].doubts == (Doubt.NONCE_USED,)


def test_in_the_protection_range_the_reading_is_asked_for_by_its_own_name(town: StandbyTown, blobs: BlobStore) -> None:
    by = supervisor(town)
    site_id = begun(town, by, zone=Zone.PROTECTION)
    for field in ("gas_ppm", "distance_m", "exposed"):
        with pytest.raises(InputError) as lacks, town.work.session.begin_nested():
            service.check(town.work, blobs, by, site_id, new(town, by, **{field: None}))
        assert lacks.value.field == field
    with pytest.raises(InputError) as unknown:
        service.check(town.work, blobs, by, site_id, new(town, by, checklist={"nonsense": True}))
    assert unknown.value.field == "checklist"


def test_a_place_that_proves_nothing_needs_a_picture(town: StandbyTown, blobs: BlobStore) -> None:
    by = supervisor(town)
    site_id = begun(town, by)
    with pytest.raises(InputError) as lacks:
        service.check(town.work, blobs, by, site_id, new(town, by, stood=LOST, picture=None))
    assert lacks.value.field == "picture"


def test_gas_stops_the_works_and_calls_at_once(town: StandbyTown, blobs: BlobStore) -> None:
    by = supervisor(town)
    site_id = begun(town, by)
    made, standing, _ = service.check(town.work, blobs, by, site_id, new(town, by, gas_ppm=10_000.0))
    assert made.danger
    assert (standing.filed.headline, standing.filed.site.level) == ("stopped", 1)
    assert "gas" in town.duties(site_id)
    below = service.check(town.work, blobs, by, site_id, new(town, by, gas_ppm=9_999.0))[0]
    assert not below.danger


def test_a_no_of_the_checklist_opens_its_violation_once(town: StandbyTown, blobs: BlobStore) -> None:
    by = supervisor(town)
    site_id = begun(town, by)
    for _ in range(2):
        asked = new(town, by, checklist={"signs_up": False, "hand_dig": True, "pipe_held": False})
        made, standing, _ = service.check(town.work, blobs, by, site_id, asked)
        assert made.violations == ("V-SIGNS",)
        assert [one.code for one in standing.filed.site.violations] == ["V-SIGNS"]


def test_a_missed_hour_is_a_duty_and_the_next_check_ends_it(town: StandbyTown, blobs: BlobStore) -> None:
    by = supervisor(town)
    site_id = begun(town, by)
    town.clock.advance(timedelta(hours=1, minutes=4))
    assert sweep_standby(town.work) == 0
    town.clock.advance(timedelta(minutes=1))
    assert sweep_standby(town.work) == 1
    assert sweep_standby(town.work) == 0
    assert missing(town, site_id) == 1
    town.clock.advance(timedelta(hours=2))
    assert sweep_standby(town.work) == 2
    assert missing(town, site_id) == 3
    standing = service.standings(town.work, by)[0]
    assert standing.filed.headline == "unattended"
    assert standing.shift is not None
    assert standing.shift.missed == 3
    service.check(town.work, blobs, by, site_id, new(town, by))
    assert missing(town, site_id) == 0
    assert len(store.missed_of(town.work, standing.shift.id)) == 3  # written once, never taken back


def test_an_ended_shift_misses_nothing(town: StandbyTown) -> None:
    by = supervisor(town)
    site_id = begun(town, by)
    draft = town.work.ids.new()
    found, _ = service.end(town.work, by, site_id, draft, HERE)
    assert found.shift is not None
    assert found.shift.end is ShiftEnd.ENDED
    assert service.end(town.work, by, site_id, draft, HERE)[1] is False
    town.clock.advance(timedelta(hours=5))
    assert sweep_standby(town.work) == 0
    with pytest.raises(RefusedError) as none:
        service.end(town.work, by, site_id, town.work.ids.new(), HERE)
    assert none.value.field == "shift"


def test_a_shift_that_is_left_ends_all_the_same(town: StandbyTown) -> None:
    by = supervisor(town)
    site_id = begun(town, by)
    found, _ = service.end(town.work, by, site_id, town.work.ids.new(), FAR)
    assert found.shift is not None
    assert found.shift.end is ShiftEnd.LEFT


def test_works_that_are_over_are_stood_by_no_longer(town: StandbyTown) -> None:
    by = supervisor(town)
    site_id = begun(town, by)
    town.happen(site_id, Advanced(SiteState.COMPLETED, WHOLE))
    town.clock.advance(timedelta(hours=2))
    assert sweep_standby(town.work) == 0
    last = store.last_at(town.work, by.id, site_id)
    assert last is not None
    assert last.end is ShiftEnd.WORKS_OVER


def test_a_pause_of_check_ins_misses_nothing(town: StandbyTown) -> None:
    staff = town.staffed()
    by = town.who(staff[Role.STANDBY_SUPERVISOR])
    site_id = begun(town, by)
    kept, manager = town.duties(site_id)["standby"], town.who(staff[Role.SAFETY_MANAGER])
    casework.pause(town.work, manager, kept.duty.id, "works_at_rest", town.clock.now() + timedelta(hours=8))
    town.clock.advance(timedelta(hours=3))
    assert sweep_standby(town.work) == 0
    shift = store.running(town.work, by.id)
    assert shift is not None
    assert (shift.missed, missing(town, site_id)) == (0, 0)
    assert shift.next_check_by == town.clock.now()  # the pause pushed it on


def test_checks_of_two_days_offline_come_in_order_and_close_nothing_that_is_long_over(
    town: StandbyTown, blobs: BlobStore
) -> None:
    by = supervisor(town)
    site_id = begun(town, by)
    began = town.clock.now()
    town.clock.advance(timedelta(hours=6, minutes=10))
    sweep_standby(town.work)
    assert missing(town, site_id) == 6
    for hour in range(1, 7):
        said = began + timedelta(hours=hour)
        made, _, _ = service.check(town.work, blobs, by, site_id, new(town, taken_at=said))
        assert (made.late, made.counts, made.at) == (True, hour == 6, town.clock.now())
        assert Doubt.CAME_LATE in made.doubts
    shift = store.running(town.work, by.id)
    assert shift is not None
    assert (shift.checks, shift.missed) == (1, 6)
    assert shift.next_check_by == began + timedelta(hours=7)
    assert missing(town, site_id) == 0


def test_a_late_check_with_a_nonce_of_its_own_time_is_verified(town: StandbyTown, blobs: BlobStore) -> None:
    by = supervisor(town)
    site_id = begun(town, by)
    asked = new(town, by)
    town.clock.advance(timedelta(minutes=40))
    said = town.clock.now() - timedelta(minutes=35)
    made, _, _ = service.check(town.work, blobs, by, site_id, replace(asked, taken_at=said))
    assert (made.late, made.doubts, made.counts) == (True, (), True)


def test_a_stop_is_a_violation_and_an_order_from_anywhere_and_once(town: StandbyTown) -> None:
    by, draft = supervisor(town), town.work.ids.new()
    site_id = begun(town, by)
    filed, violation, fresh = service.stop(town.work, by, site_id, draft, FAR, violation="V-HAND-DIG", words="")
    assert (fresh, filed.headline) == (True, "stopped")
    assert [one.id for one in filed.site.violations] == [violation]
    assert "outside" in filed.site.stops[0].reason
    again = service.stop(town.work, by, site_id, draft, FAR, violation="V-HAND-DIG", words="")
    assert (again[1], again[2]) == (violation, False)
    assert len(again[0].site.stops) == 1
    with pytest.raises(InputError) as none:
        service.stop(town.work, by, site_id, town.work.ids.new(), FAR, violation="V-NONE", words="")
    assert none.value.field == "violation"


def test_the_periodic_job_sweeps_every_tenant_that_is_late(town: StandbyTown) -> None:
    by = supervisor(town)
    begun(town, by)
    opened = []

    @contextmanager
    def begin(tenant_id: UUID) -> Iterator[Work]:
        opened.append(tenant_id)
        yield replace(town.work, tenant_id=tenant_id)

    assert jobs.sweep(begin) == 0
    assert len(opened) == 1
    town.clock.advance(timedelta(hours=2, minutes=10))
    assert jobs.sweep(begin) == 2
    assert opened[-1] == town.work.tenant_id


def test_a_tenant_whose_turn_breaks_keeps_nobody_waiting(town: StandbyTown) -> None:
    begun(town, supervisor(town))
    town.clock.advance(timedelta(hours=2))
    calls = []

    @contextmanager
    def begin(tenant_id: UUID) -> Iterator[Work]:
        calls.append(tenant_id)
        if len(calls) > 1:
            raise ConnectionError("gone")
        yield replace(town.work, tenant_id=tenant_id)

    with pytest.raises(ConnectionError):
        jobs.sweep(begin)
