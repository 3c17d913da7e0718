"""A market beside the desk's city: invitations, commissions, experts, deliveries and pictures that wait for a word."""

from __future__ import annotations

import io
import zipfile
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Any
from uuid import UUID, uuid4

import cv2
import numpy as np
from sqlalchemy import text

from pipewarden.ledger.facts import Asset
from pipewarden.market.facts.commissions import Acceptance, Reason, Tool
from pipewarden.market.facts.experts import Expert, Grade, Skill
from pipewarden.market.facts.talks import Pooled, PoolState
from pipewarden.market.service import (
    budgets,
    commissions,
    deliveries,
    engagements,
    engaging,
    experts_joining,
    matching_pool,
)
from pipewarden.market.service import talks as talking
from pipewarden.market.service.commissions import Wish
from pipewarden.market.store import experts as expert_store
from pipewarden.market.store import talks as talk_store
from pipewarden.people import service as people
from pipewarden.people.facts import PLATFORM, Role
from pipewarden.people.facts.privacy import Purpose
from pipewarden.perceive import service as perceive

if TYPE_CHECKING:
    from collections.abc import Mapping

    from desk_town import DeskTown

    from pipewarden.kit.work import Work
    from pipewarden.market.facts.commissions import Commission, Engagement
    from pipewarden.people.facts import Actor

YUAN = 10_000
TAGS = frozenset({"知识贡献", "隐患排查治理", "燃气安全", "隐患图片", "标注"})


