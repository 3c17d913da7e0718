"""Experts beside the desk's city, for whoever publishes commissions: registered, asking, talking, delivering."""

from __future__ import annotations

import io
import zipfile
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Any
from uuid import UUID, uuid4

from pipewarden.ledger.facts import Asset
from pipewarden.market.facts.commissions import Acceptance, Tool
from pipewarden.market.facts.experts import Expert, Grade
from pipewarden.market.service import budgets, commissions, deliveries, engagements, engaging, talks
from pipewarden.market.service.commissions import Wish
from pipewarden.market.store import commissions as store
from pipewarden.market.store import experts as expert_store
from pipewarden.people import service as people
from pipewarden.people.facts import Role

if TYPE_CHECKING:
    from desk_town import DeskTown

    from pipewarden.kit.work import Work
    from pipewarden.market.facts.commissions import Commission, Engagement
    from pipewarden.people.facts import Actor

YUAN = 10_000


@dataclass(slots=True)
class ClientTown:
    """Makes happen, through the services, what the other side does."""

    desk: DeskTown

    def expert(self, name: str, tags: frozenset[str], *, grade: Grade = Grade.B, **more: Any) -> str:
        """Let somebody be registered by an invitation of the city's tenant; return their login."""
        login = self.desk.login(Role.EXPERT, name=name)
        values = {
            "employer": "廊坊新奥燃气有限公司", "job": "技术专员", "words": "入户安检八年", "available": True,
            "price_floor": None, "conflicts": frozenset(), "stars": 14, "ratings": 3, "verified_at": None,
        }  # fmt: skip
        with self.desk.home.work() as work:
            made = Expert(
                person_id=self.desk.ids[login], tenant_id=work.tenant_id, grade=grade, tags=tags, since=work.now(),
                **values | more,
            )  # fmt: skip
            assert expert_store.add(work, made)
        return login

    def bring(self, units: int) -> None:
        """Put money from the bank into the purse."""
        with self.desk.home.work() as work:
            root, day = people.operator(work.tenant_id), work.now().date() - timedelta(days=1)
            budgets.deposit(work, root, Asset.CNY, units, number=f"C-{uuid4().hex[:8]}", value_date=day)

    def draft(self, title: str, tags: frozenset[str], **more: Any) -> UUID:
        """Write a draft for offline work of four items at 0.13 yuan."""
        values: dict[str, Any] = {
            "title": title, "words": "圈出户内燃气隐患", "tags": tags, "tool": Tool.OFFLINE, "online": False,
            "price": 1_300, "volume": 4, "budget": 6_000, "overlap": 1, "acceptance": Acceptance(4, 1, 0.5, ""),
        }  # fmt: skip
        with self.desk.home.work() as work:
            wish = Wish(due=work.now() + timedelta(days=9), **values | more)
            return commissions.draft(work, people.operator(work.tenant_id), wish).id

    def published(self, title: str, tags: frozenset[str], **more: Any) -> Commission:
        """Publish such a commission; its money comes from the bank first."""
        made = self.draft(title, tags, **more)
        self.bring(more.get("budget", 6_000))
        with self.desk.home.work() as work:
            return commissions.publish(work, people.operator(work.tenant_id), made)

    def applies(self, login: str, commission: UUID) -> Engagement:
        with self.desk.home.work() as work:
            return engagements.apply(work, self._who(work, login), commission)

    def begins(self, login: str, commission: UUID) -> Engagement:
        """Let an expert apply and the client agree."""
        part = self.applies(login, commission)
        with self.desk.home.work() as work:
            return engagements.agree(work, people.operator(work.tenant_id), part.id)

    def says(self, login: str, commission: UUID, words: str) -> None:
        with self.desk.home.work() as work:
            talks.say_as_expert(work, self._who(work, login), commission, words)

    def delivers(self, login: str, part: UUID, *names: str, early: bool = False) -> None:
        made = io.BytesIO()
        with zipfile.ZipFile(made, "w") as archive:
            for one in names:
                archive.writestr(f"{one}.json", f'{{"salt": "{uuid4()}"}}')
        with self.desk.home.work() as work:
            who, blobs = self._who(work, login), self.desk.home.blobs
            deliveries.deliver(work, blobs, who, part, made.getvalue(), early=early, words="第一批")

    def works(self, part: UUID, calls: int) -> None:
        """Let so many calls of a part be charged."""
        with self.desk.home.work() as work:
            engaging.charge(work, part, [f"call-{at}" for at in range(calls)])

    def part_of(self, login: str, commission: UUID) -> Engagement:
        with self.desk.home.work() as work:
            found = store.engagement_of(work, commission, self.desk.ids[login])
        assert found is not None
        return found

    def _who(self, work: Work, login: str) -> Actor:
        found = people.actor_of(work, self.desk.ids[login])
        assert found is not None
        return found
