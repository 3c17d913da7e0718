"""A foundry in a market town: an author, reviewers, a manager; pictures of flat colours, nets that see colours."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import cv2
import numpy as np
from sqlalchemy import text

from pipewarden.inference.facts import Detections, ModelRef
from pipewarden.kit.errors import InputError, PipewardenError, UnavailableError
from pipewarden.market.adapters.runners import (
    ExampleRunner,
    KnowledgeRunner,
    ModelRunner,
    Nets,
    PictureLooker,
    RuleRunner,
)
from pipewarden.market.facts.experts import Expert, Grade
from pipewarden.market.facts.foundry import Act, Ask, Kind, Purpose, Runnable, Said
from pipewarden.market.service import foundry, foundry_evaluating, foundry_examples, foundry_life, invoking
from pipewarden.market.service.invoking import Request
from pipewarden.market.service.runners import Runners
from pipewarden.market.store import experts, foundry_calls
from pipewarden.market.store import foundry as store
from pipewarden.market.store.foundry_policy import shipped_foundry
from pipewarden.people import service as people
from pipewarden.people.facts import PLATFORM, NewMembership, Role
from pipewarden.perceive import service as perceive
from pipewarden.sense.facts import Decoded

if TYPE_CHECKING:
    from collections.abc import Sequence
    from uuid import UUID

    from market_town import MarketTown

    from pipewarden.kit.work import Work
    from pipewarden.market.facts.foundry import Call, Line, Version
    from pipewarden.people.facts import Actor

PRICE = 1300
RULE: dict[str, Any] = {
    "fields": [
        {"id": "distance", "type": "number", "zh": "与管道距离", "unit": "m"},
        {"id": "digging", "type": "truth", "zh": "正在开挖"},
        {"id": "ground", "type": "word", "zh": "地面", "words": ["asphalt", "soil"]},
    ],
    "rules": [
        {
            "when": [{"field": "distance", "is": "<", "than": 0.5}, {"field": "digging", "is": "=", "than": True}],
            "then": "stop",
            "zh": "立即停工",
            "en": "stop at once",
            "clause": "GB 55009-2021 5.1.6",
        },
        {
            "when": [{"field": "distance", "is": "<=", "than": 5}],
            "then": "plan",
            "zh": "须有保护方案",
            "en": "a protection plan is needed",
        },
    ],
    "otherwise": "nothing",
    "cases": [
        {"given": {"distance": 0.3, "digging": True, "ground": "soil"}, "then": "stop"},
        {"given": {"distance": 0.3, "digging": False, "ground": "soil"}, "then": "plan"},
        {"given": {"distance": 9, "digging": True, "ground": "asphalt"}, "then": "nothing"},
    ],
}
KNOWLEDGE: dict[str, Any] = {
    "text": "最小保护范围内不得建设建筑物、不得开挖。",
    "clauses": [
        {
            "id": "range",
            "law": "GB 55009-2021",
            "article": "5.1.6",
            "text": "最小保护范围 0.5 米",
            "since": "2022-01-01",
        },
        {"id": "notice", "law": "燃气条例", "article": "37", "text": "开工前书面通知燃气企业", "since": "2016-02-06"},
    ],
    "cases": [
        {"question": "保护范围是几米？", "clauses": ["range"]},
        {"question": "要不要通知燃气企业？", "clauses": ["notice"]},
    ],
}
EXAMPLE: dict[str, Any] = {
    "labels": [{"id": "machine", "zh": "机械", "en": "machine"}, {"id": "lookalike", "zh": "形似", "en": "look-alike"}],
    "shows": "flat colours",
}
QUESTIONS: dict[str, Any] = {
    "task": "Look at the picture and answer each question.",
    "questions": [
        {"id": "rust", "zh": "有锈蚀吗？", "en": "is there rust?"},
        {"id": "cover", "zh": "被遮盖吗？", "en": "is it covered?"},
    ],
}
MODEL: dict[str, Any] = {"model": "verifier"}
CONTENTS = {
    Kind.RULE: RULE,
    Kind.KNOWLEDGE: KNOWLEDGE,
    Kind.EXAMPLE: EXAMPLE,
    Kind.QUESTIONS: QUESTIONS,
    Kind.MODEL: MODEL,
}
NEAR = {"distance": 0.3, "digging": True, "ground": "soil"}


def flat(red: int, green: int, blue: int, side: int = 24) -> bytes:
    """Return a PNG of one colour."""
    done, encoded = cv2.imencode(".png", np.full((side, side, 3), (blue, green, red), np.uint8))
    assert done
    return encoded.tobytes()


def coloured(number: int, *, machine: bool) -> bytes:
    """Return a picture of a label, each another one: machines are red, look-alikes blue."""
    strong, weak = 150 + number * 3 % 100, number * 7 % 60
    return flat(strong, weak, 10, side=20 + number) if machine else flat(10, weak, strong, side=20 + number)


class ColourNet:
    """Sees the colours of a crop, and by its size a little of which picture it is."""

    ref = ModelRef("look", "9", "0" * 64)
    side = 16

    def features(self, crops: Sequence[Any]) -> Any:
        rows = []
        for crop in crops:
            blue, green, red = (float(one) for one in crop.reshape(-1, 3).mean(axis=0))
            own = np.random.default_rng(int(blue * 7 + green * 131 + red * 1009)).normal(0, 0.9, 12)
            rows.append([(red - blue) / 160, green / 255, *own])
        return np.array(rows, np.float32)


class OneThing:
    """Sees one machine in the left half of every picture."""

    ref = ModelRef("screen", "9", "1" * 64)
    classes = ("machine",)
    thresholds: dict[str, float] = {"machine": 0.5}  # noqa: RUF012  a fake's own

    def detect(self, pixels: Any) -> Detections:
        rows, columns = pixels.shape[:2]
        boxes = np.array([[0, 0, columns / 2, rows]], np.float32)
        return Detections(boxes, np.array([0.75], np.float32), np.array([0]))


class Kinds:
    ref = ModelRef("type", "9", "2" * 64)

    def classify(self, features: Any) -> list[tuple[str, float]]:
        return [("excavator" if row[0] > 0 else "other", 0.9) for row in features]


class Gate:
    ref = ModelRef("verifier", "9", "3" * 64)
    gate = 0.5

    def machine(self, looks: Any) -> list[float]:
        return [0.9 if row[0] > 0 else 0.1 for row in looks]


NETS = Nets(OneThing(), ColourNet(), Kinds(), Gate())


class Decoder:
    """Decodes the tests' own pictures here; what is none is refused as next door."""

    def decode(self, picture: bytes, *, name: str, wanted: tuple[int, int]) -> Decoded:
        _ = wanted
        pixels = cv2.imdecode(np.frombuffer(picture, np.uint8), cv2.IMREAD_COLOR) if picture else None
        if pixels is None:
            raise InputError(field=name, problem="is no picture", fix="Send one.")
        return Decoded(np.asarray(pixels, np.uint8), pixels.shape[1], pixels.shape[0], 1.0, 1.0)


