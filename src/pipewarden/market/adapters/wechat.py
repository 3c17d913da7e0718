"""WeChat's 商家转账 (merchant transfer, confirmed by the user): the real maker of the port ``Payouts``.

POST /v3/fund-app/mch-transfer/transfer-bills, GET and cancel by ``out_bill_no``. Written from the documents
(pay.weixin.qq.com doc/v3/merchant 4012716434, 4012716437, 4012716458, 4012712115) and tried against a server of our own
that speaks the protocol; **it was never tried against WeChat itself**, which needs a merchant's contract.

Nothing that is not signed by WeChat is believed, errors included: a proxy's 404 would else release money.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Annotated, Any, TypeVar

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from pipewarden.kit.addresses import ClosedError
from pipewarden.kit.outbound import UnansweredError
from pipewarden.market.adapters.wechat_signing import UnprovedError, authorization, hidden, opened, prove
from pipewarden.market.facts.payouts import Provided, Told
from pipewarden.market.ports import ForgedError, UnclearError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from datetime import datetime

    from pipewarden.kit.outbound import Answer, Outbound
    from pipewarden.market.adapters.wechat_signing import Keys
    from pipewarden.market.facts.payouts import Paper

MAIN = "https://api.mch.weixin.qq.com"
BILLS = "/v3/fund-app/mch-transfer/transfer-bills"
FINISHED = "MCHTRANSFER.BILL.FINISHED"
_WITHIN_S = 10.0
_LONGEST_NOTICE = 65_536
_OK = 200
_NOT_FOUND = 404
_TOO_MANY = 429
_RATE_LIMIT_S = 30.0

Number = Annotated[str, Field(pattern=r"^[0-9A-Za-z]{1,32}$")]
Short = Annotated[str, Field(max_length=128)]
Read = TypeVar("Read", bound=BaseModel)


class _Said(BaseModel):
    """Fields that are not named here are let through: WeChat adds some."""

    model_config = ConfigDict(extra="ignore", strict=True)


class _Bill(_Said):
    out_bill_no: Number
    transfer_bill_no: Short
    state: str
    package_info: Annotated[str, Field(max_length=2048)] | None = None


class _Whole(_Bill):
    mch_id: str
    appid: Short | None = None
    transfer_amount: Annotated[int, Field(ge=0, le=10**12)]
    openid: Short | None = None
    fail_reason: Short | None = None


class _Problem(_Said):
    code: Annotated[str, Field(pattern=r"^[A-Z_]{1,60}$")]


class _Resource(_Said):
    algorithm: str
    ciphertext: str
    associated_data: str | None = None
    nonce: str


class _Notice(_Said):
    event_type: str
    resource: _Resource


@dataclass(frozen=True, slots=True)
class WeChat:
    """Implements ``market.ports.Payouts``.

    Attributes:
        app: the AppID under which the openids were given.
        scene: 转账场景 that WeChat granted, and what must be reported of it: pairs of type and content.
        notify_url: https without a query, where WeChat tells the end; empty for being asked only.
        entropy: unpredictable bytes, for nonces.
        address: of the service.
    """

    outbound: Outbound
    keys: Keys
    app: str
    scene: str
    reported: Sequence[tuple[str, str]]
    entropy: Callable[[int], bytes] = field(repr=False)
    notify_url: str = ""
    address: str = MAIN

    @property
    def page(self) -> Mapping[str, str]:
        """Return what ``wx.requestMerchantTransfer`` asks for beside the package."""
        return {"mchId": self.keys.merchant, "appId": self.app}

    def create(self, paper: Paper, now: datetime) -> Told:
        """Make the bill, or find the one that this number made before (``Payouts.create``)."""
        asked: dict[str, Any] = {
            "appid": self.app,
            "out_bill_no": paper.number,
            "transfer_scene_id": self.scene,
            "openid": paper.openid,
            "transfer_amount": paper.amount_fen,
            "transfer_remark": paper.remark,
            "transfer_scene_report_infos": [
                {"info_type": kind, "info_content": content} for kind, content in self.reported
            ],
        }
        if self.notify_url:
            asked["notify_url"] = self.notify_url
        if paper.name:
            asked["user_name"] = hidden(self.keys, paper.name)
        body = json.dumps(asked, ensure_ascii=False, separators=(",", ":")).encode()
        answer = self._ask("POST", BILLS, body, now)
        if answer.status != _OK:
            raise self._refusal(answer)
        return self._told(_read(_Bill, answer.body), paper.number)

    def query(self, number: str, now: datetime) -> Told | None:
        """Return what became of a bill (``Payouts.query``)."""
        answer = self._ask("GET", f"{BILLS}/out-bill-no/{number}", b"", now)
        if answer.status != _OK:
            self._refuse_unless_missing(answer)
            return None
        return self._whole(_read(_Whole, answer.body), number)

    def cancel(self, number: str, now: datetime) -> Told | None:
        """Ask that a bill be taken back (``Payouts.cancel``)."""
        answer = self._ask("POST", f"{BILLS}/out-bill-no/{number}/cancel", b"", now)
        if answer.status != _OK:
            self._refuse_unless_missing(answer)
            return None
        return self._told(_read(_Bill, answer.body), number)

    def heard(self, headers: Mapping[str, str], body: bytes, now: datetime) -> Told:
        """Return what a notification says (``Payouts.heard``)."""
        if len(body) > _LONGEST_NOTICE:
            raise ForgedError("is too long")
        try:
            prove(self.keys, headers, body, at_s=int(now.timestamp()))
            notice = _read(_Notice, body)
            if notice.event_type != FINISHED or notice.resource.algorithm != "AEAD_AES_256_GCM":
                raise ForgedError("is about something else")
            sealed = notice.resource
            plain = opened(self.keys, sealed.nonce, sealed.associated_data or "", sealed.ciphertext)
            read = _read(_Whole, plain)
            return self._whole(read, read.out_bill_no)
        except (UnprovedError, UnclearError) as error:
            raise ForgedError(str(error)) from error

    def _ask(self, method: str, path: str, body: bytes, now: datetime) -> Answer:
        nonce = self.entropy(16).hex().upper()
        headers = {
            "Authorization": authorization(self.keys, method, path, body, at_s=int(now.timestamp()), nonce=nonce),
            "Accept": "application/json",
            "User-Agent": "pipewarden",
            "Wechatpay-Serial": self.keys.platform_id,
        }
        try:
            if method == "GET":
                answer = self.outbound.get(self.address + path, headers, within_s=_WITHIN_S)
            else:
                headers["Content-Type"] = "application/json"
                answer = self.outbound.post(self.address + path, body, headers, within_s=_WITHIN_S)
        except (UnansweredError, ClosedError) as error:
            raise UnclearError(error.problem) from error
        try:
            prove(self.keys, answer.headers, answer.body, at_s=int(now.timestamp()))
        except UnprovedError as error:  # also of an error: only WeChat can say that it knows no bill
            again = _RATE_LIMIT_S if answer.status == _TOO_MANY else None
            raise UnclearError(f"an answer ({answer.status}) {error}", again_s=answer.again_s or again) from error
        return answer

    def _refuse_unless_missing(self, answer: Answer) -> None:
        error = self._refusal(answer)
        if answer.status != _NOT_FOUND or error.code not in {"NOT_FOUND", "RECORD_NOT_FOUND"}:
            raise error

    def _refusal(self, answer: Answer) -> UnclearError:
        code = _read(_Problem, answer.body).code
        limited = answer.status == _TOO_MANY or code == "FREQUENCY_LIMITED"
        again = answer.again_s or (_RATE_LIMIT_S if limited else None)
        return UnclearError(f"WeChat answers {answer.status} {code}", code=code, again_s=again)

    def _told(self, said: _Bill, number: str) -> Told:
        if said.out_bill_no != number:
            raise UnclearError("the answer is about another bill")
        return Told(said.out_bill_no, _state(said.state), said.transfer_bill_no, package=said.package_info or "")

    def _whole(self, said: _Whole, number: str) -> Told:
        if said.out_bill_no != number:
            raise UnclearError("the answer is about another bill")
        if said.mch_id != self.keys.merchant or (said.appid and said.appid != self.app):
            raise UnclearError("the answer is about another merchant")
        return Told(
            number,
            _state(said.state),
            said.transfer_bill_no,
            amount_fen=said.transfer_amount,
            openid_sha256=hashlib.sha256(said.openid.encode()).digest() if said.openid else b"",
            package=said.package_info or "",
            reason=said.fail_reason or "",
        )


def _state(word: str) -> Provided:
    try:
        return Provided(word)
    except ValueError as error:
        raise UnclearError("the answer names a state that is not known here") from error


def _read(kind: type[Read], body: bytes) -> Read:
    try:
        return kind.model_validate_json(body)
    except ValidationError as error:
        raise UnclearError("the answer cannot be read") from error
