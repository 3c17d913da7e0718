"""A payment provider on 127.0.0.1 that speaks WeChat's 商家转账, signed both ways, and misbehaves when told to.

It is honest about money: ``paid`` is what really left the merchant's account, one entry for each payment, so that a
test can count. Whatever it answers, or does not answer, is a habit that a test switches on.
"""

from __future__ import annotations

import base64
import hashlib
import json
import threading
import time
from collections import Counter
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from functools import cache
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from ipaddress import ip_network
from typing import TYPE_CHECKING, Any

from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.asymmetric.padding import MGF1, OAEP, PKCS1v15
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA1, SHA256

from pipewarden.kit.addresses import Opened
from pipewarden.kit.outbound import Outbound
from pipewarden.market.adapters.wechat import BILLS, WeChat
from pipewarden.market.adapters.wechat_signing import Keys

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from datetime import datetime

MERCHANT, APP, SCENE = "1900000001", "wxf636efh567hg4356", "1005"
V3 = b"0123456789abcdef0123456789ABCDEF"
PLATFORM_ID = "PUB_KEY_ID_0119000000012026"
FINAL = {"SUCCESS", "FAIL", "CANCELLED"}
Answer = tuple[int, dict[str, str], bytes]


@cache
def key(name: str) -> rsa.RSAPrivateKey:
    """One key of each name in a run; making one takes a while."""
    assert name
    return rsa.generate_private_key(public_exponent=65537, key_size=2048)


def house_keys() -> Keys:
    """What the house knows: its own private key, the provider's public one."""
    return Keys(MERCHANT, "5157F09EFDC096DE15EBE81A47057A72", key("house"), PLATFORM_ID, key("wechat").public_key(), V3)


@dataclass(slots=True)
class Kept:
    """One bill as the provider has it."""

    number: str
    amount: int
    openid: str
    name: str
    at: float
    state: str = "WAIT_USER_CONFIRM"
    provider_no: str = ""
    reason: str = ""
    notify_url: str = ""


