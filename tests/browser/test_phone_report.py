"""A report from a phone: a few taps, no account, what is known first, and a link to follow it by."""

from __future__ import annotations

import base64
import gzip
import io
import json
import re
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import pytest
from map_page_town import CHROMIUM, jpeg
from phone_visit import HERE
from PIL import Image
from playwright.sync_api import expect
from sqlalchemy import text

from pipewarden.main.web.console import BUILT
from pipewarden.people.facts import Role

if TYPE_CHECKING:
    from pathlib import Path
    from typing import Any

    from desk_town import DeskTown
    from desk_visit import Visit
    from phone_visit import Phones

pytestmark = pytest.mark.system(CHROMIUM)
MOST_TAPS = 6
MOST_BYTES = 300 * 1024
FAR_EAST = {"latitude": 39.5421, "longitude": 116.7333, "accuracy": 12}


def reports(desk: DeskTown) -> list[dict[str, Any]]:
    """Return every report that the server has, oldest first."""
    with desk.home.work() as work:
        rows = work.session.execute(text("SELECT * FROM field_reports ORDER BY received_at, id")).mappings()
        return [dict(one) for one in rows]


def camera(folder: Path, name: str = "seen", size: tuple[int, int] = (480, 270)) -> str:
    path = folder / f"{name}.jpg"
    path.write_bytes(jpeg(*size))
    return str(path)


def to_form(visit: Visit) -> None:
    """Come to the form, whatever is known near."""
    page = visit.page
    page.wait_for_selector("[data-page=report][data-state=form], [data-act=own]:not([data-near-state] *)")
    if page.locator("[data-page=report][data-state=near]").count():
        page.locator(".foot [data-act=own]").tap()
    expect(page.locator("[data-page=report]")).to_have_attribute("data-state", "form")


def sent(visit: Visit) -> str:
    """Wait for the server's answer, open the status page and return the token."""
    visit.page.wait_for_selector("[data-sent][data-state=sent]")
    visit.page.locator("[data-act=status]").tap()
    visit.page.wait_for_selector("[data-page=status][data-state=idle]")
    return str(urlsplit(visit.page.url).path.rpartition("/")[2])


def test_a_stranger_reports_in_six_taps_at_most(phones: Phones, desk: DeskTown, tmp_path: Path) -> None:
    before = len(reports(desk))
    visit = phones.anybody(geolocation=FAR_EAST)
    page, taps = visit.page, 0

    def tap(selector: str) -> None:
        nonlocal taps
        page.locator(selector).tap()
        taps += 1

    tap("[data-act=report]")
    page.wait_for_selector("[data-page=report][data-state=form], .foot [data-act=own]")
    if page.locator("[data-page=report][data-state=near]").count():
        tap(".foot [data-act=own]")
    with page.expect_file_chooser() as chooser:
        tap("[data-act=take]")
    chooser.value.set_files(camera(tmp_path))
    expect(page.locator("[data-field=pictures]")).to_have_attribute("data-count", "1")
    tap("[data-kind=digging]")
    tap("[data-act=send]")
    page.wait_for_selector("[data-sent][data-state=sent]")
    assert taps <= MOST_TAPS
    visit.shot("phone-report-sent")
    token = sent(visit)
    visit.shot("phone-status")
    assert re.fullmatch(r"[0-9a-f]{32}", token)
    expect(page.locator("[data-steps] [data-step=received]")).to_be_visible()
    expect(page.locator("[data-page=status] img")).to_have_count(1)
    found = reports(desk)
    assert len(found) == before + 1
    assert found[-1]["kind"] == "digging"
    assert abs(found[-1]["lon"] - FAR_EAST["longitude"]) < 1e-4
    assert found[-1]["person_id"] is None


def test_danger_shows_the_hotline_before_anything_is_sent(phones: Phones) -> None:
    visit = phones.anybody()
    page = visit.page
    page.locator("[data-act=danger]").tap()
    ring = page.locator("[data-danger] [data-act=ring]")
    expect(ring).to_have_attribute("href", re.compile(r"^tel:\d+$"))
    expect(page.locator("[data-kind]")).to_have_count(2)
    visit.shot("phone-danger")
    page.locator("[data-kind=gas_smell]").tap()
    page.locator("[data-act=send]").tap()
    page.wait_for_selector("[data-sent][data-state=sent]")
    expect(page.locator("[data-sent] [data-act=ring]")).to_have_attribute("href", re.compile(r"^tel:\d+$"))


