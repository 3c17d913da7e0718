"""A post office without a street: casework in memory, channels that say what a test wants, one clock for all."""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from sqlalchemy import text

from pipewarden.act import jobs, service, store
from pipewarden.act.facts import Outcome, Outgoing, Receipt
from pipewarden.act.service import Post
from pipewarden.act.store import DeliveryRow
from pipewarden.casework.facts import Call, FilingChanged, Site, SiteState, Urgency
from pipewarden.network.facts import Zone
from pipewarden.people import service as people
from pipewarden.people.facts import PLATFORM, ContactKind, NewContact, NewMembership, NewPerson, Role

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterator
    from uuid import UUID

    from pipewarden.act.facts import Delivery
    from pipewarden.casework.facts import SiteEvent
    from pipewarden.kit.clock import SetClock
    from pipewarden.kit.work import Work
    from pipewarden.main.home import Home
    from pipewarden.people.facts import Contact

KEY = "693a91f6-7bc4-4bc4-97a0-0ec2sifa5aaa"
HOOK_KEY = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
WECOM = NewContact(ContactKind.WECOM, KEY)
DINGTALK = NewContact(ContactKind.DINGTALK, "abcdef0123456789")
FEISHU = NewContact(ContactKind.FEISHU, "feishu-key-0001")
MAIL = NewContact(ContactKind.EMAIL, "zhang@example.org")
SMS = NewContact(ContactKind.SMS, "13800001234")
VOICE = NewContact(ContactKind.VOICE, "13800001234")
TAKEN = Receipt(Outcome.ACCEPTED)
DEAD = Receipt(Outcome.FAILED, "no answer within 8 s")


def empty(home: Home) -> None:
    """Let nothing wait in a home that other tests have used: neither a message nor a note for its digest."""
    with home.factory.begin(PLATFORM) as work:
        work.session.execute(text("UPDATE act_deliveries SET state = 'dropped' WHERE state IN ('waiting', 'spare')"))
        work.session.execute(text("UPDATE act_calls SET state = 'unreachable' WHERE state = 'held'"))


@dataclass(slots=True)
class Way:
    """A channel that answers as a test wants: one receipt for all, one for each, or a function of the message."""

    says: Receipt | list[Receipt] | Callable[[Outgoing], Receipt] = TAKEN
    real: bool = True
    limit: int = 2048
    takes_s: float = 0.0
    clock: SetClock | None = None
    sent: list[Outgoing] = field(default_factory=list)

    def send(self, message: Outgoing, *, within_s: float) -> Receipt:
        assert within_s > 0
        self.sent.append(message)
        if self.clock is not None:
            self.clock.advance(timedelta(seconds=self.takes_s))
        if callable(self.says):
            return self.says(message)
        return self.says.pop(0) if isinstance(self.says, list) else self.says


@dataclass(slots=True)
class Desk:
    """Casework in memory."""

    known: dict[UUID, Call] = field(default_factory=dict)
    told: dict[UUID, SiteEvent] = field(default_factory=dict)
    places: dict[UUID, Site] = field(default_factory=dict)
    filings: dict[UUID, FilingChanged] = field(default_factory=dict)
    acked: dict[UUID, UUID] = field(default_factory=dict)
    lost: dict[UUID, str] = field(default_factory=dict)

    def calls(self, work: Work, ids: Collection[UUID]) -> list[Call]:
        return [self.known[one] for one in ids if self.known[one].tenant_id == work.tenant_id]

    def events(self, work: Work, ids: Collection[UUID]) -> list[SiteEvent]:
        return [self.told[one] for one in ids if self.told[one].tenant_id == work.tenant_id]

    def filing_changes(self, work: Work, ids: Collection[UUID]) -> list[FilingChanged]:
        return [self.filings[one] for one in ids if self.filings[one].tenant_id == work.tenant_id]

    def sites(self, work: Work, ids: Collection[UUID]) -> dict[UUID, Site]:
        return {
            one: self.places[one] for one in ids if one in self.places and self.places[one].tenant_id == work.tenant_id
        }

    def acknowledged(self, work: Work, ids: Collection[UUID]) -> set[UUID]:
        del work
        return self.acked.keys() & set(ids)

    def acknowledge_call(self, work: Work, call_id: UUID, by: UUID) -> None:
        assert self.known[call_id].tenant_id == work.tenant_id
        self.acked[call_id] = by

    def unreachable(self, work: Work, call_id: UUID, why: str) -> None:
        assert self.known[call_id].tenant_id == work.tenant_id
        assert call_id not in self.lost, "told twice"
        self.lost[call_id] = why


