"""A real process killed between the vendor's yes and our receipt: the message comes once more, marked, never again."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest
from act_office import HOOK_KEY, KEY, Desk
from robot_street import said, street

from pipewarden.act import jobs, service, store
from pipewarden.act.adapters.robots import Robot
from pipewarden.act.adapters.webhook import Webhook
from pipewarden.act.facts import CLOUDEVENTS
from pipewarden.act.service import Post
from pipewarden.act.store import DeliveryRow
from pipewarden.casework.facts import Accepted, Call, SiteEvent, Urgency
from pipewarden.kit.addresses import read_opened
from pipewarden.kit.outbound import Outbound
from pipewarden.people import service as people
from pipewarden.people.facts import ContactKind, NewContact, NewMembership, NewPerson, Role

if TYPE_CHECKING:
    from uuid import UUID

    from robot_street import Asked, Said

    from pipewarden.main.home import Home

SECRET = b"a secret of this test run alone."
HERE = Outbound(read_opened("127.0.0.0/8", "X"))
CHILD = """
import sys
from pipewarden.act import jobs
from pipewarden.act.adapters.robots import Robot
from pipewarden.act.adapters.webhook import Webhook
from pipewarden.act.service import Post
from pipewarden.kit.db import make_engine
from pipewarden.kit.clock import SystemClock
from pipewarden.kit.ids import Uuid7Source
from pipewarden.kit.addresses import read_opened
from pipewarden.kit.outbound import Outbound
from pipewarden.kit.work import WorkFactory
from pipewarden.people.facts import ContactKind
from sqlalchemy.orm import sessionmaker

sys.path.insert(0, sys.argv[3])
from act_office import Desk

class Nobody:
    def write(self, work, facts):
        pass

clock = SystemClock()
sessions = sessionmaker(make_engine(sys.argv[1]), expire_on_commit=False)
factory = WorkFactory(sessions, clock, Uuid7Source(clock), Nobody())
out = Outbound(read_opened("127.0.0.0/8", "x"))
ways = {"wecom": Robot(ContactKind.WECOM, out, sys.argv[2]), "cloudevents": Webhook(out)}
jobs.send_waiting(factory.begin, Post(Desk(), ways, b"a secret of this test run alone.", "https://gas.example.org"))
"""


def killed_while_the_other_side_has_it(home: Home, vendor: Any) -> None:
    """Send from a process of its own and kill it once the other side has taken the message and says nothing yet."""
    url = home.factory.sessions().get_bind().engine.url.render_as_string(hide_password=False)
    lent = os.fspath(next(one for one in sys.path if one.endswith("tests/lent")))
    command = [sys.executable, "-c", CHILD, url.replace("+psycopg", ""), vendor.url, lent]
    vendor.how = "hang"
    with subprocess.Popen(command, stderr=subprocess.PIPE) as child:
        until = time.monotonic() + 60
        while not vendor.asked and time.monotonic() < until and child.poll() is None:
            time.sleep(0.05)
        assert child.poll() is None, child.stderr.read() if child.stderr else ""
        child.send_signal(signal.SIGKILL)
        assert child.wait(20) == -signal.SIGKILL
    assert len(vendor.asked) == 1
    vendor.how = "answer"


def later(home: Home, post: Post, target: UUID) -> None:
    """Let the lease run out without waiting for it, then send what is due."""
    assert jobs.send_waiting(home.factory.begin, post) == 0, "the lease of the dead holds"
    with home.work() as work:
        work.session.execute(
            DeliveryRow.__table__.update()
            .where(DeliveryRow.target_id == target)
            .values(leased_until=work.now() - timedelta(seconds=1))
        )
    for _ in range(3):
        jobs.send_waiting(home.factory.begin, post)


def taken(_asked: Asked) -> Said:
    return said({"errcode": 0, "errmsg": "ok"})


@pytest.mark.timeout(180)
def test_a_robots_message_is_repeated_once_and_says_so(home: Home) -> None:
    desk, root = Desk(), people.operator(home.tenant_id)
    with street(taken) as vendor:
        post = Post(desk, {"wecom": Robot(ContactKind.WECOM, HERE, vendor.url)}, SECRET, "https://gas.example.org")
        with home.work() as work:
            person = people.add_person(work, None, root, NewPerson("killed1", "K", None))  # type: ignore[arg-type]
            begins = work.now() - timedelta(days=1)
            people.grant(work, root, NewMembership(person.id, work.tenant_id, Role.SAFETY_MANAGER, begins))
            (contact,) = people.set_contacts(work, root, person.id, [NewContact(ContactKind.WECOM, KEY)])
            one = Call(
                work.ids.new(), work.tenant_id, person.id, Urgency.ALARM, (), None, 0, 0, "other", {}, work.now(), None
            )
            desk.known[one.id] = one
            service.deliver(work, post, [one.id])
        killed_while_the_other_side_has_it(home, vendor)
        later(home, post, contact.id)
    first, second = (asked.json["text"]["content"] for asked in vendor.asked)
    assert "重发" not in first
    assert second.startswith("（重发：上一次是否送达不明）")
    assert first.rpartition("/v1/ack/")[2] == second.rpartition("/v1/ack/")[2], "one link, whichever arrives"
    with home.work() as work:
        (row,) = store.outbox.of(work, DeliveryRow.subject_id == one.id)
        tried = [each.outcome.value for each in store.outbox.attempts(work, [row.id])]
    assert tried == ["begun", "lost", "begun", "accepted"]
    assert (row.repeated, row.attempts) == (True, 2)


@pytest.mark.timeout(180)
def test_a_webhook_is_repeated_under_the_same_id(home: Home) -> None:
    desk, root = Desk(), people.operator(home.tenant_id)
    with street(taken) as system:
        post = Post(desk, {CLOUDEVENTS: Webhook(HERE)}, SECRET)
        with home.work() as work:
            hook, _ = service.add_hook(work, root, name="k", url=f"{system.url}/in", kinds=(), entropy=bytes(32))
            event = SiteEvent(work.ids.new(), work.tenant_id, work.ids.new(), work.now(), None, 1, Accepted())
            desk.told[event.id] = event
            service.announce(work, post, [event.id])
        killed_while_the_other_side_has_it(home, system)
        later(home, post, hook.id)
        with home.work() as work:
            service.remove_hook(work, root, hook.id)
    first, second = system.asked
    assert first.headers["webhook-id"] == second.headers["webhook-id"]
    assert json.loads(first.body) == json.loads(second.body)
    assert HOOK_KEY not in str(first.headers)