@dataclass(slots=True)
class Stranger:
    """A slow runner in the place of a vision model: rust where it is red; it breaks while ``down``."""

    down: bool = False
    asked: int = 0
    slow: bool = True

    def check(self, runnable: Runnable, ask: Ask) -> None:
        _ = runnable
        if not ask.picture:
            raise InputError(field="picture", problem="is missing", fix="Send one.")

    def run(self, runnable: Runnable, ask: Ask) -> Said:
        self.asked += 1
        if self.down:
            raise UnavailableError(field="capability", problem="timeout: nobody answers", fix="Ask again later.")
        pixels = Decoder().decode(ask.picture or b"", name="picture", wanted=(1, 1)).pixels
        red = bool(pixels[..., 2].mean() > pixels[..., 0].mean())
        return Said(
            {"answers": {"rust": "yes" if red else "no", "cover": "unclear"}}, by=f"stranger of {runnable.name}"
        )


def runners(stranger: Stranger | None = None) -> Runners:
    """Return runners over the fakes above."""
    decoder: Any = Decoder()
    return Runners(
        {
            Kind.EXAMPLE: ExampleRunner(lambda: NETS, decoder),
            Kind.QUESTIONS: stranger or Stranger(),
            Kind.RULE: RuleRunner(),
            Kind.KNOWLEDGE: KnowledgeRunner(),
            Kind.MODEL: ModelRunner(lambda: NETS, decoder),
        },
        PictureLooker(lambda: NETS, decoder, perceive.only_masked(decoder)),
    )