@dataclass(slots=True)
class Bank:
    """The provider.

    Attributes:
        now: its clock.
        confirms: bills are confirmed at once by who gets them.
        cut_after: how many creates of a number do their work and break off without an answer.
        five_after: the same, answered with a 500.
        broken: how many of all requests are answered with a 500 before anything is done.
        limit: how many are answered with 429.
        hide: how many queries of a number say that there is no such bill, though there is.
        bend: changes an answer's content before it is signed.
        forge: signs with another key.
        skew_s: added to the time of signatures.
        slow_s: sleeps before an answer.
        balance: fen that it may pay.
    """

    now: Callable[[], datetime]
    confirms: bool = False
    cut_after: int = 0
    five_after: int = 0
    broken: int = 0
    limit: int = 0
    hide: int = 0
    bend: Callable[[dict[str, Any]], dict[str, Any]] = field(default=dict)
    forge: bool = False
    unsigned: bool = False
    skew_s: int = 0
    slow_s: float = 0.0
    balance: int = 10**12
    bills: dict[str, Kept] = field(default_factory=dict)
    paid: list[tuple[str, int]] = field(default_factory=list)
    asked: list[tuple[str, str]] = field(default_factory=list)
    seen: Counter[str] = field(default_factory=Counter)
    habit: Callable[[Bank, str, str], str | None] | None = None
    address: str = ""
    lock: threading.RLock = field(default_factory=threading.RLock)

    def confirm(self, number: str) -> None:
        """Let the person confirm: the money leaves."""
        with self.lock:
            bill = self.bills[number]
            if bill.state != "WAIT_USER_CONFIRM":
                return
            self.paid.append((number, bill.amount))
            bill.state = "SUCCESS"

    def fail(self, number: str, reason: str = "USER_RECEIVE_OVERDUE") -> None:
        """End a bill that nobody confirmed."""
        with self.lock:
            bill = self.bills[number]
            if bill.state not in FINAL:
                bill.state, bill.reason = "FAIL", reason

    def settle_cancels(self) -> None:
        """Finish what is being taken back."""
        with self.lock:
            for bill in self.bills.values():
                if bill.state == "CANCELING":
                    bill.state = "CANCELLED"

    def whole(self, number: str) -> dict[str, Any]:
        """Everything it says of a bill."""
        bill = self.bills[number]
        return {
            "mch_id": MERCHANT,
            "appid": APP,
            "out_bill_no": number,
            "transfer_bill_no": bill.provider_no,
            "state": bill.state,
            "transfer_amount": bill.amount,
            "openid": bill.openid,
            "fail_reason": bill.reason,
        }

    def answer(self, method: str, path: str, headers: dict[str, str], body: bytes) -> Answer | None:
        """Answer a request as WeChat would, or as the habit says; None for hanging up."""
        with self.lock:
            self.asked.append((method, path))
            proved = self._proves(method, path, headers.get("authorization", ""), body)
            if not proved:
                return self._signed(401, {"code": "SIGN_ERROR", "message": "签名错误"})
            habit = None if self.habit is None else self.habit(self, method, path)
            if self.limit or habit == "limit":
                self.limit = max(0, self.limit - 1)
                return self._signed(429, {"code": "FREQUENCY_LIMITED", "message": "频率超限"})
            if self.broken or habit == "broken":
                self.broken = max(0, self.broken - 1)
                return 502, {"content-type": "text/html"}, b"<html>bad gateway</html>"
            if method == "GET":
                return self._query(path.rsplit("/", 1)[1], habit)
            if path.endswith("/cancel"):
                return self._cancel(path.split("/")[-2])
            return self._create(json.loads(body), habit)

    def _create(self, asked: dict[str, Any], habit: str | None) -> Answer | None:
        number, amount = asked["out_bill_no"], asked["transfer_amount"]
        name = asked.get("user_name", "")
        if amount < 10 or (amount >= 200_000 and not name) or (amount < 30 and name):
            return self._signed(400, {"code": "PARAM_ERROR", "message": "参数错误"})
        if name:
            sha1 = SHA1()  # noqa: S303  as WeChat has it
            name = key("wechat").decrypt(base64.b64decode(name), OAEP(MGF1(sha1), sha1, None)).decode()
        known = self.bills.get(number)
        if known is None:
            if amount > self.balance:
                return self._signed(403, {"code": "NOT_ENOUGH", "message": "余额不足"})
            known = Kept(number, amount, asked["openid"], name, self.now().timestamp())
            known.provider_no = f"13300000{len(self.bills):08d}"
            known.notify_url = asked.get("notify_url", "")
            self.bills[number] = known
            if self.confirms:
                self.confirm(number)
        elif (known.amount, known.openid, known.name) != (amount, asked["openid"], name):
            return self._signed(400, {"code": "INVALID_REQUEST", "message": "单号已存在但信息不一致"})
        self.seen[number] += 1
        if self.seen[number] <= self.cut_after or habit == "cut":
            return None
        if self.seen[number] <= self.five_after or habit == "five":
            return self._signed(500, {"code": "SYSTEM_ERROR", "message": "系统异常"})
        said = {
            "out_bill_no": number,
            "transfer_bill_no": known.provider_no,
            "create_time": self.now().isoformat(),
            "state": known.state,
            "package_info": f"package of {number}",
        }
        return self._signed(200, said)

    def _query(self, number: str, habit: str | None) -> Answer:
        if number not in self.bills or self.hide or habit == "hide":
            self.hide = max(0, self.hide - 1)
            return self._signed(404, {"code": "NOT_FOUND", "message": "记录不存在"})
        return self._signed(200, self.whole(number))

    def _cancel(self, number: str) -> Answer:
        bill = self.bills.get(number)
        if bill is None:
            return self._signed(404, {"code": "NOT_FOUND", "message": "记录不存在"})
        if bill.state in {"SUCCESS", "FAIL"}:
            return self._signed(400, {"code": "INVALID_REQUEST", "message": "当前状态不允许撤销"})
        bill.state = "CANCELING" if bill.state != "CANCELLED" else bill.state
        said = {"out_bill_no": number, "transfer_bill_no": bill.provider_no, "state": bill.state}
        return self._signed(200, said)

    def _proves(self, method: str, path: str, word: str, body: bytes) -> bool:
        scheme, _, rest = word.partition(" ")
        parts = dict(one.split("=", 1) for one in rest.split(",")) if rest else {}
        told = {name: value.strip('"') for name, value in parts.items()}
        if scheme != "WECHATPAY2-SHA256-RSA2048" or told.get("mchid") != MERCHANT:
            return False
        said = f"{method}\n{path}\n{told['timestamp']}\n{told['nonce_str']}\n".encode() + body + b"\n"
        try:
            signature = base64.b64decode(told["signature"])
            key("house").public_key().verify(signature, said, PKCS1v15(), SHA256())
        except Exception:  # noqa: BLE001  whatever is wrong with it
            return False
        return True

    def _signed(self, status: int, said: dict[str, Any]) -> Answer:
        body = json.dumps(self.bend(said), ensure_ascii=False).encode()
        return status, {"content-type": "application/json", **({} if self.unsigned else self.signature(body))}, body

    def signature(self, body: bytes) -> dict[str, str]:
        """The headers that prove a body."""
        at, nonce = str(int(self.now().timestamp()) + self.skew_s), "c5ac7061fccab6bf"
        said = f"{at}\n{nonce}\n".encode() + body + b"\n"
        signed = key("stranger" if self.forge else "wechat").sign(said, PKCS1v15(), SHA256())
        return {
            "Wechatpay-Timestamp": at,
            "Wechatpay-Nonce": nonce,
            "Wechatpay-Signature": base64.b64encode(signed).decode(),
            "Wechatpay-Serial": PLATFORM_ID,
        }

    def notice(self, number: str, *, under: bytes = V3, **other: Any) -> tuple[dict[str, str], bytes]:
        """A notification of how a bill ended: headers and body."""
        plain = json.dumps(self.whole(number) | other).encode()
        nonce = hashlib.sha256(plain).hexdigest()[:12]
        sealed = AESGCM(under).encrypt(nonce.encode(), plain, b"mch_payment")
        body = json.dumps(
            {
                "id": "EV-2018022511223320873",
                "create_time": self.now().isoformat(),
                "resource_type": "encrypt-resource",
                "event_type": "MCHTRANSFER.BILL.FINISHED",
                "summary": "商家转账单据终态通知",
                "resource": {
                    "original_type": "mch_payment",
                    "algorithm": "AEAD_AES_256_GCM",
                    "ciphertext": base64.b64encode(sealed).decode(),
                    "associated_data": "mch_payment",
                    "nonce": nonce,
                },
            }
        ).encode()
        return self.signature(body), body

    def statement(self) -> str:
        """Its 资金账单, as WeChat writes it: what left the account, and totals."""
        head = (
            "记账时间,微信支付业务单号,资金流水单号,业务名称,业务类型,收支类型,收支金额(元),账户结余(元),"
            "资金变更提交申请人,备注,业务凭证号"
        )
        rows, left = [], 100_000_000
        for at, (number, fen) in enumerate(self.paid):
            left -= fen
            when = self.now().strftime("%Y-%m-%d %H:%M:%S")
            cells = [
                when, self.bills[number].provider_no, f"{at:020d}", "商家转账", "商家转账", "支出",
                f"{fen / 100:.2f}", f"{left / 100:.2f}", f"{MERCHANT}API", "", number,
            ]  # fmt: skip
            rows.append(",".join(f"`{one}" for one in cells))
        spent = sum(fen for _, fen in self.paid)
        total = [f"{len(rows)}", "0", "0.00", f"{len(rows)}", f"{spent / 100:.2f}"]
        tail = ["资金流水总笔数,收入笔数,收入金额,支出笔数,支出金额", ",".join(f"`{one}" for one in total)]
        return "\r\n".join([head, *rows, *tail]) + "\r\n"


