"""A standby supervisor with a phone: begins there, checks without a line, stops works in two taps."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest
from map_page_town import CHROMIUM
from phone_roles import all_sent, go_offline, happened, photo, rows, there
from playwright.sync_api import expect

from pipewarden.casework import service as casework
from pipewarden.casework import store
from pipewarden.casework.facts import Advanced, Arrived, Proof, SiteState, Verified
from pipewarden.people.facts import Role

if TYPE_CHECKING:
    from pathlib import Path
    from uuid import UUID

    from desk_town import DeskTown
    from phone_visit import Phones

pytestmark = pytest.mark.system(CHROMIUM)
NEAR = (116.7153, 39.5421385)
PATH = (
    SiteState.NOTIFIED, SiteState.FILED, SiteState.LOCATED, SiteState.BRIEFED, SiteState.PLAN_SIGNED, SiteState.READY,
)  # fmt: skip
TAPS_TO_STOP = 2


def ready(desk: DeskTown, near: tuple[float, float]) -> tuple[UUID, dict[str, float]]:
    """Open a site, take it along the main path until works may begin, and return it with a phone's place there."""
    site = desk.works(desk.on_a_pipe(near))
    login = desk.login(Role.PATROLLER, name="带路的人")
    desk.done(site, lambda work: casework.owner(work, desk.ids[login], site, "去看"))
    with desk.home.work() as work:
        now = store.sites.lock(work, [site])[site]
        proof = Proof(
            pictures=("b" * 64,), lon=now.lon, lat=now.lat, accuracy_m=5.0, words="7 号", signed_by=("a", "b", "c", "d")
        )
        seen = (Arrived(proof), Verified(true=True, code="digging", proof=proof))
        casework.append(work, now, [*seen, *(Advanced(one, proof) for one in PATH)], "test")
    return site, there(desk, site)


def test_an_hour_of_standing_by_without_a_line(phones: Phones, desk: DeskTown, tmp_path: Path) -> None:
    site, place = ready(desk, NEAR)
    visit = phones.by(desk.login(Role.STANDBY_SUPERVISOR, name="旁站的人"), "/m/standby", geolocation=place)
    page = visit.page
    card = page.locator(f'[data-standing="{site}"]')
    expect(card).to_contain_text("离工地")
    visit.shot("phone-standby")
    card.tap()
    root = page.locator("[data-page=standing]")
    expect(page.locator("[data-reach=inside]")).to_be_visible()
    page.locator("[data-act=begin]").tap()
    expect(root).to_have_attribute("data-running", "true")
    expect(page.locator("[data-next-check]")).to_contain_text(re.compile(r"\d\d:\d\d"))
    all_sent(visit)
    assert len(rows(desk, "SELECT * FROM field_shifts WHERE site_id = :id", id=site)) == 1
    expect(page.locator("[data-violation]").first).to_be_visible()

    go_offline(visit)
    page.locator("[data-act=check]").tap()
    form = page.locator("[data-form=check]")
    expect(form.locator("[data-lacks=picture]")).to_be_visible()
    with page.expect_file_chooser() as chooser:
        form.locator("[data-act=take]").tap()
    chooser.value.set_files(photo(tmp_path))
    expect(form.locator("[data-lacks=list]")).to_be_visible()
    for line in form.locator("[data-line]").all():
        line.locator("[data-answer=yes]").tap()
    expect(form.locator("[data-lacks=gas]")).to_be_visible()
    assert form.locator("[data-field=gas]").get_attribute("inputmode") == "decimal"
    form.locator("[data-field=gas]").fill("120")
    form.locator("[data-field=distance]").fill("2.5")
    form.locator("[data-exposed=no]").tap()
    form.locator("[data-machine=excavator]").tap()
    visit.shot("phone-check")
    form.locator("[data-act=send]").tap()
    expect(root).to_have_attribute("data-checks", "1")
    expect(page.locator("[data-unsent]")).to_have_attribute("data-waiting", "1")
    all_sent(visit)
    (check,) = rows(desk, "SELECT * FROM field_checks WHERE site_id = :id", id=site)
    assert (check["gas_ppm"], check["distance_m"], check["exposed"]) == (120, 2.5, False)
    assert check["counts"] is True
    assert list(check["machines"]) == ["excavator"]
    assert set(check["checklist"].values()) == {True}

    page.once("dialog", lambda dialog: dialog.accept())
    page.locator("[data-act=end]").tap()
    expect(root).to_have_attribute("data-running", "false")
    all_sent(visit)
    assert rows(desk, "SELECT * FROM field_shifts WHERE site_id = :id", id=site)[0]["ended_at"] is not None


def test_works_are_stopped_in_two_taps_even_without_a_line(phones: Phones, desk: DeskTown) -> None:
    site, place = ready(desk, (NEAR[0], NEAR[1] + 0.006))
    visit = phones.by(desk.login(Role.STANDBY_SUPERVISOR, name="停工的人"), f"/m/standby/{site}", geolocation=place)
    page, taps = visit.page, 0
    page.locator("[data-act=begin]").tap()
    expect(page.locator("[data-page=standing]")).to_have_attribute("data-running", "true")
    all_sent(visit)
    go_offline(visit)

    def tap(selector: str) -> None:
        nonlocal taps
        page.locator(selector).tap()
        taps += 1

    tap("[data-violation=V-HAND-DIG]")
    visit.shot("phone-stop")
    tap("[data-act=stop]")
    expect(page.locator("[data-stopped]")).to_be_visible()
    assert taps == TAPS_TO_STOP
    all_sent(visit)
    kinds = [one.kind for one in happened(desk, site)]
    assert "stop_ordered" in kinds
    assert "violation_opened" in kinds
    expect(page.locator("[data-page=standing] h1 + p")).to_contain_text("停工")


def test_from_elsewhere_no_shift_begins_and_the_metres_are_told(phones: Phones, desk: DeskTown) -> None:
    site, place = ready(desk, (NEAR[0] - 0.01, NEAR[1] + 0.002))
    away = place | {"latitude": place["latitude"] + 0.01}
    visit = phones.by(desk.login(Role.STANDBY_SUPERVISOR, name="走远的人"), f"/m/standby/{site}", geolocation=away)
    page = visit.page
    expect(page.locator("[data-reach=outside]")).to_contain_text(re.compile(r"1\.1.km"))
    expect(page.locator("[data-act=begin]")).to_be_disabled()
    page.context.set_geolocation(place)
    expect(page.locator("[data-reach=inside]")).to_be_visible()
    expect(page.locator("[data-act=begin]")).to_be_enabled()
