"""A visit with a phone in the hand: small, touched, offline at times, and as quiet as the desk's."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from desk_visit import Visits

if TYPE_CHECKING:
    from desk_visit import Visit
    from playwright.sync_api import Page

HERE = {"latitude": 39.53, "longitude": 116.7, "accuracy": 12}
PHONE: dict[str, Any] = {
    "viewport": {"width": 390, "height": 844}, "device_scale_factor": 2, "is_mobile": True, "has_touch": True,
    "locale": "zh-CN", "timezone_id": "Asia/Shanghai", "geolocation": HERE, "permissions": ["geolocation"],
    "service_workers": "allow", "reduced_motion": "reduce",
}  # fmt: skip
WECHAT = (
    "Mozilla/5.0 (Linux; Android 14; V2307A) AppleWebKit/537.36 (KHTML, like Gecko) Version/4.0 Chrome/116.0.0.0 "
    "Mobile Safari/537.36 XWEB/1160065 MMWEBSDK/20240404 MicroMessenger/8.0.49.2600(0x28003133) WeChat/arm64 Weixin "
    "NetType/WIFI Language/zh_CN ABI/arm64"
)


class Phones(Visits):
    """Opens the phone's pages for people and for strangers."""

    def anybody(self, path: str = "/m/", **more: Any) -> Visit:
        """Return a visit by a stranger."""
        visit = self.stranger(**(PHONE | more))
        visit.go(path)
        visit.page.wait_for_selector("[data-page]")
        return visit

    def by(self, login: str, path: str = "/m/", **more: Any) -> Visit:
        """Return a visit by somebody who signs in on the phone; every phone is another, so nobody stays signed in."""
        visit = self.anybody("/m/sign-in?next=" + (path.removeprefix("/m") or "/"), **more)
        visit.fill_sign_in(login)
        if login in self.town.devices:
            visit.page.wait_for_selector("main[data-page=second-factor]")
            visit.page.fill("input[name=code]", self.town.devices[login].recovery_left())
            visit.page.click("button[type=submit]")
        visit.page.wait_for_selector("[data-page]:not([data-page=sign-in]):not([data-page=second-factor])")
        return visit


def controlled(page: Page) -> None:
    """Wait until the service worker answers for this page: before that no page opens without a line."""
    page.evaluate(  # wait_for_function would want eval, which the page's policy forbids
        """() => navigator.serviceWorker.controller ? null : new Promise((done) =>
        navigator.serviceWorker.addEventListener('controllerchange', () => done(null), { once: true }))"""
    )
