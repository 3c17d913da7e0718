"""The page behind the code on a paper: is it genuine, does it still count. Nobody signs in; nothing else is told."""

from __future__ import annotations

import base64
import hashlib
from collections import OrderedDict
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from html import escape
from threading import Lock
from typing import TYPE_CHECKING, Annotated, Any

from fastapi import APIRouter, Path, Request
from fastapi.responses import HTMLResponse

from pipewarden.act import service
from pipewarden.act.rules.documents import local_day
from pipewarden.kit.web import OpenToAll, WorkHere

if TYPE_CHECKING:
    from pipewarden.act.service import Verified

routes = APIRouter(tags=["documents"], route_class=OpenToAll)  # short, because it is printed as a code
Token = Annotated[str, Path(min_length=1, max_length=40)]
_STYLE = (
    "body{font:16px/1.6 'PingFang SC','Microsoft YaHei','Noto Sans CJK SC',system-ui;margin:0 auto;padding:24px 16px;"
    "max-width:36rem;color:#1d2129;background:#fff}h1{font-size:20px}dt{color:#4e5969;font-size:14px}"
    "dd{margin:0 0 12px;overflow-wrap:anywhere}p{color:#4e5969}.good{color:#006d3c}.bad{color:#b00020}"
)
_HASH = base64.b64encode(hashlib.sha256(_STYLE.encode()).digest()).decode()
_HEADERS = {
    "Content-Security-Policy": f"default-src 'none'; style-src 'sha256-{_HASH}'; "
    "form-action 'none'; base-uri 'none'; frame-ancestors 'none'",
    "Cache-Control": "no-store",
    "X-Robots-Tag": "noindex",
    "Referrer-Policy": "no-referrer",
}
_PAGE: dict[int | str, dict[str, Any]] = {
    status: {"content": {"text/html": {"schema": {"type": "string"}}}, "description": words}
    for status, words in ((404, "No paper has this code."), (429, "Too many questions from one place."))
}
_MOST = 30  # questions a minute from one address: people scan papers, machines guess codes
_SPAN = timedelta(minutes=1)
_REMEMBERED = 10_000


@dataclass(slots=True)
class Pace:
    """How often each address has asked in the present minute; forgets the oldest first."""

    most: int = _MOST
    _asked: OrderedDict[str, tuple[datetime, int]] = field(default_factory=OrderedDict)
    _lock: Lock = field(default_factory=Lock)

    def wait_s(self, address: str, now: datetime) -> int:
        """Count one question and return how many seconds its asker has to wait; 0 where it may be answered."""
        with self._lock:
            since, count = self._asked.pop(address, (now, 0))
            if now - since >= _SPAN:
                since, count = now, 0
            self._asked[address] = (since, count + 1)
            while len(self._asked) > _REMEMBERED:
                self._asked.popitem(last=False)
        return 0 if count < self.most else max(1, int((since + _SPAN - now).total_seconds()))


@routes.get("/verify/{token}", response_class=HTMLResponse, responses=_PAGE)
def verify_document(work: WorkHere, request: Request, token: Token) -> HTMLResponse:
    """Say of a paper what its code tells: number, kind, day, issuer, hash, and whether it still counts."""
    pace: Pace = request.app.state.pace
    wait = pace.wait_s("" if request.client is None else request.client.host, work.now())
    if wait:
        busy = "<p>查询过于频繁，请稍后再试。<br>Too many questions; try again in a moment.</p>"
        return _page("文书核验 Verify", busy, 429, {"Retry-After": str(wait)})
    found = service.verify_token(work, token)
    if found is None:
        words = (
            "<p class='bad'>查无此文书：不是本系统签发，或者编码有误。</p><p>No document has this code: it was not "
            "issued here, or the code is wrong.</p>"
        )
        return _page("文书核验 Verify", words, 404)
    return _page("文书核验 Verify", _told(found), 200)


def _told(found: Verified) -> str:
    if found.voided_at is None:
        says = "<p class='good'><strong>现行有效</strong> · This document counts.</p>"
    else:
        instead = "，已由新文书替代 and replaced by another" if found.replaced else ""
        says = f"<p class='bad'><strong>已作废</strong> · Void since {local_day(found.voided_at)}{instead}.</p>"
    rows = (
        ("编号 Number", found.number),
        ("种类 Kind", found.title),
        ("签发日期 Issued", local_day(found.issued_at)),
        ("签发单位 Issuer", found.issuer),
        ("PDF SHA-256", found.sha256),
    )
    listed = "".join(f"<dt>{escape(name)}</dt><dd>{escape(value)}</dd>" for name, value in rows)
    how = "请核对纸面编号、日期与本页一致。电子件可比对 SHA-256。"
    return f"{says}<dl>{listed}</dl><p>{how}</p>"


def _page(title: str, inner: str, status: int, more: dict[str, str] | None = None) -> HTMLResponse:
    html = (
        '<!doctype html><html lang="zh-CN"><meta charset="utf-8"><meta name="viewport" content="width=device-width">'
        f"<title>管卫 Pipewarden</title><style>{_STYLE}</style><h1>{escape(title)}</h1>{inner}</html>"
    )
    return HTMLResponse(html, status_code=status, headers=_HEADERS | (more or {}))
