"""Act in the running house: who drains what, how often the outbox is looked through, and by which channels."""

from __future__ import annotations

from dataclasses import replace
from ipaddress import ip_network
from typing import TYPE_CHECKING

from act_office import empty
from procrastinate import App
from procrastinate.testing import InMemoryConnector
from pydantic import SecretStr
from sqlalchemy import select

from pipewarden.act.adapters.mail import Mail, MailServer
from pipewarden.act.adapters.robots import Robot
from pipewarden.act.adapters.webhook import Webhook
from pipewarden.act.adapters.written import Written
from pipewarden.act.store import ReachRow
from pipewarden.kit.addresses import Opened
from pipewarden.kit.emit import Registry
from pipewarden.kit.settings import Settings
from pipewarden.main import act
from pipewarden.main.queue import Queue
from pipewarden.main.web.serving import ELSEWHERE
from pipewarden.people import service as people
from pipewarden.people.facts import ContactKind

if TYPE_CHECKING:
    from pipewarden.main.home import Home

SECRET = b"a secret of this test run alone."


def test_without_settings_robots_go_to_their_vendors_and_mail_nowhere() -> None:
    post = act.open_post(Settings(), SECRET)
    assert set(post.channels) == {"wecom", "dingtalk", "feishu", "sms", "voice", "webhook", "cloudevents"}
    robot = post.channels["wecom"]
    assert isinstance(robot, Robot)
    assert (robot.kind, robot.base) == (ContactKind.WECOM, "https://qyapi.weixin.qq.com")
    assert robot.outbound.opened == Opened()
    assert isinstance(post.channels["sms"], Written)
    assert isinstance(post.channels["cloudevents"], Webhook)
    assert not post.real("voice")
    assert not post.real("email")
    assert post.public_url == ""


def test_the_settings_are_heard() -> None:
    settings = Settings(
        public_url="https://gas.example.org/",
        outbound_open="10.20.0.0/16",
        mail_host="mail.example.org",
        mail_sender="gas@example.org",
        mail_user="gas",
        mail_password=SecretStr("a password of nobody"),
        feishu_url="https://feishu.gov.example/",
    )
    post = act.open_post(settings, SECRET)
    assert post.public_url == "https://gas.example.org"
    mail = post.channels["email"]
    assert isinstance(mail, Mail)
    assert mail.server == MailServer(
        "mail.example.org", 587, "gas@example.org", "starttls", "gas", "a password of nobody"
    )
    assert mail.outbound.opened == Opened((ip_network("10.20.0.0/16"),))
    feishu = post.channels["feishu"]
    assert isinstance(feishu, Robot)
    assert feishu.base == "https://feishu.gov.example"
    for shown in (repr(post), repr(mail)):
        assert "a password of nobody" not in shown
        assert "secret of this test" not in shown


def test_the_server_wakes_who_drains_what_act_drains(home: Home) -> None:
    queue = Queue(app=App(connector=InMemoryConnector()), deferring=home.queue.deferring)
    fresh = replace(home, queue=queue, registry=Registry(defer=home.registry.defer))
    act.register(queue, fresh, act.open_post(Settings(), SECRET))
    assert {("act.deliver", "casework.called"), ("act.announce", "casework.changed")} <= set(ELSEWHERE)
    assert {act.SEND, act.DIGEST, act.REACH} <= set(queue.app.tasks)
    periodic = {key[0]: one.cron for key, one in queue.app.periodic_registry.periodic_tasks.items()}
    assert periodic["pipewarden.act.send"] == "* * * * * */2", "an alarm does not wait for its sweep"
    empty(home)
    assert queue.app.tasks[act.SEND].func(0) == 0
    assert queue.app.tasks[act.DIGEST].func(0) == 0
    with home.work() as work:
        tenants = {one.id for one in people.tenants(work, people.operator())}
        before = set(work.session.scalars(select(ReachRow.id)))
    missing = queue.app.tasks[act.REACH].func(0)
    with home.work() as work:
        asked = work.session.scalars(select(ReachRow).where(ReachRow.id.not_in(before))).all()
        assert {one.tenant_id for one in asked} == tenants
        assert missing == sum(len(one.missing) for one in asked), "whoever stands on a roster of this home"
