"""Wires act: which channels there are, who drains calls and events, and when the outbox is looked through."""

from __future__ import annotations

from typing import TYPE_CHECKING

import structlog

from pipewarden.act import jobs
from pipewarden.act.adapters.mail import Mail, MailServer
from pipewarden.act.adapters.robots import BASES, Robot
from pipewarden.act.adapters.texts import Texts
from pipewarden.act.adapters.webhook import Webhook
from pipewarden.act.adapters.written import Written
from pipewarden.act.facts import CLOUDEVENTS
from pipewarden.act.service import Post
from pipewarden.casework import service as casework
from pipewarden.casework import store as casework_store
from pipewarden.casework.facts import APPEALED, CALLED, CHANGED, FILING_CHANGED
from pipewarden.kit.addresses import read_opened
from pipewarden.kit.emit import Consumer
from pipewarden.kit.errors import InputError
from pipewarden.kit.outbound import Outbound
from pipewarden.locate.facts import CAMERA_BLIND
from pipewarden.people.facts import ContactKind
from pipewarden.people.rules.contact import hook_secret

if TYPE_CHECKING:
    from collections.abc import Collection
    from uuid import UUID

    from pipewarden.act.ports import Channel
    from pipewarden.casework.facts import SiteEvent
    from pipewarden.kit.settings import Settings
    from pipewarden.kit.work import Work
    from pipewarden.main.home import Home
    from pipewarden.main.queue import Queue

log = structlog.get_logger(__name__)
ACT = "act"
SEND = "pipewarden.act.send"
DIGEST = "pipewarden.act.digest"
REACH = "pipewarden.act.reach"
ELSEWHERE = (
    ("act.deliver", CALLED),
    ("act.announce", CHANGED),
    ("act.filings", FILING_CHANGED),
    ("act.blind", CAMERA_BLIND),
    ("act.appeals", APPEALED),
)
_EVERY_2_S = "* * * * * */2"  # croniter's sixth field: seconds
_EVERY_MIN = "* * * * *"
_NIGHTLY = "30 19 * * *"  # UTC: half past three at night in China
_BATCH = 64
_HANDS = 3  # each waits for a channel most of the time, and holds no connection meanwhile


class CaseworkDesk:
    """Implements ``act.ports.Casework`` on the slice itself."""

    calls = staticmethod(casework.calls)
    acknowledged = staticmethod(casework.acknowledged)
    acknowledge_call = staticmethod(casework.acknowledge_call)
    unreachable = staticmethod(casework.unreachable)
    filing_changes = staticmethod(casework.filing_changes)
    sites = staticmethod(casework_store.sites.read)

    @staticmethod
    def events(work: Work, ids: Collection[UUID]) -> list[SiteEvent]:
        """Return sites' events by id, in the order in which they happened."""
        found = casework_store.history.events_by_id(work, ids)
        return sorted(found.values(), key=lambda one: (one.at, one.version))


def open_post(settings: Settings, secret: bytes) -> Post:
    """Return the post office that the settings describe.

    Raises:
        InputError: a setting cannot be used; the field names it.
    """
    outbound = Outbound(read_opened(settings.outbound_open, "PIPEWARDEN_OUTBOUND_OPEN"))
    bases = {
        ContactKind.WECOM: settings.wecom_url,
        ContactKind.DINGTALK: settings.dingtalk_url,
        ContactKind.FEISHU: settings.feishu_url,
    }
    ways: dict[str, Channel] = {
        kind: Robot(kind, outbound, (base or BASES[kind]).rstrip("/")) for kind, base in bases.items()
    }
    ways |= {ContactKind.SMS: _texts(settings, outbound), ContactKind.VOICE: Written()}
    ways |= {ContactKind.WEBHOOK: Webhook(outbound), CLOUDEVENTS: Webhook(outbound)}
    if settings.mail_host is not None:
        ways[ContactKind.EMAIL] = Mail(_mail_server(settings, settings.mail_host), outbound)
    public = (settings.public_url or "").rstrip("/")
    if public and not public.startswith(("https://", "http://")):
        raise InputError(field="PIPEWARDEN_PUBLIC_URL", problem="is no web address", fix="Write it like https://host.")
    return Post(CaseworkDesk(), ways, secret, public)


def _texts(settings: Settings, outbound: Outbound) -> Channel:
    if settings.sms_url is None:
        return Written()
    field = "PIPEWARDEN_SMS_SECRET"
    if settings.sms_secret is None:
        raise InputError(field=field, problem="is not set", fix="Give the whsec_ key that your gateway checks.")
    return Texts(outbound, settings.sms_url, hook_secret(settings.sms_secret.get_secret_value(), field))


def _mail_server(settings: Settings, host: str) -> MailServer:
    if "@" not in settings.mail_sender:
        raise InputError(
            field="PIPEWARDEN_MAIL_SENDER", problem="is no mail address", fix="Give the address our mail comes from."
        )
    return MailServer(
        host=host,
        port=settings.mail_port,
        sender=settings.mail_sender,
        mode=settings.mail_mode,
        user=settings.mail_user or "",
        password="" if settings.mail_password is None else settings.mail_password.get_secret_value(),
    )


def register(queue: Queue, home: Home, post: Post) -> None:
    """Let workers of ``queue`` bring calls and events, and ask every night whether everybody can be reached.

    Args:
        queue: gets three periodic tasks on the queue ``ACT``; one at a time, so that they take one hand of the worker.
        home: whose calls; those of every tenant.
        post: the ways out.
    """
    home.registry.add(Consumer("act.deliver", CALLED, jobs.make_deliver(post), batch=_BATCH))
    home.registry.add(Consumer("act.announce", CHANGED, jobs.make_announce(post), batch=_BATCH))
    home.registry.add(Consumer("act.filings", FILING_CHANGED, jobs.make_announce_filings(post), batch=_BATCH))
    home.registry.add(Consumer("act.blind", CAMERA_BLIND, jobs.make_blind(post), batch=_BATCH))
    home.registry.add(Consumer("act.appeals", APPEALED, jobs.make_appeals(post), batch=_BATCH))
    with home.work() as work:
        home.registry.wake(work.session)  # facts that came while nobody was registered

    @queue.app.periodic(cron=_EVERY_2_S)
    @queue.app.task(name=SEND, queue=ACT, queueing_lock=SEND, lock=ACT)
    def send(timestamp: int) -> int:  # noqa: ARG001  the queue says when; the injected clock counts
        return jobs.send_waiting(home.factory.begin, post, hands=_HANDS)

    @queue.app.periodic(cron=_EVERY_MIN)
    @queue.app.task(name=DIGEST, queue=ACT, queueing_lock=DIGEST, lock=ACT)
    def digest(timestamp: int) -> int:  # noqa: ARG001  as above
        return jobs.send_digests(home.factory.begin, post)

    @queue.app.periodic(cron=_NIGHTLY)
    @queue.app.task(name=REACH, queue=ACT, queueing_lock=REACH, lock=ACT)
    def reach(timestamp: int) -> int:  # noqa: ARG001  as above
        missing = jobs.check_everybody(home.factory.begin, post)
        log.info("asked whether everybody on duty can be reached", missing=missing)
        return missing