@contextmanager
def bank(now: Callable[[], datetime], **more: Any) -> Iterator[Bank]:
    """Serve a provider on a port of its own."""
    made = Bank(now, **more)

    class Handler(BaseHTTPRequestHandler):
        def _answer(self, body: bytes) -> None:
            headers = {name.lower(): value for name, value in self.headers.items()}
            said = made.answer(self.command, self.path, headers, body)
            if made.slow_s:
                time.sleep(made.slow_s)
            if said is None:
                self.close_connection = True
                return
            with suppress(OSError):
                self.send_response(said[0])
                for name, value in said[1].items():
                    self.send_header(name, value)
                self.send_header("Content-Length", str(len(said[2])))
                self.end_headers()
                self.wfile.write(said[2])

        def do_GET(self) -> None:
            self._answer(b"")

        def do_POST(self) -> None:
            self._answer(self.rfile.read(int(self.headers.get("content-length", 0))))

        def log_message(self, *_args: object) -> None:
            """Say nothing."""

    class Server(ThreadingHTTPServer):
        request_queue_size = 128

    server = Server(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
    thread.start()
    made.address = f"http://127.0.0.1:{server.server_port}"
    try:
        yield made
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def wechat(of: Bank, **more: Any) -> WeChat:
    """The house's adapter, pointed at this provider."""
    drawn = iter(range(1, 10**9))
    told: dict[str, Any] = {
        "outbound": Outbound(Opened((ip_network("127.0.0.0/8"),))),
        "keys": house_keys(),
        "app": APP,
        "scene": SCENE,
        "reported": (("岗位类型", "安全员"), ("报酬说明", "隐患核价")),
        "entropy": lambda count: hashlib.shake_256(f"{next(drawn)}".encode()).digest(count),
        "address": of.address,
    }
    return WeChat(**(told | more))


__all__ = ["APP", "BILLS", "MERCHANT", "PLATFORM_ID", "V3", "Bank", "Kept", "bank", "house_keys", "key", "wechat"]
