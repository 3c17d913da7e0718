"""Group robots of WeCom, DingTalk and Feishu: apprise writes the message, the outbound guard carries it.

apprise 2.3 calls every HTTP 200 of WeCom and DingTalk a success, also the ones whose body says that nothing was sent
(45009, 310000), and does not sign for Feishu. So its plugins keep their formats and signatures, but the name by which
they know ``requests`` is ours (docs/adr/0020): all they post goes through the guard, and the answer is read here.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import logging
from contextvars import ContextVar
from dataclasses import dataclass
from datetime import timedelta
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

import requests
from apprise.plugins import dingtalk, feishu, wecombot

from pipewarden.act.adapters.unsent import UNSENT, unsent
from pipewarden.act.facts import Outcome, Receipt
from pipewarden.people.facts import ContactKind

if TYPE_CHECKING:
    from collections.abc import Callable

    from pipewarden.act.facts import Outgoing
    from pipewarden.kit.outbound import Answer, Outbound

logging.getLogger("apprise").disabled = True  # its lines name keys and addresses
_OK = 200
_TOO_MANY = 429
_SERVER = 500
_MINUTE = timedelta(minutes=1)
_PENALTY = timedelta(minutes=10)  # how long DingTalk shuts a robot that spoke more than 20 times in a minute
_LONGEST = 200
_BUSY = {
    ContactKind.WECOM: {45009: _MINUTE, 45033: _MINUTE},
    ContactKind.DINGTALK: {130101: _PENALTY, 410100: _PENALTY},
    ContactKind.FEISHU: {11232: _MINUTE, 99991400: _MINUTE},
}
_PASSING = {ContactKind.WECOM: {-1}, ContactKind.DINGTALK: {-1}, ContactKind.FEISHU: {-1}}
LIMITS = {  # bytes; WeCom's 4096 are those of markdown, apprise sends text
    ContactKind.WECOM: 2048,
    ContactKind.DINGTALK: 15_000,
    ContactKind.FEISHU: 15_000,
}
BASES = {
    ContactKind.WECOM: "https://qyapi.weixin.qq.com",
    ContactKind.DINGTALK: "https://oapi.dingtalk.com",
    ContactKind.FEISHU: "https://open.feishu.cn",
}


class _Wire:
    """What apprise's plugins know as ``requests``; outside of a sending of ours it posts nothing."""

    codes = requests.codes
    RequestException = requests.RequestException

    @staticmethod
    def post(url: str, *, data: bytes | str, headers: dict[str, str], **more: Any) -> SimpleNamespace:
        """Post by the guard, whatever the plugin says of certificates, time-outs and redirects."""
        carry = _CARRY.get()
        if carry is None:
            raise requests.RequestException("nobody is sending")
        if more.get("params"):
            url = f"{url}&{urlencode(more['params'], safe='%')}"  # DingTalk's signature is quoted already
        answer = carry(url, data if isinstance(data, bytes) else data.encode(), headers)
        return SimpleNamespace(status_code=answer.status, content=answer.body)


_CARRY: ContextVar[Callable[[str, bytes, dict[str, str]], Answer] | None] = ContextVar("carry", default=None)
for _plugin in (wecombot, dingtalk, feishu):
    _plugin.requests = _Wire  # type: ignore[attr-defined]  # the seam that this module is about


@dataclass(frozen=True, slots=True)
class Robot:
    """Implements ``act.ports.Channel`` for one vendor.

    Attributes:
        base: scheme and host of the vendor, or of the gateway that stands for it in a network of its own.
    """

    kind: ContactKind
    outbound: Outbound
    base: str
    real: bool = True

    @property
    def limit(self) -> int:
        """Return how many bytes one message may have."""
        return LIMITS[self.kind]

    def send(self, message: Outgoing, *, within_s: float) -> Receipt:
        """Post one text and read what the vendor says of it."""
        came: list[Answer] = []

        def carry(url: str, content: bytes, headers: dict[str, str]) -> Answer:
            if self.kind is ContactKind.FEISHU and message.secret:
                content = feishu_signed(content, message.secret, int(message.at.timestamp()))
            came.append(self.outbound.post(url, content, headers, within_s=within_s))
            return came[-1]

        plugin = self._plugin(message)
        mark = _CARRY.set(carry)
        try:
            plugin.notify(body=message.body)
        except UNSENT as error:
            return unsent(error)
        finally:
            _CARRY.reset(mark)
        return _read(self.kind, came[-1], message) if came else Receipt(Outcome.REFUSED, "apprise would not send it")

    def _plugin(self, message: Outgoing) -> Any:
        if self.kind is ContactKind.WECOM:
            return _at(wecombot.NotifyWeComBot, f"{self.base}/cgi-bin/webhook/send?key={{key}}")(key=message.address)
        if self.kind is ContactKind.DINGTALK:
            where = f"{self.base}/robot/send?access_token={{token}}"
            return _at(dingtalk.NotifyDingTalk, where)(token=message.address, secret=message.secret or None)
        where = f"{self.base}/open-apis/bot/v2/hook/{{token}}"
        return _at(feishu.NotifyFeishu, where)(token=message.address)


def _at(plugin: Any, where: str) -> Any:
    return type(plugin.__name__, (plugin,), {"notify_url": where})


def feishu_signed(content: bytes, secret: str, at: int) -> bytes:
    """Return a Feishu payload with its timestamp (s) and sign: HMAC-SHA256 of nothing, keyed by both on two lines."""
    mac = hmac.new(f"{at}\n{secret}".encode(), b"", hashlib.sha256).digest()
    said = {"timestamp": str(at), "sign": base64.b64encode(mac).decode()} | json.loads(content)
    return json.dumps(said, ensure_ascii=False).encode()


def _read(kind: ContactKind, answer: Answer, message: Outgoing) -> Receipt:
    """Return the receipt: the status first, then the code in the body, which alone says whether it was sent."""
    again = None if answer.again_s is None else timedelta(seconds=answer.again_s)
    if answer.status == _TOO_MANY:
        return Receipt(Outcome.BUSY, "HTTP 429", "429", again or _MINUTE)
    if answer.status != _OK:
        outcome = Outcome.FAILED if answer.status >= _SERVER else Outcome.REFUSED
        return Receipt(outcome, f"HTTP {answer.status}", str(answer.status))
    try:
        said = json.loads(answer.body)
    except ValueError:
        said = None
    code = said.get("errcode", said.get("code", said.get("StatusCode"))) if isinstance(said, dict) else None
    if not isinstance(code, int) or isinstance(code, bool):
        return Receipt(Outcome.FAILED, "an answer that says nothing of the message")
    if code == 0:
        return Receipt(Outcome.ACCEPTED, word="0")
    words = _safe(str(said.get("errmsg", said.get("msg", ""))), message)
    problem = f"{code} {words}".strip()
    if code in _BUSY[kind]:
        return Receipt(Outcome.BUSY, problem, str(code), _BUSY[kind][code])
    return Receipt(Outcome.FAILED if code in _PASSING[kind] else Outcome.REFUSED, problem, str(code))


def _safe(words: str, message: Outgoing) -> str:
    """Return a vendor's words on one line, without the key and the secret that they may repeat."""
    for secret in (message.address, message.secret):
        words = words.replace(secret, "***") if secret else words
    return " ".join(words.replace("\x00", " ").split())[:_LONGEST]
