"""Who pays out is chosen by settings without a default: all of them, or none."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, PublicFormat
from pay_fake import APP, MERCHANT, PLATFORM_ID, SCENE, V3, key
from pydantic import SecretStr

from pipewarden.kit.errors import InputError
from pipewarden.kit.settings import Settings
from pipewarden.main import payouts
from pipewarden.market.adapters.wechat import MAIN, WeChat

if TYPE_CHECKING:
    from pipewarden.main.home import Home
    from pipewarden.main.queue import Queue

SECRET = b"a secret of this test run alone."


@pytest.fixture
def whole(tmp_path: Path) -> dict[str, Any]:
    """Every setting that a contract with WeChat brings."""
    private, public = tmp_path / "apiclient_key.pem", tmp_path / "pub_key.pem"
    private.write_bytes(key("house").private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    public.write_bytes(key("wechat").public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo))
    return {
        "wechat_pay_merchant": MERCHANT,
        "wechat_pay_app": APP,
        "wechat_pay_serial": "5157F09EFDC096DE15EBE81A47057A72",
        "wechat_pay_key": private,
        "wechat_pay_v3_key": SecretStr(V3.decode()),
        "wechat_pay_public_key": public,
        "wechat_pay_public_key_id": PLATFORM_ID,
        "wechat_pay_scene": SCENE,
        "wechat_pay_report": "岗位类型=安全员; 报酬说明=隐患核价",
    }


def port(**more: Any) -> WeChat:
    found = payouts.open_cashier(Settings(**more), SECRET).port
    assert isinstance(found, WeChat)
    return found


def test_without_a_setting_nobody_pays() -> None:
    assert payouts.open_cashier(Settings(), SECRET).port is None


def test_with_all_of_them_wechat_pays(whole: dict[str, Any]) -> None:
    made = port(**whole)
    assert made.address == MAIN
    assert made.reported == (("岗位类型", "安全员"), ("报酬说明", "隐患核价"))
    assert made.notify_url == "", "without an address of ours bills are asked about"
    assert V3.decode() not in repr(made)
    assert V3.decode() not in repr(Settings(**whole))


@pytest.mark.parametrize(
    ("url", "told"),
    [
        ("https://gas.example.org/", "https://gas.example.org/v1/payouts/wechat/notify"),
        ("https://gas.example.org", "https://gas.example.org/v1/payouts/wechat/notify"),
        ("http://10.0.0.1", ""),
    ],
)
def test_wechat_is_told_where_to_tell_only_over_https(whole: dict[str, Any], url: str, told: str) -> None:
    assert port(**whole, public_url=url).notify_url == told


@pytest.mark.parametrize("name", payouts._NEEDED)
def test_one_that_is_missing_is_named(whole: dict[str, Any], name: str) -> None:
    del whole[name]
    with pytest.raises(InputError) as caught:
        port(**whole)
    assert caught.value.field == f"PIPEWARDEN_{name.upper()}"


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("wechat_pay_key", Path("/nowhere/key.pem")),
        ("wechat_pay_public_key", Path("/nowhere/pub.pem")),
        ("wechat_pay_v3_key", SecretStr("too short")),
        ("wechat_pay_report", "no pairs"),
        ("wechat_pay_report", "a=b;c"),
        ("wechat_pay_report", "=b"),
        ("outbound_open", "no network"),
    ],
)
def test_one_that_cannot_be_used_is_named(whole: dict[str, Any], name: str, value: Any) -> None:
    with pytest.raises(InputError) as caught:
        port(**(whole | {name: value}))
    assert caught.value.field == f"PIPEWARDEN_{name.upper()}"


def test_a_proxys_address_stands_for_wechats(whole: dict[str, Any]) -> None:
    assert port(**whole, wechat_pay_url="https://pay-proxy.example.org/").address == "https://pay-proxy.example.org"


def test_the_worker_looks_every_ten_seconds(home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[object] = []
    monkeypatch.setattr(payouts.jobs, "send_due", lambda _begin, cashier, _clock: seen.append(cashier) or 0)
    cashier = payouts.open_cashier(Settings(), SECRET)
    queue: Queue = home.queue
    payouts.register(queue, home, cashier)
    assert queue.app.tasks[payouts.SEND].func(0) == 0
    assert seen == [cashier]
    (periodic,) = [one for one in queue.app.periodic_registry.periodic_tasks.values() if one.task.name == payouts.SEND]
    assert periodic.cron == "* * * * * */10"
