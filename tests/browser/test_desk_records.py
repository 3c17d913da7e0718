"""The record of a step, written on the desk: marking, trial pits and briefing by forms that nobody drew by hand."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

import cv2
import numpy as np
import pytest
from map_page_town import CHROMIUM
from playwright.sync_api import expect
from sqlalchemy import text
from step_records import record

from pipewarden.casework import service as casework
from pipewarden.casework.facts import (
    Advanced,
    Arrived,
    Attendee,
    PartyRole,
    PersonRole,
    Proof,
    SiteState,
    StepRecord,
    StepRecorded,
    Substep,
    Verified,
)
from pipewarden.network import service as network
from pipewarden.people import service as people
from pipewarden.people.facts import Role

if TYPE_CHECKING:
    from pathlib import Path
    from uuid import UUID

    from desk_town import DeskTown
    from desk_visit import Visit, Visits
    from playwright.sync_api import Locator

    from pipewarden.casework.facts import Body

pytestmark = pytest.mark.system(CHROMIUM)
PLACE = (116.7120387, 39.5391385)
EAST_M = 85_860.0  # metres of a degree eastwards there
PHONE = {"width": 414, "height": 860}
ROWS = {"operator": "赵工", "contractor": "李工"}


@pytest.fixture
def picture(tmp_path: Path) -> Path:
    path = tmp_path / "pit.jpg"
    assert cv2.imwrite(str(path), np.full((480, 640, 3), (120, 160, 190), np.uint8))
    return path


class Works:
    """Filed works on a pipe of the demo city, and what the pages show of them."""

    def __init__(self, desk: DeskTown, picture: Path, north: float) -> None:
        self.desk, self.picture = desk, str(picture)
        desk.login(Role.SAFETY_MANAGER)
        lon, lat = desk.on_a_pipe((PLACE[0], PLACE[1] + north))
        with desk.home.work() as work:  # the pipe runs northwards: as far to the east as it is away
            off = network.answer(work, lon, lat, covariance=None, at=work.now()).distance_m or 0.0
        self.place = (lon + off / EAST_M, lat)
        desk.report(self.place)
        with desk.home.work() as work:
            newest = text("SELECT id FROM casework_sites ORDER BY opened_at DESC LIMIT 1")
            self.id: UUID = work.session.execute(newest).scalar_one()
            found = network.answer(work, *self.place, covariance=None, at=work.now())
            self.pipe = found.pipe_id or ""
            root = people.operator(desk.home.tenant_id)
            shown = casework.bring(work, root, desk.home.blobs, self.id, picture.read_bytes())
        proof = Proof((shown,), *self.place, accuracy_m=5.0, words="No. 7", signed_by=("李工",))
        self.act(Arrived(proof), Verified(true=True, code="digging", proof=proof))
        driver = Attendee("王师傅", PartyRole.CONTRACTOR, PersonRole.MACHINE_OPERATOR, "excavator")
        self.act(Advanced(SiteState.NOTIFIED, proof, record=StepRecord(attendees=(driver,))))
        self.act(Advanced(SiteState.FILED, proof))
        self.proof = proof

    def locate(self) -> None:
        """Find the pipe where the map has it, and let four parties confirm it."""
        for step in (Substep.MARKING, Substep.TRIAL_PITS):
            written = record(step.value, datetime.now(UTC), self.place, self.pipe)
            self.act(StepRecorded(step, self.proof, written))
        written = record("located", datetime.now(UTC), self.place)
        proof = replace(self.proof, signed_by=tuple(one.name for one in written.signatures))
        self.act(Advanced(SiteState.LOCATED, proof, record=written))

    def act(self, *bodies: Body) -> None:
        """Do it in the house's own name."""
        with self.desk.home.work() as work:
            root = people.operator(self.desk.home.tenant_id)
            for body in bodies:
                version = casework.site(work, root, self.id).site.version
                casework.act(work, root, self.id, version, body)

    def kept(self) -> casework.Filed:
        with self.desk.home.work() as work:
            return casework.site(work, people.operator(self.desk.home.tenant_id), self.id)

    def open(self, visits: Visits, **more: object) -> Visit:
        return visits.by(self.desk.login(Role.DISPATCHER), f"/sites/{self.id}", **more)

    def begin(self, visit: Visit, act: str) -> Locator:
        visit.page.locator(f"[data-next] [data-act={act}]").click()
        return visit.page.locator(f"[data-form={act}]")

    def point(self, form: Locator, row: int, *, north_m: float = 0.0, depth: str = "", pipe: str | None = None) -> None:
        """Write down one measured point, so many metres north of the pipe."""
        cells = form.locator("[data-record=points] .row").nth(row).locator("input")
        lon, lat = self.place[0], self.place[1] + north_m / 111_030
        for number, said in enumerate((f"{lon:.7f}", f"{lat:.7f}", depth, "0.05", self.pipe if pipe is None else pipe)):
            cells.nth(number).fill(said)


def now(minutes: int = -30) -> str:
    """Return so many minutes from now as the browser's field of a moment takes it."""
    moment = datetime.now(UTC).astimezone(ZoneInfo("Asia/Shanghai")) + timedelta(minutes=minutes)
    return moment.strftime("%Y-%m-%dT%H:%M")


