"""A picture is paid once: copies of real pictures go all the way, to sites that are found real, and are never paid.

The whole path runs on one database in the order of the river: reports are taken, screened, placed, grouped, judged,
followed by casework and compared; somebody on the spot finds every site real; then rewards are wished for. Each copy
comes from another phone, half of them from somebody who is signed in, half of them to a place of their own (safety.md
T7, M4).
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from datetime import timedelta
from typing import TYPE_CHECKING, Any, cast
from uuid import UUID, uuid4

import numpy as np
import pytest
from copies import WAYS, drawing, jpeg_of, photographs, variants
from sqlalchemy import select

from pipewarden.casework import jobs as casework_jobs
from pipewarden.casework import service as casework
from pipewarden.casework import store as casework_store
from pipewarden.casework.facts import CHANGED, Arrived, Noted, OwnerGiven, Proof, Verified
from pipewarden.dedupe import jobs as dedupe_jobs
from pipewarden.dedupe import service as dedupe
from pipewarden.dedupe.facts import ALARM_CHANGED
from pipewarden.field import service
from pipewarden.field.facts.reports import REWARD_WANTED, NewReport, Report, ReportState, Sender, Spot
from pipewarden.field.jobs import reports as field_jobs
from pipewarden.field.store import reports as report_store
from pipewarden.field.store.report_tables import ReportRow, RewardRow
from pipewarden.inference.adapters.files import read_weights
from pipewarden.inference.adapters.look import NetLook
from pipewarden.inference.adapters.runner import Engine, open_runner
from pipewarden.inference.service import WEIGHTS, read_manifest
from pipewarden.judge import jobs as judge_jobs
from pipewarden.judge.adapters.people import LocalJudge
from pipewarden.judge.facts import JUDGED
from pipewarden.judge.service import Bench
from pipewarden.kit.blobs import BlobStore
from pipewarden.locate import jobs as locate_jobs
from pipewarden.locate.facts import PLACED
from pipewarden.network.facts import UNKNOWN, Zone, ZoneAnswer
from pipewarden.people import service as people
from pipewarden.perceive import jobs as perceive_jobs
from pipewarden.perceive.facts import SCREENED
from pipewarden.perceive.service import SCREEN_SWITCH
from pipewarden.sense.adapters.decoder import ChildDecoder
from pipewarden.sense.facts import OBSERVED

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from numpy.typing import NDArray

    from pipewarden.casework.facts import Body
    from pipewarden.kit.clock import SetClock
    from pipewarden.kit.emit import Drain
    from pipewarden.kit.work import Work

    Pixels = NDArray[np.uint8]

WEST, SOUTH, APART, COLUMNS = 116.0, 39.0, 0.006, 60  # degrees: half a kilometre, no two of a grid are one site


@dataclass(slots=True)
class Street:
    """The river by hand, in one transaction: what is said is drained until nobody says anything more."""

    work: Work
    clock: SetClock
    desk: service.Desk
    consumers: list[tuple[str, Drain]]
    wished: list[UUID] = field(default_factory=list)
    changed: list[UUID] = field(default_factory=list)
    places: int = 0

    def drain(self) -> None:
        while facts := self.work.take_facts():
            self.wished += [one.fact_id for one in facts if one.kind == REWARD_WANTED]
            self.changed += [one.fact_id for one in facts if one.kind == CHANGED]
            for kind, take in self.consumers:
                mine = [one for one in facts if one.kind == kind]
                if mine:
                    take(self.work, mine)

    def place(self) -> Spot:
        """A place where nothing was reported before."""
        row, column = divmod(self.places, COLUMNS)
        self.places += 1
        return Spot(WEST + APART * column, SOUTH + APART * row, 8.0, "wgs84", "device")

    def say(self, pixels: Pixels, place: Spot, *, signed: bool) -> Report:
        """Somebody whom nobody has heard of before reports a picture, and the river has it."""
        self.clock.advance(timedelta(seconds=40))
        sender = Sender(uuid4().bytes, uuid4().bytes, uuid4() if signed else None)
        new = NewReport(uuid4(), "digging", "挖机", place, pictures=(jpeg_of(pixels),), contact="" if signed else "138")
        made = service.take(self.work, self.desk, sender, new).report
        assert made.state is ReportState.TAKEN
        self.drain()
        return self.read(made.id)

    def read(self, report_id: UUID) -> Report:
        (found,) = report_store.reports(self.work, ReportRow.id == report_id, limit=1)
        return found

    def site_of(self, report: Report) -> UUID:
        """The site to which a report has led."""
        (alarm,) = set(dedupe.alarms_of(self.work, report.observations).values())
        site_id = casework.site_of_alarm(self.work, alarm)
        assert site_id is not None, "every report leads to a site"
        return site_id

    def found_real(self, site_id: UUID) -> None:
        """Somebody stands there and sees works; where somebody did before, they say so once more."""
        site = casework_store.sites.lock(self.work, [site_id])[site_id]
        assert site.lon is not None
        assert site.lat is not None
        there = Proof(pictures=("a" * 64,), lon=site.lon, lat=site.lat, accuracy_m=5.0)
        looked: tuple[Body, ...] = (
            OwnerGiven(uuid4(), "patroller", "nearest"),
            Arrived(there),
            Verified(true=True, code="digging", proof=there),
        )
        casework.append(self.work, site, (Noted("they dig on"),) if site.verified else looked)
        self.drain()

    def rewards(self) -> list[RewardRow]:
        return list(self.work.session.scalars(select(RewardRow).where(RewardRow.tenant_id == self.work.tenant_id)))


@pytest.fixture(scope="module")
def net() -> NetLook:
    """The shipped look net."""
    card = read_manifest(WEIGHTS)["look"]
    return NetLook(card, open_runner(read_weights(WEIGHTS, card), card, 1, Engine.ONNXRUNTIME))


@pytest.fixture(scope="module")
def decoder() -> Iterator[ChildDecoder]:
    with ChildDecoder(children=1) as made:
        yield made


@pytest.fixture
def seer(tmp_path: Path, net: NetLook, decoder: ChildDecoder) -> service.Seer:
    return service.Seer(decoder, BlobStore(tmp_path), net)


@pytest.fixture
def street(work: Work, clock: SetClock, seer: service.Seer, monkeypatch: pytest.MonkeyPatch) -> Street:
    """A street of pipes: whatever is dug there lies in the protection range; nobody's model looks at it."""

    def answer_many(_work: Work, lonlat: np.ndarray, **_told: object) -> list[ZoneAnswer]:
        known = {name: getattr(UNKNOWN, name) for name in ZoneAnswer.__slots__}
        return [ZoneAnswer(**known | {"zone": Zone.PROTECTION}) for _ in lonlat]

    monkeypatch.setattr("pipewarden.network.service.answer_many", answer_many)
    people.set_switch(work, people.operator(work.tenant_id), SCREEN_SWITCH, on=False, reason="people report here")
    work.take_facts()
    blobs, decoder, unasked = seer.blobs, seer.decoder, cast("Any", None)
    consumers: list[tuple[str, Drain]] = [  # as main/river has them
        (OBSERVED, perceive_jobs.make_drain(unasked, unasked, unasked, decoder, blobs)),
        (SCREENED, locate_jobs.make_drain()),
        (PLACED, dedupe_jobs.make_drain()),
        (ALARM_CHANGED, judge_jobs.make_drain(Bench(second=LocalJudge()))),
        (ALARM_CHANGED, casework_jobs.drain),
        (JUDGED, casework_jobs.drain),
        (CHANGED, casework_jobs.drain_changed),
        (SCREENED, field_jobs.make_comparing(seer)),
        (CHANGED, field_jobs.reward),
    ]
    return Street(work, clock, service.Desk(blobs, b"a secret of these tests alone....", paced=False), consumers)


