"""A gas company, its experts and its bank in a house of their own, whose clock is turned by hand."""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any
from uuid import UUID, uuid4

from one_turn import OneTurnClient
from pay_fake import Bank, bank, wechat
from second_factor import set_up

from pipewarden.kit.chance import SystemChance
from pipewarden.kit.clock import SetClock
from pipewarden.kit.settings import Settings
from pipewarden.kit.vault import Sealer
from pipewarden.ledger import service as ledger
from pipewarden.ledger.facts import Asset
from pipewarden.main.home import Home, open_home
from pipewarden.main.web.app import Parts, build
from pipewarden.market.jobs import payouts as payout_jobs
from pipewarden.market.jobs import rounds
from pipewarden.market.rules import addresses
from pipewarden.market.service.payouts_cashier import Cashier
from pipewarden.people import service as people
from pipewarden.people.adapters.argon import ArgonHasher, Parameters
from pipewarden.people.adapters.qr import qr_of
from pipewarden.people.facts import PLATFORM, NewMembership, NewPerson, Role, SignedIn
from pipewarden.people.http import COOKIE
from pipewarden.people.service import Gate, Second, SessionLimits

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

START = datetime(2026, 11, 2, 1, tzinfo=UTC)  # a Monday morning
PASSWORD = "Kein Bagger am Rohr 7"  # noqa: S105  of made-up people in a database that is thrown away
SECRET = b"a secret of this test run alone."
_LONG = timedelta(days=60)  # nobody signs in anew: the story turns the clock by days


@dataclass(slots=True)
class House:
    """Asks as people do, over HTTP; only sign-ins, the clock and the jobs' turns are the test's own."""

    home: Home
    clock: SetClock
    gate: Gate
    web: OneTurnClient
    there: Bank
    cashier: Cashier
    ids: dict[str, UUID] = field(default_factory=dict)
    heads: dict[str, dict[str, str]] = field(default_factory=dict)

    def ask(self, who: str, method: str, path: str, status: int = 200, **more: Any) -> Any:
        """Let somebody ask; ``""`` is a stranger. Returns JSON, or the answer where it is none."""
        headers = dict(more.pop("headers", {})) | (self.heads[who] if who else {})
        answer = self.web.request(method, f"/v1{path}", headers=headers, **more)
        self.web.cookies.clear()
        assert answer.status_code == status, f"{method} {path}: {answer.status_code} {answer.text}"
        return answer.json() if "json" in answer.headers.get("content-type", "") else answer

    def person(self, name: str, role: Role, tenant: UUID | None = None) -> None:
        """Add somebody of the company and sign them in."""
        tenant_id, root = tenant or self.home.tenant_id, people.operator()
        with self.home.factory.begin(PLATFORM) as work:
            wanted = NewPerson(login=name, name=name, password=PASSWORD, must_change=False)
            self.ids[name] = people.add_person(work, self.gate, root, wanted).id
        with self.home.factory.begin(tenant_id) as work:
            begun = START - timedelta(days=1)
            people.grant(work, root, NewMembership(self.ids[name], tenant_id, role, begins_at=begun))
        self.sign_in(name)

    def sign_in(self, name: str) -> None:
        """Sign somebody in, with a second factor where their role asks for one."""
        with self.home.factory.begin(PLATFORM) as work:
            source = f"10.0.0.{len(self.heads)}"
            answer = people.sign_in(work, self.gate, name, PASSWORD, source=source)
            assert isinstance(answer, SignedIn)
            answer, _ = set_up(work, self.gate, answer, source)
        self.heads[name] = {"Cookie": f"{COOKIE}={answer.token}", "X-CSRF-Token": answer.csrf}

    def device(self, name: str) -> None:
        """Make a key that may call capabilities: the pipeline's."""
        with self.home.factory.begin(self.home.tenant_id) as work:
            made = people.make_key(
                work,
                self.gate,
                people.operator(self.home.tenant_id),
                name,
                permissions=["capability:invoke"],
                expires_at=work.now() + _LONG,
            )
        self.heads[name] = {"Authorization": f"Bearer {made.text}"}

    def later(self, **span: float) -> None:
        """Turn the clock, and let every round have its turn."""
        self.clock.advance(timedelta(**span))
        begin = self.home.factory.begin
        for each in (rounds.settle_labels, rounds.settle_meters, rounds.settle_commissions, rounds.settle_rewards):
            each(begin)

    def pay_out(self) -> None:
        """Let the cashier send what is due."""
        payout_jobs.send_due(self.home.factory.begin, self.cashier, self.clock, hands=1)

    def cash(self, name: str) -> int:
        """Return what somebody's wallet holds, units of 0.0001 元, as the book says."""
        return self.held(addresses.person(self.ids[name], Asset.CNY))

    def held(self, address: str) -> int:
        """Return an account's balance as the book says."""
        with self.home.work() as work:
            return sum(one.posted for one in ledger.balances(work, [address]).values())

    def key(self) -> dict[str, str]:
        """A fresh idempotency key."""
        return {"Idempotency-Key": str(uuid4())}


@contextmanager
def house_of(folder: Path) -> Iterator[House]:
    """Open a house on the morning of START."""
    clock, chance = SetClock(START), SystemChance().bytes
    limits = SessionLimits(idle=_LONG, absolute=_LONG, proof=_LONG)
    gate = Gate(ArgonHasher(entropy=chance, parameters=Parameters(1, 64, 1)), chance, limits,
                Second(sealer=Sealer(SECRET, chance), draw=qr_of))  # fmt: skip
    with (
        open_home(Settings(home=folder), temporary=True, clock=clock) as home,
        bank(clock.now) as there,
    ):
        app = build(home, Parts(secret=SECRET, gate=gate))
        cashier = Cashier(wechat(there), Sealer(SECRET, chance))
        app.state.cashier = cashier
        with OneTurnClient(app, base_url="https://testserver", raise_server_exceptions=False) as web:
            yield House(home, clock, gate, web, there, cashier)