def test_what_is_known_near_stands_before_the_form_and_is_confirmed_by_one_tap(
    phones: Phones, desk: DeskTown, tmp_path: Path
) -> None:
    place = {"latitude": 39.5388, "longitude": 116.7211, "accuracy": 9}
    first = phones.anybody("/m/report", geolocation=place)
    to_form(first)
    with first.page.expect_file_chooser() as chooser:
        first.page.locator("[data-act=take]").tap()
    chooser.value.set_files(camera(tmp_path))
    first.page.locator("[data-kind=piling]").tap()
    first.page.locator("[data-act=send]").tap()
    first.page.wait_for_selector("[data-sent][data-state=sent]")
    desk.flow()

    second = phones.anybody("/m/report", geolocation={**place, "latitude": 39.5390})
    expect(second.page.locator("[data-page=report]")).to_have_attribute("data-state", "near")
    listed = second.page.locator("[data-near]")
    expect(listed.first).to_contain_text("打桩")
    expect(second.page.locator("[data-near-list] [data-plan]")).to_be_visible()
    second.shot("phone-near")
    before = len(reports(desk))
    listed.first.locator("[data-act=confirm]").tap()
    second.page.wait_for_selector("[data-sent][data-state=sent]")
    assert len(reports(desk)) == before + 1
    assert reports(desk)[-1]["confirms"] is not None


def test_without_a_place_words_say_where(phones: Phones, desk: DeskTown) -> None:
    visit = phones.anybody("/m/report", permissions=[], geolocation=None)
    page = visit.page
    to_form(visit)
    expect(page.locator("[data-field=place]")).to_have_attribute("data-place", "denied")
    page.locator("[data-kind=drilling]").tap()
    expect(page.locator("[data-lacks]")).to_have_attribute("data-lacks", "place")
    expect(page.locator("[data-act=send]")).to_be_disabled()
    page.fill("[name=place-words]", "爱民道 12 号院北门外")
    page.locator("[data-act=send]").tap()
    page.wait_for_selector("[data-sent][data-state=sent]")
    assert reports(desk)[-1]["place_words"] == "爱民道 12 号院北门外"


def test_a_place_is_mended_on_the_plan(phones: Phones, desk: DeskTown) -> None:
    vague = {"latitude": 39.5333, "longitude": 116.6900, "accuracy": 900}
    visit = phones.anybody("/m/report", geolocation=vague)
    page = visit.page
    to_form(visit)
    expect(page.locator("[data-field=place]")).to_have_attribute("data-accuracy", "900")
    page.locator("[data-act=adjust]").tap()
    box = page.locator("[data-plan]").bounding_box()
    assert box is not None
    page.locator("[data-plan]").tap(position={"x": box["width"] * 0.75, "y": box["height"] * 0.25})
    expect(page.locator("[data-field=place]")).to_have_attribute("data-accuracy", "15")
    box, pin = page.locator("[data-plan]").bounding_box(), page.locator("[data-pin]").bounding_box()
    assert box is not None
    assert pin is not None
    assert abs(pin["x"] + pin["width"] / 2 - box["x"] - box["width"] * 0.75) < 3, "the pin stands where the finger was"
    visit.shot("phone-place")
    page.locator("[data-kind=hoarding]").tap()
    page.locator("[data-act=send]").tap()
    page.wait_for_selector("[data-sent][data-state=sent]")
    kept = reports(desk)[-1]
    assert kept["lon"] > vague["longitude"]
    assert kept["lat"] > vague["latitude"]
    assert kept["accuracy_m"] == 15


