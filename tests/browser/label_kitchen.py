"""A bench for labels beside the desk's city: commissions that run, experts who work for them, and pictures."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import timedelta
from typing import TYPE_CHECKING, Any
from uuid import UUID, uuid4

import cv2
import numpy as np

from pipewarden.ledger.facts import Asset
from pipewarden.market.facts.commissions import Acceptance, Tool
from pipewarden.market.facts.experts import Expert, Grade
from pipewarden.market.facts.labels import Answer, AnswerState, Guess, Item, ItemState, Said, Shape, ShapeKind
from pipewarden.market.service import budgets, commissions, engagements, labelling_adding, labelling_items
from pipewarden.market.service.commissions import Wish
from pipewarden.market.store import experts as expert_store
from pipewarden.market.store import labels as label_store
from pipewarden.people import service as people
from pipewarden.people.facts import PLATFORM, Role
from pipewarden.people.facts.privacy import Purpose
from pipewarden.perceive import service as perceive

if TYPE_CHECKING:
    from desk_town import DeskTown

    from pipewarden.market.facts.commissions import Commission, Engagement

YUAN = 10_000
HOSE = Shape(ShapeKind.BOX, "hose_old", ((0.55, 0.2), (0.72, 0.85)))


def kitchen(seed: int = 0) -> bytes:
    """Draw a kitchen's corner with a yellow pipe and a worn hose: something to see marks on."""
    pixels = np.full((480, 720, 3), (205, 212, 216), np.uint8)
    cv2.rectangle(pixels, (0, 330), (720, 480), (150, 165, 175), -1)
    cv2.rectangle(pixels, (150, 0), (186, 330), (60, 190, 225), -1)
    cv2.rectangle(pixels, (140, 150), (196, 190), (90, 95, 100), -1)
    curve = np.array([[430, 110], [470, 180], [455, 260], [500, 330], [490, 400]], np.int32)
    cv2.polylines(pixels, [curve], isClosed=False, color=(70, 75, 60 + seed % 60), thickness=22)
    cv2.putText(pixels, f"no. {seed}", (560, 60), cv2.FONT_HERSHEY_SIMPLEX, 0.8, (90, 90, 90), 2)
    return bytes(cv2.imencode(".jpg", pixels)[1].tobytes())