def moment(form: Locator, name: str, minutes: int = -30) -> None:
    form.locator(f"[data-record={name}] input").fill(now(minutes))


def names(form: Locator, field: str, **by_party: str) -> None:
    """Name somebody in the row of each party."""
    rows = form.locator(f"[data-record={field}] .row")
    for number in range(rows.count()):
        party = rows.nth(number).locator("select").first.input_value()
        if party in by_party:
            rows.nth(number).locator("input").fill(by_party.pop(party))
    assert by_party == {}, "no row was drawn for these"


def bring(form: Locator, picture: str) -> None:
    form.locator("[data-field=pictures]").set_input_files(picture)
    expect(form).to_contain_text("已传 1 张")


def send(form: Locator) -> None:
    form.locator("button[type=submit]").click()


def flaw(form: Locator, field: str) -> Locator:
    """Return what is told beside a field; it alone is told, and it is in view."""
    told = form.locator(f"[data-wrong={field}]")
    expect(told).to_be_in_viewport()
    expect(form.locator("[role=alert]")).to_have_count(1)
    return told


def test_a_pipe_is_marked_by_the_form_and_what_lacks_is_told_at_its_field(
    visits: Visits, desk: DeskTown, picture: Path
) -> None:
    works = Works(desk, picture, 0.0)
    visit = works.open(visits)
    visit.expect("409|422")
    form = works.begin(visit, "marking")
    expect(form.locator("h4")).to_contain_text("管线标识")
    expect(form.locator("h4")).to_contain_text("产品规则，非法定")
    expect(form.locator("[data-record=points] .row")).to_have_count(2)
    visit.shot("marking-blank")
    send(form)
    expect(form.locator("[role=alert]")).to_contain_text("照片不够")
    assert form.locator("[data-wrong]").count() == 0, "pictures are no field of the record"
    bring(form, works.picture)
    send(form)
    expect(flaw(form, "held_at")).to_contain_text("请填时间")
    moment(form, "held_at", 60)
    works.point(form, 0)
    names(form, "attendees", operator="赵工")
    names(form, "signatures", operator="赵工", contractor="赵工")
    send(form)
    expect(flaw(form, "held_at")).to_contain_text("时间在将来")
    moment(form, "held_at")
    send(form)
    expect(flaw(form, "signatures")).to_contain_text("同一个人不能代表两方签字")
    visit.shot("marking-one-hand")
    names(form, "signatures", operator="赵工", contractor="")
    send(form)
    told = flaw(form, "points")
    expect(told).to_contain_text("holds 1 of 2 point(s)")
    expect(told).to_contain_text("标识不少于两点")
    works.point(form, 1, north_m=1200.0)
    send(form)
    expect(flaw(form, "signatures")).to_contain_text("施工单位")
    names(form, "signatures", contractor="李工")
    send(form)
    expect(flaw(form, "points")).to_contain_text("离施工点太远")
    works.point(form, 1, pipe="HP-NOWHERE")
    send(form)
    expect(flaw(form, "points")).to_contain_text("管线图上没有这个编号")
    works.point(form, 1)
    send(form)
    expect(form).to_have_count(0)
    detail = visit.page.locator("[data-site-detail]")
    expect(detail.locator("[data-event=step_recorded]")).to_contain_text("管线标识")
    expect(detail.locator("[data-map-error]")).to_have_count(0)  # it lies where the map has it
    assert [one.value for one in works.kept().site.kept.done] == ["marking"]
    # it was done: it may be written again, and leads on no more
    expect(detail.locator("[data-next] .main[data-act=marking]")).to_have_count(0)
    expect(detail.locator("[data-next] .quiet[data-act=marking]")).to_be_visible()
    expect(detail.locator("[data-refused=locate]")).to_contain_text("还没有挖探坑")
    visit.shot("marking-done")


def test_a_slip_of_the_hand_is_told_and_never_sent_as_an_empty_field(
    visits: Visits, desk: DeskTown, picture: Path
) -> None:
    works = Works(desk, picture, 0.002)
    visit = works.open(visits, viewport=PHONE)
    visit.expect("409|422")
    form = works.begin(visit, "trial_pits")
    assert visit.page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    visit.shot("pits-phone")
    bring(form, works.picture)
    moment(form, "held_at")
    form.locator("[data-record=exposed] select").select_option("yes")
    names(form, "attendees", **ROWS)
    names(form, "signatures", **ROWS)
    gas = form.locator("[data-record=gas_lel_pct] input")
    works.point(form, 0, depth="1.1")
    for said in ("O", "101", "-1"):
        gas.fill(said)
        send(form)
        expect(flaw(form, "gas_lel_pct")).to_contain_text("这里填的内容不能用")
    visit.shot("pits-phone-slip")
    gas.fill("")
    send(form)
    expect(flaw(form, "gas_lel_pct")).to_contain_text("请填数字")
    gas.fill("0,5")  # as a German phone writes it
    works.point(form, 0)
    send(form)
    expect(flaw(form, "points")).to_contain_text("has a point without a depth")
    works.point(form, 0, depth="1.1")
    form.locator("[data-record=points] input").first.fill("")  # a place without its longitude is no empty row
    send(form)
    expect(flaw(form, "points")).to_contain_text("这里填的内容不能用")
    works.point(form, 0, depth="1.1")
    send(form)
    expect(form).to_have_count(0)
    assert [one.value for one in works.kept().site.kept.done] == ["trial_pits"]