def registered(work: Work, person_id: UUID, employer: str, *conflicts: str) -> None:
    """Register somebody as an expert of an employer, with what they named as conflicts."""
    made = Expert(
        person_id=person_id,
        tenant_id=work.tenant_id,
        grade=Grade.C,
        employer=employer,
        job="工程师",
        tags=frozenset(),
        words="",
        available=True,
        price_floor=None,
        conflicts=frozenset(conflicts),
        stars=0,
        ratings=0,
        since=work.now(),
    )
    assert experts.add(work, made)


@dataclass(slots=True)
class Foundry:
    """Builds capabilities step by step; each helper does one act as who may."""

    town: MarketTown
    stranger: Stranger = field(default_factory=Stranger)
    author: Actor = field(init=False)
    reviewers: tuple[Actor, Actor] = field(init=False)
    runners: Runners = field(init=False)
    made: int = 0

    def __post_init__(self) -> None:
        self.author = self.town.actor_of(Role.EXPERT)
        self.reviewers = (self.town.actor_of(Role.EXPERT), self.town.actor_of(Role.EXPERT))
        self.runners = runners(self.stranger)

    @property
    def work(self) -> Work:
        return self.town.work

    def build(self, kind: Kind, slug: str = "", content: dict[str, Any] | None = None) -> str:
        self.made += 1
        slug = slug or f"{kind.value}-{self.made}"
        actor = self.town.admin if kind is Kind.MODEL else self.author
        foundry.make_line(
            self.work, actor, slug=slug, kind=kind, title=f"能力 {slug}", content=content or CONTENTS[kind]
        )
        return slug

    def again(self, slug: str, content: dict[str, Any]) -> int:
        return foundry.make_version(self.work, self.author, slug, content).number

    def show(self, slug: str, picture: bytes, label: str, purpose: Purpose = Purpose.TRAIN, source: str = "") -> bool:
        _, fresh = foundry_examples.add_example(
            self.work, self.author, self.runners, slug, picture, label=label, purpose=purpose, source=source
        )
        return fresh

    def show_many(self, slug: str, each: int = 12, frozen: int = 8) -> None:
        for number in range(each + frozen):
            purpose = Purpose.TRAIN if number < each else Purpose.FROZEN
            self.show(slug, coloured(number, machine=True), "machine", purpose)
            self.show(slug, coloured(number, machine=False), "lookalike", purpose)

    def evaluate(self, slug: str, number: int = 1, *, again: bool = False) -> tuple[Version, int]:
        line = foundry.own_line(self.work, self.town.root, slug, foundry.MANAGE)
        actor = self.author if line.author_id == self.author.id else self.town.admin
        return foundry_evaluating.evaluate(self.work, actor, slug, number, again=again)

    def review(self, slug: str, number: int = 1, *who: Actor, accept: bool = True) -> Version:
        done: Version | None = None
        for one in who or self.reviewers:
            done = foundry_life.review(self.work, one, slug, number, accept=accept, words="looked at")
        assert done is not None
        return done

    def price(self, slug: str, number: int = 1, units: int = PRICE) -> Version:
        return foundry_life.set_price(self.work, self.town.admin, slug, number, units)

    def canary(self, slug: str, number: int = 1, percent: int = 50) -> Version:
        return foundry_life.try_as_canary(self.work, self.town.admin, slug, number, percent)

    def selling(self, kind: Kind = Kind.RULE, *, wanted: int = 100, budget: int = 100 * 10_000) -> str:
        """Build something that is sold as a canary, with a demand for it."""
        slug = self.build(kind)
        if kind is Kind.EXAMPLE:
            self.show_many(slug)
        self.evaluate(slug)
        self.review(slug)
        self.price(slug)
        self.canary(slug)
        self.demand(slug, wanted=wanted, budget=budget)
        return slug

    def live(self, kind: Kind = Kind.RULE, **more: int) -> str:
        """Build something that is live: its canary answered as many calls as the policy wants."""
        slug = self.selling(kind, **more)
        for number in range(shipped_foundry().canary.least_calls):
            self.call(slug, f"canary-{number}")
        foundry_life.go_live(self.work, self.town.admin, slug, 1)
        return slug

    def demand(self, slug: str, *, wanted: int = 100, budget: int = 100 * 10_000) -> None:
        self.made += 1
        self.town.deposit(budget)
        invoking.open_demand(self.work, self.town.admin, slug, f"需求 {self.made}", wanted=wanted, units=budget)

    def ask(self, slug: str, request_id: str, ask: Ask | None = None, **more: Any) -> Call | invoking.Unpaid:
        request = Request(request_id, ask or Ask(given=NEAR), **more)
        return invoking.invoke(self.work, self.town.manager, self.runners, slug, request)

    def call(self, slug: str, request_id: str, ask: Ask | None = None, **more: Any) -> Call:
        found = self.ask(slug, request_id, ask, **more)
        assert not isinstance(found, invoking.Unpaid), found.why.problem
        return found

    def answer(self) -> int:
        """Take the job's steps in the test's own transaction; return how many calls were answered or failed."""
        done = 0
        for _, call_id in foundry_calls.waiting(self.work, limit=99):
            taken = invoking.take(self.work, call_id)
            assert taken is not None
            try:
                outcome: Any = self.runners.of(taken.runnable.kind).run(taken.runnable, taken.ask)
            except PipewardenError as error:
                outcome = error
            done += invoking.settle(self.work, call_id, outcome) is not None
        return done

    def price_at_work(self, slug: str, units: int) -> None:
        """Let what is sold cost otherwise, as if it had been priced so."""
        self.work.session.execute(
            text(
                "UPDATE market_versions SET price = :units WHERE line_id = "
                "(SELECT id FROM market_lines WHERE slug = :slug AND tenant_id = :tenant)"
            ),
            {"units": units, "slug": slug, "tenant": self.work.tenant_id},
        )
        self.town.clock.advance(timedelta(seconds=1))

    def build_for(self, platform: Work, slug: str, content: dict[str, Any]) -> tuple[Line, Version]:
        """Let the author build for the platform."""
        own = people.actor_of(platform, self.platform_expert())
        assert own is not None
        return foundry.make_line(
            platform, replace(own, id=self.author.id), slug=slug, kind=Kind.KNOWLEDGE, title=slug, content=content
        )

    def platform_expert(self) -> UUID:
        """Make a person who is an expert of the platform."""
        one = self.town.person(Role.EXPERT, tenant=False)
        wanted = NewMembership(
            person_id=one.id,
            tenant_id=PLATFORM,
            role=Role.EXPERT,
            begins_at=self.town.clock.now() - timedelta(days=1),
        )
        people.grant(replace(self.work, tenant_id=PLATFORM), self.town.root, wanted)
        return one.id

    def sell_for(self, platform: Work, slug: str) -> None:
        """Bring the platform's version so far that it is live."""
        root = people.operator(PLATFORM)
        foundry_evaluating.evaluate(platform, root, slug, 1)
        for one in self.reviewers:
            other = people.actor_of(platform, self.platform_expert())
            assert other is not None
            foundry_life.review(platform, replace(other, id=one.id), slug, 1, accept=True, words="read")
        foundry_life.set_price(platform, root, slug, 1, PRICE)
        foundry_life.try_as_canary(platform, root, slug, 1, 50)
        line = store.line(platform, slug)
        assert line is not None
        version = store.versions(platform, line.id)[0]
        foundry.happened(platform, root, version, Act.LIVE, {})
