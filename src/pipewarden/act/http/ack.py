"""The page behind the link in a message: opening it changes nothing, its button says "I have it", nobody signs in."""

from __future__ import annotations

import base64
import hashlib
from html import escape
from typing import TYPE_CHECKING, Annotated, Any

from fastapi import Path, Request
from fastapi.responses import HTMLResponse

from pipewarden.act import service
from pipewarden.act.http.channels import post_of
from pipewarden.act.service import AckState
from pipewarden.kit.web import WorkHere, router

if TYPE_CHECKING:
    from pipewarden.act.service import Ack

routes = router(tags=["messages"], anonymous=True)
Token = Annotated[str, Path(min_length=1, max_length=100)]
_STATUS = {AckState.OPEN: 200, AckState.DONE: 200, AckState.EXPIRED: 410, AckState.UNKNOWN: 404}
_STYLE = (
    "body{font:16px/1.5 'PingFang SC','Microsoft YaHei','Noto Sans CJK SC',system-ui;margin:0 auto;padding:24px 16px;"
    "max-width:32rem;color:#1d2129;background:#fff}h1{font-size:20px}p{color:#4e5969}"
    "button{font:inherit;width:100%;min-height:56px;border:0;border-radius:4px;background:#1d2129;color:#fff}"
)
_HASH = base64.b64encode(hashlib.sha256(_STYLE.encode()).digest()).decode()
_HEADERS = {
    "Content-Security-Policy": f"default-src 'none'; style-src 'sha256-{_HASH}'; form-action 'self'; "
    "base-uri 'none'; frame-ancestors 'none'",
    "Cache-Control": "no-store",
    "X-Robots-Tag": "noindex",
}
_SAYS = {
    AckState.OPEN: ("点下面的按钮，表示由您处理。", "Press the button to say that you have it."),
    AckState.DONE: ("已确认收到。可以关闭此页。", "Acknowledged. You may close this page."),
    AckState.EXPIRED: ("链接已过期（24 小时）。请登录管卫处理。", "This link has expired (24 hours). Please sign in."),
    AckState.UNKNOWN: ("链接无效。请登录管卫处理。", "This link is not valid. Please sign in."),
}
_PAGE: dict[int | str, dict[str, Any]] = {
    status: {"content": {"text/html": {"schema": {"type": "string"}}}, "description": words}
    for status, words in ((404, "No such link."), (410, "The link has expired."))
}


@routes.get("/ack/{token}", response_class=HTMLResponse, responses=_PAGE)
def show_acknowledgement(work: WorkHere, request: Request, token: Token) -> HTMLResponse:
    """Show what a link from a message would acknowledge; asks nobody who they are, and changes nothing."""
    return _page(service.look(work, post_of(request), token))


@routes.post("/ack/{token}", response_class=HTMLResponse, responses=_PAGE)
def acknowledge(work: WorkHere, request: Request, token: Token) -> HTMLResponse:
    """Acknowledge for the person whom the message went to."""
    return _page(service.acknowledge(work, post_of(request), token))


def _page(ack: Ack) -> HTMLResponse:
    zh, en = _SAYS[ack.state]
    button = '<form method="post"><button>收到，我来处理 · I have it</button></form>'
    html = (
        '<!doctype html><html lang="zh-CN"><meta charset="utf-8"><meta name="viewport" content="width=device-width">'
        f"<title>管卫 Pipewarden</title><style>{_STYLE}</style>"
        f"<h1>{escape(ack.title) or '管卫 Pipewarden'}</h1><p>{zh}<br>{en}</p>"
        f"{button if ack.state is AckState.OPEN else ''}</html>"
    )
    return HTMLResponse(html, status_code=_STATUS[ack.state], headers=_HEADERS)