def test_a_large_picture_goes_small_and_one_the_browser_cannot_read_goes_raw(phones: Phones, tmp_path: Path) -> None:
    raw = tmp_path / "IMG_0007.HEIC"
    raw.write_bytes(b"\0\0\0\x18ftypheic" + bytes(range(256)) * 40)
    visit = phones.anybody("/m/report", geolocation={**HERE, "longitude": 116.6801})
    page = visit.page
    to_form(visit)
    big = tmp_path / "big.png"
    Image.effect_noise((3200, 2400), 40).convert("RGB").save(big)
    page.set_input_files("[name=picture]", str(big))
    expect(page.locator("[data-field=pictures]")).to_have_attribute("data-count", "1")
    page.set_input_files("[name=picture]", str(raw))
    expect(page.locator("[data-field=pictures]")).to_have_attribute("data-count", "2")
    page.locator("[data-kind=digging]").tap()
    page.context.set_offline(True)
    page.locator("[data-act=send]").tap()
    page.wait_for_selector("[data-sent][data-state=kept]")
    shapes = page.evaluate(
        """() => new Promise((done) => { const asked = indexedDB.open('pipewarden'); asked.onsuccess = () => {
        const all = asked.result.transaction('drafts').objectStore('drafts').getAll();
        all.onsuccess = async () => { const out = []; for (const one of all.result.at(-1).pictures) {
          const bitmap = await createImageBitmap(one.blob).catch(() => null);
          out.push([one.name, one.blob.size, bitmap?.width ?? null, bitmap?.height ?? null]); } done(out) } } })"""
    )
    assert [one[0] for one in shapes] == ["big.jpg", "IMG_0007.HEIC"]
    assert shapes[0][2:] == [2560, 1920]
    assert shapes[1][1:] == [raw.stat().st_size, None, None]
    page.context.set_offline(False)
    page.wait_for_selector("[data-sent][data-state=sent]")


def test_who_is_signed_in_finds_the_report_among_their_own(phones: Phones, desk: DeskTown) -> None:
    login = desk.login(Role.RESIDENT, name="报过的人")
    visit = phones.by(login, "/m/report", geolocation={**HERE, "longitude": 116.6702})
    page = visit.page
    to_form(visit)
    page.locator("[data-kind=other]").tap()
    expect(page.locator("[data-lacks]")).to_have_attribute("data-lacks", "words")
    page.fill("[name=words]", "有人在井盖旁边挖")
    page.locator("[data-act=send]").tap()
    page.wait_for_selector("[data-sent][data-state=sent]")
    assert reports(desk)[-1]["person_id"] == desk.ids[login]
    page.locator("[data-tab=mine]").tap()
    expect(page.locator("[data-my-reports]")).to_contain_text("有人在井盖旁边挖")
    page.locator("[data-my-reports] [data-report]").first.tap()
    expect(page.locator("[data-page=status]")).to_contain_text("有人在井盖旁边挖")
    page.fill("[name=more-words]", "又来了一台挖机")
    page.locator("[data-act=add]").tap()
    expect(page.locator("[data-step=said]")).to_be_visible()


def test_a_report_is_forgotten_by_its_link_after_a_question(phones: Phones, desk: DeskTown, tmp_path: Path) -> None:
    visit = phones.anybody("/m/report", geolocation={**FAR_EAST, "longitude": 116.7301})
    page = visit.page
    to_form(visit)
    page.set_input_files("[name=picture]", camera(tmp_path, "unwanted"))
    expect(page.locator("[data-field=pictures]")).to_have_attribute("data-count", "1")
    page.locator("[data-kind=digging]").tap()
    page.fill("[name=words]", "我家三楼窗外在挖")
    page.locator("details summary").tap()
    page.fill("[name=contact]", "13800001234")
    page.locator("[data-act=send]").tap()
    sent(visit)
    expect(page.locator("main")).to_contain_text("我家三楼窗外在挖")
    page.locator("[data-act=forget]").tap()
    expect(page.locator("[data-forget]")).to_contain_text("留下：看到了什么")
    page.locator("[data-act=forget-no]").scroll_into_view_if_needed()
    visit.shot("phone-forget")
    page.locator("[data-act=forget-no]").tap()
    expect(page.locator("[data-forget]")).to_have_count(0)
    assert reports(desk)[-1]["words"] == "我家三楼窗外在挖"
    page.locator("[data-act=forget]").tap()
    page.locator("[data-act=forget-yes]").tap()
    expect(page.locator("[data-forgotten]")).to_contain_text("已按你的要求忘掉")
    expect(page.locator("main")).not_to_contain_text("我家三楼窗外在挖")
    expect(page.locator("[data-page=status] img, [name=more-words], [data-act=forget]")).to_have_count(0)
    visit.shot("phone-forgotten")
    kept = reports(desk)[-1]
    assert (kept["words"], kept["contact"], kept["kind"]) == ("", "", "digging")
    page.reload()
    expect(page.locator("[data-forgotten]")).to_be_visible()
    page.locator("[data-tab=mine]").tap()
    page.locator("[data-language=en]").tap()
    page.go_back()
    expect(page.locator("[data-forgotten]")).to_contain_text("Forgotten as you asked")


