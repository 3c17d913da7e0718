"""The pages: what ``make web`` built from ``web/`` is read once and served from memory, with strict headers.

Only files that were there at the start have an address, so no path can lead out of the folder.
"""

from __future__ import annotations

import gzip
import hashlib
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from fastapi import APIRouter, Request, Response
from fastapi.responses import RedirectResponse
from starlette.exceptions import HTTPException

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

BUILT = Path(__file__).with_name("static")
# The addresses of web/src/desk/routes.ts: each is the same page, which then shows what belongs there.
PAGES = (
    "/",
    "/sign-in",
    "/password",
    "/second-factor",
    "/sign-ins",
    "/alarms/{alarm_id}",
    "/sites",
    "/sites/{site_id}",
    "/strikes",
    "/strikes/{strike_id}",
    "/reviews",
    "/reviews/{alarm_id}",
    "/report",
    "/waiting",
    "/filings",
    "/filings/new",
    "/filings/{filing_id}",
    "/cameras",
    "/cameras/{camera_id}",
    "/cameras/{camera_id}/wizard",
    "/patrols",
    "/figures",
    "/models",
    "/insight",
    "/insight/{figure}",
    "/wall",
    "/rules",
    "/questions",
    "/policies",
    "/policies/{kind}",
    "/government",
    "/templates",
    "/indoor",
    "/label/{engagement_id}",
    "/commissions/{commission_id}/items",
    "/people",
    "/roster",
    "/networks",
    "/networks/import",
    "/networks/import/{draft_id}",
    "/audit",
    "/messages",
    "/channels",
    "/privacy",
    "/operation",
    "/finance",
    "/wallet",
    "/commissions",
    "/commissions/new",
    "/commissions/{commission_id}",
    "/commissions/{commission_id}/edit",
    "/experts",
    "/expert",
    "/hall",
    "/hall/{commission_id}",
    "/experts/join",
    "/experts/{token}",
    "/capabilities",
    "/capabilities/new",
    "/capabilities/{slug}",
    "/admin",
    "/admin/{part}",
)
_POLICY = (
    "default-src 'self'; img-src 'self' data: blob:; worker-src 'self'; object-src 'none'; base-uri 'none'; "
    "form-action 'self'; frame-ancestors 'none'"
)
_HEADERS = {"Content-Security-Policy": _POLICY, "X-Content-Type-Options": "nosniff"}


def policy_with(hosts: Sequence[str]) -> str:
    """Return the desk's policy with the origins of base maps that browsers ask themselves: these, and no others."""
    if not hosts:
        return _POLICY
    told = " ".join(hosts)
    opened = _POLICY.replace("img-src 'self' data: blob:", f"img-src 'self' data: blob: {told}")
    return f"{opened}; connect-src 'self' {told}"


# The phone may hear (a browser's own dictation asks for the microphone) and may be told where it is, and nothing more.
_PHONE_HEADERS = _HEADERS | {"Permissions-Policy": "camera=(), microphone=(self), geolocation=(self), payment=()"}
_FOR_EVER = {"Cache-Control": "public, max-age=31536000, immutable"}
_NEVER = {"Cache-Control": "no-store"}
_ASKED_ANEW = {"Cache-Control": "no-cache"}  # kept, and asked for by its tag: the phone's worker, manifest and icons
_KINDS = {
    ".css": "text/css",
    ".html": "text/html",
    ".js": "text/javascript",
    ".mjs": "text/javascript",
    ".png": "image/png",
    ".svg": "image/svg+xml",
    ".webmanifest": "application/manifest+json",
}
_PACKED = frozenset({".css", ".html", ".js", ".mjs", ".svg", ".webmanifest"})
_NOT_BUILT = """<!doctype html>
<html lang="zh-CN"><meta charset="utf-8"><title>管卫 Pipewarden</title>
<h1>页面还没有构建 · The pages are not built</h1>
<p>在项目目录运行 <code>make web</code>，然后重新启动服务。接口 <code>/v1</code> 照常工作。</p>
<p>Run <code>make web</code> in the project's folder, then start the service again. The API <code>/v1</code> works.</p>
</html>
"""


@dataclass(frozen=True)
class Asset:
    """One built file."""

    name: str
    body: bytes
    policy: str = _POLICY

    @cached_property
    def packed(self) -> bytes:
        """The file as gzip, made at the first question for it."""
        return gzip.compress(self.body, compresslevel=6, mtime=0)

    @cached_property
    def tag(self) -> str:
        """The entity tag of the file; weak, because it holds for the packed file too."""
        return f'W/"{hashlib.sha256(self.body).hexdigest()[:32]}"'

    def answer(self, request: Request, caching: dict[str, str]) -> Response:
        """Return the file, packed for who understands that, or nothing for who has it."""
        kind = Path(self.name).suffix
        desk = _HEADERS | {"Content-Security-Policy": self.policy}
        headers = (_PHONE_HEADERS if self.name.startswith("m/") else desk) | caching | {"ETag": self.tag}
        if request.headers.get("if-none-match") == self.tag:
            return Response(status_code=304, headers=headers)
        body = self.body
        if kind in _PACKED:
            headers["Vary"] = "Accept-Encoding"
            if "gzip" in request.headers.get("accept-encoding", ""):
                headers["Content-Encoding"] = "gzip"
                body = self.packed
        return Response(body, media_type=_KINDS[kind], headers=headers)


def console(folder: Path = BUILT, *, hosts: Sequence[str] = ()) -> APIRouter:
    """Return the routes of the pages built in ``folder``; without a build they say how to make one.

    ``hosts``: origins of base maps that the desk's browsers may ask.
    """
    files = {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file() and path.suffix in _KINDS
    }
    policy = policy_with(hosts)
    assets = {name: Asset(name, body, policy) for name, body in files.items()}
    routes = APIRouter(include_in_schema=False)
    for path in PAGES:
        routes.add_api_route(path, _page(assets.get("index.html")), methods=["GET", "HEAD"])

    @routes.api_route("/assets/{name:path}", methods=["GET", "HEAD"])
    def asset(request: Request, name: str) -> Response:
        found = assets.get(f"assets/{name}")
        if found is None:
            raise HTTPException(404, "there is no such file")
        return found.answer(request, _FOR_EVER)

    phone = _page(assets.get("m/index.html"))
    early = _page(assets.get("m/report.html", assets.get("m/index.html")))  # its camera needs no script

    @routes.api_route("/m", methods=["GET", "HEAD"])
    def face() -> Response:
        return RedirectResponse("/m/", status_code=308)

    @routes.api_route("/m/{path:path}", methods=["GET", "HEAD"])
    def phone_page(request: Request, path: str) -> Response:
        """Every path of web/src/phone/routes.ts is the one page; only the files beside it are themselves."""
        if path in {"report", "report.html"}:
            return early(request)
        found = assets.get(f"m/{path}")
        if found is None or path == "index.html":
            return phone(request)
        return found.answer(request, _ASKED_ANEW)

    return routes


def _page(index: Asset | None) -> Callable[[Request], Response]:
    def page(request: Request) -> Response:
        if index is None:
            return Response(_NOT_BUILT, status_code=503, media_type="text/html", headers=_HEADERS | _NEVER)
        return index.answer(request, _NEVER)

    return page