@dataclass(slots=True)
class Office:
    """What the tests of act stand on."""

    work: Work
    clock: SetClock
    desk: Desk = field(default_factory=Desk)
    ways: dict[str, Way] = field(
        default_factory=lambda: {kind.value: Way() for kind in ContactKind} | {"cloudevents": Way()}
    )
    public_url: str = "https://gas.example.org"
    made: int = 0

    @property
    def post(self) -> Post:
        return Post(self.desk, self.ways, b"a secret of this test run alone.", self.public_url)

    @contextmanager
    def begin(self, tenant_id: UUID) -> Iterator[Work]:
        yield replace(self.work, tenant_id=tenant_id)
        self.work.session.flush()

    def person(self, *contacts: NewContact, role: Role = Role.SAFETY_MANAGER) -> UUID:
        """Add somebody with contact points."""
        self.made += 1
        root = people.operator(self.work.tenant_id)
        wanted = NewPerson(login=f"act{self.made:03d}", name=f"Person {self.made}", password=None)
        made = people.add_person(self.work, None, root, wanted)  # type: ignore[arg-type]  # no password, no gate
        held = NewMembership(made.id, self.work.tenant_id, role, self.clock.now() - timedelta(days=1))
        people.grant(self.work, root, held)
        people.set_contacts(self.work, root, made.id, contacts)
        return made.id

    def contacts(self, person_id: UUID) -> list[Contact]:
        return people.contacts_of(self.work, [person_id])[person_id]

    def site(self, **more: Any) -> UUID:
        site = Site(
            id=self.work.ids.new(),
            tenant_id=self.work.tenant_id,
            alarm_id=None,
            state=SiteState.DISCOVERED,
            since=self.clock.now(),
            **({"zone": Zone.PROTECTION, "level": 1, "lon": 116.7, "lat": 39.5} | more),
        )
        self.desk.places[site.id] = site
        return site.id

    def call(self, person_id: UUID, urgency: Urgency = Urgency.DUE, **more: Any) -> Call:
        """Make a call and deliver it, as casework and the drain would."""
        made = self.made_call(person_id, urgency, **more)
        service.deliver(self.work, self.post, [made.id])
        return made

    def made_call(self, person_id: UUID, urgency: Urgency = Urgency.DUE, **more: Any) -> Call:
        """Make a call that nobody has taken up yet."""
        given = {"site_ids": (), "duty_id": None, "step": 0, "loop": 0, "text": "other", "params": {}} | more
        made = Call(
            id=self.work.ids.new(),
            tenant_id=self.work.tenant_id,
            person_id=person_id,
            urgency=urgency,
            at=self.clock.now(),
            **given,
        )
        self.desk.known[made.id] = made
        return made

    def run(self, hands: int = 1) -> int:
        """Send what is due."""
        return jobs.send_waiting(self.begin, self.post, hands=hands)

    def run_for(self, seconds: float, step: float = 2.0) -> None:
        """Let the sweep come by every ``step`` seconds for so long."""
        until = self.clock.now() + timedelta(seconds=seconds)
        self.run()
        while self.clock.now() < until:
            self.clock.advance(timedelta(seconds=step))
            self.run()

    def rows(self, subject_id: UUID) -> list[Delivery]:
        return store.outbox.of(self.work, DeliveryRow.subject_id == subject_id)

    def states(self, subject_id: UUID) -> list[str]:
        return [f"{one.channel} {one.state}" for one in self.rows(subject_id)]

    def outcomes(self, subject_id: UUID) -> list[str]:
        ids = [one.id for one in self.rows(subject_id)]
        return [one.outcome.value for one in store.outbox.attempts(self.work, ids)]
