"""A slow disk: what was sent is waited for, nothing counts as sent before it lies there, two taps are one."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from map_page_town import CHROMIUM
from phone_roles import all_kept, all_sent, happened, lying, there, until
from phone_visit import HERE
from playwright.sync_api import expect
from sqlalchemy import text

from pipewarden.casework import service as casework
from pipewarden.casework import store
from pipewarden.casework.facts import Arrived, Proof, Verified
from pipewarden.people.facts import Role

if TYPE_CHECKING:
    from uuid import UUID

    from desk_town import DeskTown
    from phone_visit import Phones
    from playwright.sync_api import Page

pytestmark = pytest.mark.system(CHROMIUM)
NEAR = (116.7053, 39.5501385)
# what is written holds its transaction open: no reader of the disk sees it, and nobody who wrote it goes on, before
SLOW = """(ms) => { IDBTransaction.prototype.commit = () => {}; for (const verb of ['add', 'put']) {
  const plain = IDBObjectStore.prototype[verb];
  IDBObjectStore.prototype[verb] = function (...said) {
    const done = plain.apply(this, said), until = performance.now() + ms, shelf = this;
    const hold = () => { if (performance.now() < until) shelf.count().onsuccess = hold };
    shelf.count().onsuccess = hold;
    return done } } }"""
SLOW_MS = 1000


def verified(desk: DeskTown) -> tuple[str, UUID]:
    """Return a patroller and a verified site of theirs, whose owner is not told yet."""
    walker = desk.login(Role.PATROLLER, name="慢手机的人")
    site = desk.works(desk.on_a_pipe(NEAR))
    desk.done(site, lambda work: casework.owner(work, desk.ids[walker], site, "离得最近"))
    place = there(desk, site)
    proof = Proof(pictures=("b" * 64,), lon=place["longitude"], lat=place["latitude"], accuracy_m=5.0)
    with desk.home.work() as work:
        seen = (Arrived(proof), Verified(true=True, code="digging", proof=proof))
        casework.append(work, store.sites.lock(work, [site])[site], seen, "test")
    return walker, site


def refuse(page: Page) -> None:
    """Write down at a site that its owner will not sign."""
    page.locator("[data-act=accept]").tap()
    page.locator(".foot [data-act=notify]").tap()
    form = page.locator("[data-form=notify]")
    form.locator("[data-field=unit]").fill("某建设有限公司")
    form.locator("[data-field=refused]").check()
    form.locator("[data-field=witness]").fill("社区李书记")


def test_a_form_on_a_slow_disk_says_that_it_is_busy_and_is_waited_for(phones: Phones, desk: DeskTown) -> None:
    """The strip alone was taken for "sent": it is absent, too, while the form still writes."""
    walker, site = verified(desk)
    visit = phones.by(walker, f"/m/sites/{site}", geolocation=there(desk, site))
    page = visit.page
    refuse(page)
    all_sent(visit)
    page.evaluate(SLOW, SLOW_MS)
    page.locator("[data-form=notify] [data-act=send]").tap()
    expect(page.locator("[data-form=notify]")).to_have_attribute("aria-busy", "true")
    assert page.locator("[data-unsent]").count() == 0, "what the old helper waited for is there before anything is kept"
    assert lying(page) == [], "and so is an empty disk: the letter's words are written first, elsewhere"
    expect(page.locator("[data-form=notify] [data-act=send]")).to_be_disabled()
    all_sent(visit)
    assert [one.kind for one in happened(desk, site)].count("advanced") == 1


@pytest.mark.parametrize("kind", ["digging", "gas_smell"])
def test_two_taps_on_a_slow_disk_are_one_report(phones: Phones, desk: DeskTown, kind: str) -> None:
    path = "/m/report?danger=1" if kind == "gas_smell" else "/m/report"
    visit = phones.anybody(path, geolocation={**HERE, "longitude": 116.6421})
    page = visit.page
    page.wait_for_selector("[data-page=report][data-state=form], .foot [data-act=own]")
    if page.locator("[data-page=report][data-state=near]").count():
        page.locator(".foot [data-act=own]").tap()
    page.locator(f"[data-kind={kind}]").tap()
    page.fill("[name=words]", f"两下 {kind}")
    page.evaluate(SLOW, SLOW_MS)
    page.evaluate("() => { const send = document.querySelector('[data-act=send]'); send.click(); send.click() }")
    expect(page.locator("[data-page=report]")).to_have_attribute("aria-busy", "true")
    all_kept(page)
    page.wait_for_selector("[data-sent][data-state=sent]")
    all_sent(visit)
    asked = text("SELECT count(*) FROM field_reports WHERE words = :words")
    with desk.home.work() as work:
        assert work.session.scalar(asked, {"words": f"两下 {kind}"}) == 1


def test_who_waits_for_a_refused_draft_is_told_instead_of_waiting_on(phones: Phones) -> None:
    visit = phones.anybody("/m/report?danger=1", geolocation={**HERE, "longitude": 116.6431})
    visit.expect("422")
    page = visit.page
    refusal = '{"title":"no","status":422,"detail":"is too long","field":"words","fix":"Say less."}'
    page.route(
        "**/v1/public/reports",
        lambda route: route.fulfill(status=422, body=refusal, content_type="application/problem+json"),
    )
    page.locator("[data-kind=gas_smell]").tap()
    page.locator("[data-act=send]").tap()
    until(page, lambda: [one["state"] for one in lying(page)] == ["refused"])
    with pytest.raises(AssertionError, match="is too long"):
        all_sent(visit)