@pytest.mark.parametrize(("pipe", "words"), [(None, "与管线图相差"), ("", "没有的管道")], ids=["off", "unmapped"])
def test_a_pit_that_finds_the_pipe_elsewhere_is_an_alert_on_the_site(
    visits: Visits, desk: DeskTown, picture: Path, pipe: str | None, words: str
) -> None:
    works = Works(desk, picture, 0.004 if pipe is None else 0.006)
    visit = works.open(visits)
    form = works.begin(visit, "trial_pits")
    bring(form, works.picture)
    moment(form, "held_at")
    works.point(form, 0, north_m=60.0, depth="0.9", pipe=pipe)
    form.locator("[data-record=exposed] select").select_option("yes")
    form.locator("[data-record=gas_lel_pct] input").fill("0")
    names(form, "attendees", **ROWS)
    names(form, "signatures", **ROWS)
    visit.shot("pits-filled")
    send(form)
    told = visit.page.locator("[data-map-error]")
    expect(told).to_contain_text(words)
    assert told.get_attribute("role") == "alert"
    expect(told).to_be_in_viewport()  # not left above, where the form was
    visit.shot("map-error" + ("" if pipe is None else "-unmapped"))
    assert works.kept().site.kept.map_error is not None


def test_a_briefing_names_whoever_drives_and_every_party_signs(visits: Visits, desk: DeskTown, picture: Path) -> None:
    works = Works(desk, picture, 0.008)
    works.locate()
    visit = works.open(visits)
    visit.expect("409")
    form = works.begin(visit, "brief")
    visit.shot("briefing-blank")
    rows = form.locator("[data-record=attendees] .row")
    # the two parties, and the driver whom the letter named
    expect(rows).to_have_count(3)
    expect(rows.nth(2).locator("input")).to_have_value("王师傅")
    bring(form, works.picture)
    moment(form, "held_at")
    names(form, "signatures", **ROWS)
    for name, said in {"hand_dig_m": "2", "standby_person": "孙站", "emergency_phone": "96777"}.items():
        form.locator(f"[data-record={name}] input").fill(said)
    quiz = form.locator("[data-record=quiz_passed] select")
    quiz.select_option("no")
    rows.nth(0).locator("input").fill("赵工")
    rows.nth(2).locator("input").fill("")
    send(form)
    expect(flaw(form, "attendees")).to_contain_text("施工单位")
    rows.nth(1).locator("input").fill("李工")
    send(form)
    told = flaw(form, "attendees")
    expect(told).to_contain_text("每名机械操作人员")
    expect(told).to_contain_text("names 0 of 1 machine operator")
    visit.shot("briefing-driver")
    rows.nth(2).locator("input").fill("王师傅")
    rows.nth(2).locator("select").last.select_option("excavator")
    form.locator("[data-record=attendees] > button").click()
    expect(rows).to_have_count(4)
    rows.nth(3).locator("input").fill("吴师傅")
    rows.nth(2).locator("input").fill("旺师傅")
    send(form)
    expect(flaw(form, "attendees")).to_contain_text("王师傅")  # whom the letter named: a slip is no briefing
    rows.nth(2).locator("input").fill("王师傅")
    send(form)
    expect(flaw(form, "quiz_passed")).to_contain_text("先整改再走这一步")
    quiz.select_option("yes")
    send(form)
    detail = visit.page.locator("[data-site-detail]")
    expect(detail.locator("[data-headline]")).to_contain_text("已交底")
    visit.shot("briefing-done")
    kept = works.kept().site.kept
    assert (kept.briefed, kept.hand_dig_m) == (("吴师傅", "王师傅"), 2.0)


def test_the_form_is_whole_in_english(visits: Visits, desk: DeskTown, picture: Path) -> None:
    works = Works(desk, picture, 0.010)
    visit = works.open(visits)
    visit.expect("409")
    visit.page.evaluate("localStorage.setItem('pipewarden.language', 'en')")
    visit.page.reload()
    form = works.begin(visit, "trial_pits")
    bring_in_english = form.locator("[data-field=pictures]")
    bring_in_english.set_input_files(works.picture)
    expect(form).to_contain_text("Trial pits")
    expect(form).to_contain_text("Gas reading (%LEL) *")
    expect(form.locator("[data-record=attendees] select").first).to_contain_text("gas operator")
    expect(form.locator("input[type=file] >> xpath=..")).to_contain_text("1")
    send(form)
    expect(flaw(form, "held_at")).to_contain_text("Write when.")
    words = form.inner_text()
    assert not any(one in words for one in ("record.", "record_wrong.", "site."))
    visit.shot("pits-english")
    visit.page.evaluate("localStorage.removeItem('pipewarden.language')")