def test_a_link_that_is_none_says_so(phones: Phones) -> None:
    visit = phones.anybody("/m/r/" + "0" * 32)
    visit.expect("404")
    expect(visit.page.locator("[data-page=status]")).to_contain_text("没有这条上报")


def test_the_report_page_is_small(phones: Phones) -> None:
    visit = phones.anybody("/m/report", service_workers="block")
    visit.expect("Service Worker registration blocked")
    to_form(visit)
    visit.page.wait_for_load_state("networkidle")
    loaded = {urlsplit(one).path for one in visit.asked if urlsplit(one).path.startswith(("/assets/", "/m/"))}
    files = [BUILT / ("m/index.html" if one == "/m/report" else one.removeprefix("/")) for one in loaded]
    assert any(one.suffix == ".js" for one in files)
    assert any(one.suffix == ".css" for one in files)
    packed = sum(len(gzip.compress(one.read_bytes(), 6, mtime=0)) for one in files)
    print(f"the report page loads {len(files)} files, {packed / 1024:.0f} KiB gzip")  # noqa: T201  the figure
    assert packed <= MOST_BYTES
    assert not [one for one in loaded if one.startswith("/assets/desk/")]


def test_a_picture_is_shown_as_it_will_go(phones: Phones, tmp_path: Path) -> None:
    visit = phones.anybody("/m/report", geolocation={**HERE, "longitude": 116.66})
    to_form(visit)
    visit.page.set_input_files("[name=pictures]", [camera(tmp_path, str(n)) for n in range(3)])
    expect(visit.page.locator(".thumbs li")).to_have_count(3)
    expect(visit.page.locator("[data-act=take]")).to_have_count(0)
    visit.shot("phone-report-form")
    visit.page.locator(".thumbs button").first.tap()
    expect(visit.page.locator(".thumbs li")).to_have_count(2)
    assert Image.open(io.BytesIO(jpeg())).size == (480, 270)


EARLY = """(([picture, late]) => {
  const give = (field) => {
    const bytes = Uint8Array.from(atob(picture), (one) => one.charCodeAt(0))
    const held = new DataTransfer()
    held.items.add(new File([bytes], 'early.jpg', { type: 'image/jpeg' }))
    field.files = held.files
    field.dispatchEvent(new Event('change'))
  }
  new MutationObserver((_seen, watch) => {
    const field = document.querySelector('#early')
    if (field === null) return
    watch.disconnect()
    window.bareAt = document.querySelector('[data-page]') === null
    if (late) window.giveEarly = () => give(field)
    else give(field)
  }).observe(document, { childList: true, subtree: true })
})"""


@pytest.mark.parametrize("late", [False, True], ids=["before the page woke", "after, the camera still open"])
def test_a_picture_taken_with_the_first_button_is_kept(phones: Phones, late: bool) -> None:
    """The camera's button stands in the page's HTML: a slow phone needs no script to take its picture."""
    visit = phones.anybody(geolocation=FAR_EAST)
    page = visit.page
    picture = base64.b64encode(jpeg(480, 270)).decode()
    page.add_init_script(f"{EARLY}({json.dumps([picture, late])})")
    visit.go("/m/report")
    page.wait_for_selector("[data-page=report]")
    assert page.evaluate("window.bareAt") is True, "no part of the page was there yet"
    if late:
        page.evaluate("window.giveEarly()")
    expect(page.locator("[data-page=report] [data-field=pictures]")).to_have_attribute("data-count", "1")
    assert page.locator("[data-act=take]").count() == 1, "the first button has gone"
    assert page.locator(".early").count() == 0
    page.locator("[data-field=pictures] .thumbs button").tap()
    page.locator("[data-tab=home]").tap()
    page.locator("[data-act=report]").first.tap()
    expect(page.locator("[data-field=pictures]")).to_have_attribute("data-count", "0")


def test_the_first_button_opens_a_camera_without_any_script(phones: Phones) -> None:
    visit = phones.anybody(geolocation=FAR_EAST)
    page = visit.page
    page.context.new_cdp_session(page).send("Emulation.setScriptExecutionDisabled", {"value": True})
    page.goto(f"{visit.town.address}/m/report")
    with page.expect_file_chooser() as chooser:
        page.locator("[data-act=take]").tap()
    assert chooser.value.element.get_attribute("capture") == "environment"
    box = page.locator("[data-act=take]").bounding_box()
    assert box is not None
    assert box["height"] >= 48
    assert box["width"] > 300