@dataclass(slots=True)
class ExpertMarket:
    """Makes things happen on the market through the services; the client is whoever runs the machine."""

    desk: DeskTown

    def root(self) -> Actor:
        return people.operator(self.desk.home.tenant_id)

    def actor(self, work: Work, login: str) -> Actor:
        found = people.actor_of(work, self.desk.ids[login])
        assert found is not None
        return found

    def person(self, login: str) -> UUID:
        """Return who has a login that they made themselves."""
        with self.desk.home.factory.begin(PLATFORM) as work:
            found: UUID = work.session.scalar(text("SELECT id FROM people_persons WHERE login = :l"), {"l": login})
            return found

    def link(self, words: str, tags: frozenset[str] = TAGS) -> str:
        """Make an invitation; return its word."""
        token = uuid4().hex
        with self.desk.home.work() as work:
            experts_joining.make_link(work, self.root(), token, words=words, tags=tags, days=30, most=5)
        return token

    def expert(self, name: str, **more: Any) -> str:
        """Return the login of somebody who registered already."""
        login = self.desk.login(Role.EXPERT, name=name)
        values: dict[str, Any] = {
            "grade": Grade.C, "employer": "廊坊燃气", "job": "服务，技术专员", "tags": TAGS, "words": "",
            "available": True, "price_floor": None, "conflicts": frozenset(), "stars": 0, "ratings": 0,
        }  # fmt: skip
        with self.desk.home.factory.begin(PLATFORM) as work:
            made = Expert(person_id=self.desk.ids[login], tenant_id=PLATFORM, since=work.now(), **values | more)
            assert expert_store.add(work, made), f"{name} is an expert of another test"
        return login

    def prove(self, login: str, topic: str, right: int, wrong: int) -> None:
        with self.desk.home.factory.begin(PLATFORM) as work:
            expert_store.prove(work, Skill(self.desk.ids[login], topic, right, wrong))

    def published(self, title: str, **more: Any) -> Commission:
        """Publish a commission, the deck's unless told otherwise."""
        with self.desk.home.work() as work:
            values: dict[str, Any] = {
                "title": title, "words": "标出图片里的隐患，框要贴边。", "tags": TAGS, "tool": Tool.LABELLING,
                "online": True, "price": 1300, "volume": 150_000, "budget": 19_468 * YUAN, "overlap": 1,
                "due": work.now() + timedelta(days=9), "acceptance": Acceptance(4, 0, 0.95, "漏标按错计"),
            }  # fmt: skip
            made = commissions.draft(work, self.root(), Wish(**values | more))
            number, day = f"回单-{uuid4().hex[:8]}", work.now().date() - timedelta(days=1)
            budgets.deposit(work, self.root(), Asset.CNY, made.budget, number=number, value_date=day)
            return commissions.publish(work, self.root(), made.id)

    def offer(self, commission: Commission, login: str, **more: Any) -> Engagement:
        """Let the client ask somebody (推送)."""
        with self.desk.home.work() as work:
            return engagements.offer(work, self.root(), commission.id, self.desk.ids[login], **more)

    def agree(self, part: UUID) -> None:
        with self.desk.home.work() as work:
            engagements.agree(work, self.root(), part)

    def charge(self, part: UUID, count: int) -> None:
        """Let so many calls be delivered."""
        with self.desk.home.work() as work:
            engaging.charge(work, part, [str(one) for one in range(count)])

    def say(self, commission: Commission, login: str, words: str) -> None:
        with self.desk.home.work() as work:
            talking.say_as_client(work, self.root(), commission.id, self.desk.ids[login], words)

    def heard(self, commission: Commission, login: str) -> list[str]:
        """Return what the client reads of a talk, the newest first."""
        with self.desk.home.work() as work:
            person = self.desk.ids[login]
            found = talking.read_as_client(work, self.root(), commission.id, person, limit=50)
            return [one.words for one in found]

    def judge(self, part: UUID, wrong: Mapping[str, str]) -> int:
        """Let the client judge the delivery that waits: `wrong` by name; every item where it is `{"*": why}`."""
        with self.desk.home.work() as work:
            found = deliveries.listed(work, self.root(), part)
            one, sample = next(each for each in found if each[0].state == "sampled")
            why = {each.name: wrong.get(each.name, wrong.get("*", "")) for each in sample}
            words = {name: (said == "", said) for name, said in why.items()}
            done, _ = deliveries.judge(work, self.root(), (part, one.id), words)
            return done.charged

    def shown(self, login: str) -> str:
        """Let a resident who agreed have sent a picture, and show it to somebody; return its id in the pool."""
        sender = self.desk.login(Role.RESIDENT, name="送照片的住户")
        with self.desk.home.work() as work:
            who = self.actor(work, sender)
            people.say_consent(work, who, Purpose.EXPERTS, 1, given=True)
            check = perceive.take_indoor(work, self.desk.home.blobs, who, hose()).check
            why = (
                Reason("tags", 1.0, 0.35, "标签相符 1/1（隐患图片）", "1/1 tags"),
                Reason("grade", 0.2, 0.02, "C级专家", "grade C"),
            )
            made = Pooled(
                work.ids.new(), work.tenant_id, check.id, self.desk.ids[login], 0.37, why, PoolState.WAITING, work.now()
            )
            assert talk_store.show(work, made)
        return str(made.id)

    def answered_elsewhere(self, pool_id: str) -> None:
        """Let somebody of the gas company have judged a picture: whoever sees it still comes too late."""
        with self.desk.home.work() as work:
            found = talk_store.pooled_by_ids(work, [UUID(pool_id)])[0]
            perceive.review_indoor(work, self.root(), found.check_id, matches=False, seen=[])

    def waiting(self, login: str) -> int:
        with self.desk.home.work() as work:
            return matching_pool.judged(work, self.actor(work, login)).waiting


def hose() -> bytes:
    """Draw a stove and its hose, another each time."""
    noise = np.random.default_rng(uuid4().int % 2**32)
    drawn = np.full((480, 640, 3), 200, np.uint8) + noise.integers(0, 12, (480, 640, 3), np.uint8)
    cv2.rectangle(drawn, (330, 250), (610, 420), (90, 95, 100), -1)
    cv2.rectangle(drawn, (40, 60), (90, 460), (150, 150, 155), -1)
    curve = [(90, 300), (160, 380), (240, 330), (330, 350)]
    cv2.polylines(drawn, [np.array(curve, np.int32)], isClosed=False, color=(40, 120, 190), thickness=14)
    return bytes(cv2.imencode(".jpg", drawn)[1])


def pack(*names: str) -> bytes:
    """Return a ZIP with a label for each name."""
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w") as archive:
        for name in names:
            archive.writestr(name, f'{{"name": "{name}", "salt": "{uuid4()}"}}')
    return made.getvalue()