@dataclass(slots=True)
class Bench:
    """Makes labelling work happen in the desk's city, through the services."""

    desk: DeskTown

    def published(self, **more: Any) -> Commission:
        """Publish a commission whose budget was paid in before."""
        root = people.operator(self.desk.home.tenant_id)
        with self.desk.home.work() as work:
            values: dict[str, Any] = {
                "title": f"户内隐患图片标注 {uuid4().hex[:4]}",
                "words": "请框出老化的软管；没有隐患的图也请提交。",
                "tags": frozenset({"隐患图片", "标注"}),
                "tool": Tool.LABELLING,
                "online": True,
                "price": 1300,
                "volume": 100,
                "budget": 13 * YUAN,
                "overlap": 1,
                "due": work.now() + timedelta(days=9),
                "acceptance": Acceptance(4, 1, 0.01, ""),
            }
            made = commissions.draft(work, root, Wish(**values | more))
            number, day = f"L-{uuid4().hex[:8]}", work.now().date()
            budgets.deposit(work, root, Asset.CNY, made.budget, number=number, value_date=day)
            return commissions.publish(work, root, made.id)

    def expert(self, name: str) -> str:
        """Return the login of an expert; registered at the first question."""
        login = self.desk.login(Role.EXPERT, name=name)
        with self.desk.home.factory.begin(PLATFORM) as work:
            if expert_store.one(work, self.desk.ids[login]) is None:
                made = Expert(
                    self.desk.ids[login], self.desk.home.tenant_id, Grade.B, "华北设计院", "燃气工程师",
                    frozenset({"软管老化"}), "", available=True, price_floor=None, conflicts=frozenset(),
                    stars=0, ratings=0, since=work.now(),
                )  # fmt: skip
                expert_store.add(work, made)
        return login

    def part(self, commission: Commission, login: str, *, volume: int | None = None) -> Engagement:
        """Let an expert apply for a commission, and the client agree."""
        with self.desk.home.work() as work:
            actor = people.actor_of(work, self.desk.ids[login])
            assert actor is not None
            made = engagements.apply(work, actor, commission.id, price=None, volume=volume)
            return engagements.agree(work, people.operator(commission.tenant_id), made.id)

    def picture(self, commission: Commission, seed: int = 0, **more: Any) -> Item:
        """Put a drawn picture before the experts, masked as any other."""
        new = labelling_adding.NewItem(more.pop("source", f"厨房-{seed}.jpg"), **more)
        showing = perceive.masked(self.desk.app.state.lens)
        root = people.operator(commission.tenant_id)
        with self.desk.home.work() as work:
            return labelling_adding.add_picture(
                work, root, commission.id, new, picture=kitchen(seed), blobs=self.desk.home.blobs, showing=showing
            )

    def gold(self, commission: Commission, seed: int = 0) -> Item:
        """Put gold before them: the hose is old, and that is known."""
        truth = Said(matches=True, hazards=("hose_old",))
        return self.picture(commission, seed, gold=truth, reason="管身发硬、有裂纹。")

    def guessed(self, commission: Commission, seed: int = 0) -> Item:
        """Put a picture before them with what a model makes of it."""
        said = Said(matches=True, hazards=("hose_old",), shapes=(HOSE,))
        return self.picture(commission, seed, guess=Guess(said, "hazard-screen@3", 0.62))

    def dispute(self, commission: Commission, words: str) -> Item:
        """Put a disputed plan before them."""
        root = people.operator(commission.tenant_id)
        with self.desk.home.work() as work:
            return labelling_adding.add_dispute(
                work, root, commission.id, labelling_adding.NewItem(f"方案-{uuid4().hex[:4]}", words)
            )

    def sent(self, name: str, *, agrees: bool) -> str:
        """Let somebody have sent a picture of their home, with or without leave that experts see it; return its id."""
        login = self.desk.login(Role.COMMERCIAL_USER, name=name)
        with self.desk.home.work() as work:
            sender = people.actor_of(work, self.desk.ids[login])
            assert sender is not None
            if agrees:
                people.say_consent(work, sender, Purpose.EXPERTS, 1, given=True)
            return str(perceive.take_indoor(work, self.desk.home.blobs, sender, kitchen(40 + agrees)).check.id)

    def answers(self, item_id: UUID) -> list[Any]:
        """Return what was answered about an item."""
        with self.desk.home.work() as work:
            return list(labelling_items.item(work, people.operator(work.tenant_id), item_id).answers)

    def disagree(self, commission: Commission, item_id: str, names: tuple[str, ...]) -> list[str]:
        """Let people have answered an item each in another way, and return who."""
        said = [Said(matches=True, hazards=("hose_old",), shapes=(HOSE,)), Said(matches=False)]
        logins = [self.expert(one) for one in names]
        for login, answer in zip(logins, said, strict=True):
            part = self.part(commission, login, volume=10)
            with self.desk.home.work() as work:
                made = Answer(
                    work.ids.new(), work.tenant_id, commission.id, UUID(item_id), part.id, self.desk.ids[login],
                    measures=False, drawn_at=work.now(), until=work.now() + timedelta(days=1), state=AnswerState.GIVEN,
                    said=answer, given_at=work.now(), tries=1,
                )  # fmt: skip
                assert label_store.take(work, made.item_id, gold=True)
                assert label_store.add_answer(work, made)
        return logins

    def fail(self, commission: Commission, login: str, picture: Item, times: int = 8) -> None:
        """Let somebody have been wrong about so many gold items that they are stopped."""
        truth = Said(matches=True, hazards=("hose_old",))
        with self.desk.home.work() as work:
            for n in range(times):
                item = replace(picture, id=work.ids.new(), source=f"gold-{n}-{uuid4().hex[:4]}", gold=truth, told=True,
                               settled=truth, settled_at=work.now(), state=ItemState.SETTLED)  # fmt: skip
                assert label_store.add_items(work, [item])
                made = Answer(
                    work.ids.new(), work.tenant_id, commission.id, item.id, work.ids.new(), self.desk.ids[login],
                    measures=True, drawn_at=work.now(), until=work.now(), state=AnswerState.WRONG, right_first=False,
                    said=Said(matches=False), given_at=work.now(), tries=2,
                )  # fmt: skip
                assert label_store.add_answer(work, made)
