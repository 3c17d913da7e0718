"""Wires payouts: who pays, chosen by settings that have no default, and when the job looks for what is due."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pipewarden.kit.addresses import read_opened
from pipewarden.kit.chance import SystemChance
from pipewarden.kit.errors import InputError
from pipewarden.kit.outbound import Outbound
from pipewarden.kit.vault import Sealer
from pipewarden.main.judging import JUDGE
from pipewarden.market.adapters.wechat import MAIN, WeChat
from pipewarden.market.adapters.wechat_signing import Keys, read_private, read_public
from pipewarden.market.jobs import payouts as jobs
from pipewarden.market.service.payouts_cashier import Cashier

if TYPE_CHECKING:
    from pathlib import Path

    from pydantic import SecretStr

    from pipewarden.kit.settings import Settings
    from pipewarden.main.home import Home
    from pipewarden.main.queue import Queue
    from pipewarden.market.ports import Payouts

SEND = "pipewarden.market.payouts"
NOTIFY = "/v1/payouts/wechat/notify"
_EVERY_10_S = "* * * * * */10"  # croniter's sixth field: seconds
_NEEDED = (
    "wechat_pay_merchant",
    "wechat_pay_app",
    "wechat_pay_serial",
    "wechat_pay_key",
    "wechat_pay_v3_key",
    "wechat_pay_public_key",
    "wechat_pay_public_key_id",
    "wechat_pay_scene",
    "wechat_pay_report",
)


def open_cashier(settings: Settings, secret: bytes) -> Cashier:
    """Return who pays out; nobody where no setting of WeChat Pay is given.

    Raises:
        InputError: some are given and others not, or one cannot be used; the field names it.
    """
    return Cashier(_port(settings), Sealer(secret, SystemChance().bytes))


def _port(settings: Settings) -> Payouts | None:
    given = {name: getattr(settings, name) for name in _NEEDED}
    missing = [name for name, value in given.items() if value is None]
    if len(missing) == len(_NEEDED):
        return None
    if missing:
        raise InputError(
            field=f"PIPEWARDEN_{missing[0].upper()}",
            problem="is not set, and others of WeChat Pay are",
            fix="Set all of them to pay people out, or none.",
        )
    v3: SecretStr = given["wechat_pay_v3_key"]
    keys = Keys(
        merchant=given["wechat_pay_merchant"],
        serial=given["wechat_pay_serial"],
        private=read_private(_file(given["wechat_pay_key"], "wechat_pay_key"), "PIPEWARDEN_WECHAT_PAY_KEY"),
        platform_id=given["wechat_pay_public_key_id"],
        platform=read_public(
            _file(given["wechat_pay_public_key"], "wechat_pay_public_key"), "PIPEWARDEN_WECHAT_PAY_PUBLIC_KEY"
        ),
        v3=v3.get_secret_value().encode(),
    )
    return WeChat(
        outbound=Outbound(read_opened(settings.outbound_open, "PIPEWARDEN_OUTBOUND_OPEN")),
        keys=keys,
        app=given["wechat_pay_app"],
        scene=given["wechat_pay_scene"],
        reported=_reported(given["wechat_pay_report"]),
        entropy=SystemChance().bytes,
        notify_url=_notify(settings.public_url),
        address=(settings.wechat_pay_url or MAIN).rstrip("/"),
    )


def _file(path: Path, name: str) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        problem = f"{path} cannot be read ({error.strerror})"
        raise InputError(field=f"PIPEWARDEN_{name.upper()}", problem=problem, fix="Name the file.") from error


def _reported(text: str) -> tuple[tuple[str, str], ...]:
    pairs = [tuple(part.strip() for part in one.split("=", 1)) for one in text.split(";") if one.strip()]
    found = tuple((one[0], one[1]) for one in pairs if len(one) == 2 and all(one))  # noqa: PLR2004  a pair
    if not found or len(found) != len(pairs):
        raise InputError(
            field="PIPEWARDEN_WECHAT_PAY_REPORT", problem="holds no pairs", fix="Write it like 岗位类型=…;报酬说明=…"
        )
    return found


def _notify(public_url: str | None) -> str:
    """Return where WeChat tells how a bill ended: https only; without it bills are asked about."""
    base = (public_url or "").rstrip("/")
    return base + NOTIFY if base.startswith("https://") else ""


def register(queue: Queue, home: Home, cashier: Cashier) -> None:
    """Let workers of ``queue`` send what is due of every tenant, on the queue where slow work waits."""

    @queue.app.periodic(cron=_EVERY_10_S)
    @queue.app.task(name=SEND, queue=JUDGE, queueing_lock=SEND, lock=SEND)
    def send(timestamp: int) -> int:  # noqa: ARG001  the queue says when; the injected clock counts
        return jobs.send_due(home.factory.begin, cashier, home.factory.clock)