def run(street: Street, originals: list[Pixels], seed: int, words: str) -> None:
    """Report every original and all its copies, find every site real, and count what was wished for."""
    rng = np.random.default_rng(seed)
    firsts = []
    for pixels in originals:
        place = street.place()
        said = street.say(pixels, place, signed=bool(rng.random() < 0.5))
        firsts.append((said, place))
        if rng.random() < 0.5:  # else it is found real when its copies have come
            street.found_real(street.site_of(said))
    copies = [(number, way, copy) for number, one in enumerate(originals) for way, copy in variants(one, rng)]
    elsewhere, missed, unlinked = 0, Counter[str](), set[UUID]()
    for turn in rng.permutation(len(copies)):
        number, way, copy = copies[turn]
        away = bool(rng.random() < 0.5)
        said = street.say(copy, street.place() if away else firsts[number][1], signed=bool(rng.random() < 0.5))
        site = street.site_of(said)
        assert away == (site != street.site_of(firsts[number][0]))
        street.found_real(site)
        elsewhere += away
        if said.copy_of is None:
            missed[way] += 1
            unlinked.add(said.id)
    for said, _ in firsts:
        street.found_real(street.site_of(said))
    linked = len(copies) - missed.total()
    figures = f"{linked} linked (missed {dict(missed)}), {elsewhere} to a site of their own"
    print(f"{words}: {len(originals)} x {WAYS}: {figures}; {len(street.rewards())} rewards")  # noqa: T201
    check(street, [said for said, _ in firsts], unlinked)
    assert linked >= 0.95 * len(copies)


def check(street: Street, firsts: list[Report], unlinked: set[UUID]) -> None:
    """Each original is wished for once, unless it is itself the copy of an earlier one; a copy never."""
    made = street.rewards()
    owed = {one.id for one in firsts if one.copy_of is None}
    doubles = [one for one in made if one.report_id not in owed]
    strange = len([one for one in doubles if one.report_id in unlinked])
    assert not doubles, f"{len(doubles)} copies paid, {strange} of them not linked"
    assert {one.report_id for one in made} == owed, "and whoever was first is paid"
    assert max(Counter(one.key for one in made).values()) == 1, "once for a case and kind"
    assert Counter(street.wished) == Counter(one.id for one in made), "a fact for each, once"
    assert len(owed) >= 0.99 * len(firsts)
    assert service.wish(street.work, list(dict.fromkeys(street.changed))) == [], "replayed from the first: nothing more"


@pytest.mark.shared
def test_a_copy_of_a_real_picture_is_paid_nothing_wherever_it_is_sent(street: Street, shared_data: Path) -> None:
    run(street, photographs(shared_data, 10, 5), 11, "rewards, part")


@pytest.mark.release
@pytest.mark.shared
@pytest.mark.timeout(5400)
def test_two_hundred_pictures_and_two_thousand_copies_make_no_double_reward(street: Street, shared_data: Path) -> None:
    run(street, photographs(shared_data, 200, 5), 11, "rewards, whole")


def test_a_copy_of_a_drawing_is_paid_nothing(street: Street) -> None:
    """Where no photographs are."""
    run(street, [drawing(seed) for seed in range(2)], 3, "rewards, drawings")
