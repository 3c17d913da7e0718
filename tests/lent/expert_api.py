"""Experts and commissions over HTTP: what is there to ask about, and one right request an operation."""

from __future__ import annotations

import io
import zipfile
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import cv2
import numpy as np
from market_api import NOTHING

from pipewarden.kit.blobs import BlobStore
from pipewarden.ledger.facts import Asset
from pipewarden.market.facts.commissions import (
    Acceptance,
    Commission,
    Delivery,
    DeliveryState,
    Engagement,
    EngagementState,
    Tool,
)
from pipewarden.market.facts.experts import Expert, Grade
from pipewarden.market.facts.talks import Pooled, PoolState
from pipewarden.market.service import budgets, commissions, deliveries, engagements, engaging, experts_joining
from pipewarden.market.service.commissions import Wish
from pipewarden.market.store import commissions as store
from pipewarden.market.store import deliveries as delivery_store
from pipewarden.market.store import experts as expert_store
from pipewarden.market.store import talks
from pipewarden.people import service as people
from pipewarden.people.facts import PLATFORM, Role
from pipewarden.people.facts.privacy import Purpose

YUAN = 10_000
NO_TOKEN = "0" * 32  # nobody's
PROFILE = {"employer": "华北设计院", "job": "燃气工程师", "tags": ["软管老化"], "words": "检查软管八年"}
PASSWORD = "Kein Bagger am Rohr 7"  # noqa: S105  of made-up people in a database that is thrown away


def wish(town: Any, **more: Any) -> Wish:
    """Return what a client says of a commission."""
    due = town.home.factory.clock.now() + timedelta(days=9)
    values: dict[str, Any] = {
        "title": f"户内隐患标注 {uuid4().hex[:6]}",
        "words": "标出软管老化",
        "tags": frozenset({"软管老化"}),
        "tool": Tool.LABELLING,
        "online": True,
        "price": 1300,
        "volume": 100,
        "budget": 13 * YUAN,
        "overlap": 1,
        "due": due,
        "acceptance": Acceptance(4, 1, 0.01, ""),
    }
    return Wish(**values | more)


def body(town: Any, **more: Any) -> dict[str, Any]:
    """Return the same as a request says it."""
    due = town.home.factory.clock.now() + timedelta(days=9)
    made = {
        "title": "户内隐患标注",
        "words": "标出软管老化",
        "tags": ["软管老化"],
        "tool": "labelling",
        "price": "0.13",
        "volume": 150_000,
        "budget": "19468",
        "due": due.isoformat(),
    }
    return made | more


def registered(town: Any, who: Any = None, *, conflicts: frozenset[str] = frozenset(), tenant: UUID = PLATFORM) -> Any:
    """Let somebody be an expert, at the platform or of a tenant's invitation; return who."""
    who = who or town.person(Role.EXPERT)
    with town.at(PLATFORM) as work:
        made = Expert(
            who.id, tenant, Grade.C, "院", "工", frozenset({"软管老化"}), "", available=True, price_floor=None,
            conflicts=conflicts, stars=0, ratings=0, since=work.now(),
        )  # fmt: skip
        expert_store.add(work, made)
    return who


def published(town: Any, tenant: UUID | None = None, **more: Any) -> Commission:
    """Publish a commission of a tenant, whose purse gets its budget before."""
    tenant = tenant or town.a
    root = people.operator(tenant)
    with town.at(tenant) as work:
        made = commissions.draft(work, root, wish(town, **more))
        number, day = str(uuid4()), work.now().date()
        budgets.deposit(work, root, Asset.CNY, made.budget, number=number, value_date=day)
        return commissions.publish(work, root, made.id)


def engaged(town: Any, commission: Commission, who: Any) -> Engagement:
    """Let an expert have asked and the client have agreed."""
    part = applied(town, commission, who)
    with town.at(commission.tenant_id) as work:
        return engagements.agree(work, people.operator(commission.tenant_id), UUID(part))


def applied(town: Any, commission: Commission, who: Any) -> str:
    answer = town.client.as_(who, "POST", f"/v1/hall/{commission.id}/applications", json={})
    assert answer.status_code == 201, answer.text
    return str(answer.json()["id"])


def pack(*names: str, more: bytes = b"") -> bytes:
    """Return a ZIP with a label for each name, and a picture of so many bytes for the first."""
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w") as archive:
        for name in names or ("0001.json",):
            archive.writestr(name, f'{{"name": "{name}", "salt": "{uuid4()}"}}')
        if more:
            archive.writestr(Path(names[0]).with_suffix(".jpg").name, more)
    return made.getvalue()


def delivered(town: Any, commission: Commission, part: Engagement, who: Any, *names: str) -> Delivery:
    """Let an expert deliver; return it."""
    with town.at(commission.tenant_id) as work:
        actor = people.actor_of(work, who.id)
        assert actor is not None
        return deliveries.deliver(work, town.home.blobs, actor, part.id, pack(*names))


class Things:
    """Commissions, parts, deliveries, experts, links and shown pictures: of tenant A twice, of tenant B, and none."""

    def __init__(self, town: Any) -> None:
        self.asker = registered(town, town.who("expert"), conflicts=frozenset({str(town.a), str(town.b)}))
        tenants = (town.a, town.a, town.b)
        self.commissions = [*(self._over(town, one) for one in tenants), NOTHING]
        self.live = [*(str(published(town, one).id) for one in tenants), NOTHING]
        persons = [self.asker, registered(town), registered(town, tenant=town.b)]
        self.parts = [*(self._part(town, *one) for one in zip(tenants, self.commissions, persons, strict=False))]
        self.deliveries = [self._delivery(town, *one) for one in zip(tenants, self.parts, persons, strict=True)]
        self.parts.append(NOTHING)
        self.deliveries.append(NOTHING)
        own = [registered(town, tenant=one) for one in tenants]
        self.experts = [*(str(one.id) for one in own), NOTHING]
        for one, tenant in zip(own, tenants, strict=True):
            with town.at(tenant) as work:
                experts_joining.verify(work, people.operator(tenant), one.id, how="saw the card")
        self.links = [*(self._link(town, one) for one in tenants), NOTHING]
        self.pool = [self._shown(town, one.id) for one in (self.asker, persons[1], persons[2])] + [NOTHING]

    def _over(self, town: Any, tenant: UUID) -> str:
        """Write a draft and cancel it: nothing more can happen to it."""
        with town.at(tenant) as work:
            made = commissions.draft(work, people.operator(tenant), wish(town))
            commissions.cancel(work, people.operator(tenant), made.id, "nobody is to change it")
        return str(made.id)

    def _part(self, town: Any, tenant: UUID, commission: str, who: Any) -> str:
        with town.at(tenant) as work:
            made = Engagement(
                work.ids.new(), tenant, UUID(commission), who.id, EngagementState.LEFT, 1300, 5, 0.5, (), work.now()
            )
            assert store.add_engagement(work, made)
        return str(made.id)

    def _delivery(self, town: Any, tenant: UUID, part: str, who: Any) -> str:
        content = pack("1.json")
        sha256 = BlobStore(town.home.blobs.root / deliveries.FOLDER).put(content)
        with town.at(tenant) as work:
            found = store.engagement(work, store.anybodys(), UUID(part))
            assert found is not None
            made = Delivery(
                work.ids.new(), tenant, found.commission_id, found.id, who.id, sha256, len(content), ("1",),
                early=False, words="", state=DeliveryState.REJECTED, at=work.now(),
            )  # fmt: skip
            delivery_store.add(work, made)
        return str(made.id)

    def _link(self, town: Any, tenant: UUID) -> str:
        with town.at(tenant) as work:
            root, token = people.operator(tenant), uuid4().hex
            made = experts_joining.make_link(work, root, token, words="来吧", tags=frozenset(), days=1, most=1)
            experts_joining.end_link(work, root, made.id)
        return str(made.id)

    def _shown(self, town: Any, person: UUID) -> str:
        with town.at(town.a) as work:
            made = Pooled(work.ids.new(), town.a, work.ids.new(), person, 0.5, (), PoolState.OVER, work.now())
            assert talks.show(work, made)
        return str(made.id)


def things(town: Any) -> Things:
    """Return what there is to ask about, made once a town."""
    if "expert things" not in town.people:
        town.people["expert things"] = Things(town)
    found: Things = town.people["expert things"]
    return found


def shown(town: Any, who: Any) -> str:
    """Let a resident's picture be shown to an expert; return it as the expert names it."""
    sender = town.person(Role.RESIDENT)
    drawn = np.random.default_rng(uuid4().int % 2**32).integers(0, 255, (60, 80, 3), np.uint8)
    picture = bytes(cv2.imencode(".png", drawn)[1])
    files = {"picture": ("p.png", picture, "image/png")}
    sent = town.client.as_(sender, "POST", "/v1/indoor/checks", files=files)
    assert sent.status_code in {200, 201, 202}, sent.text
    consent = {"purpose": Purpose.EXPERTS.value, "version": 1, "given": True}
    assert town.client.as_(sender, "POST", "/v1/me/consents", json=consent).status_code == 201
    with town.at(town.a) as work:
        made = Pooled(work.ids.new(), town.a, UUID(sent.json()["id"]), who.id, 0.5, (), PoolState.WAITING, work.now())
        assert talks.show(work, made)
    return str(made.id)


def fuzzed(town: Any) -> dict[str, dict[str, Any]]:
    """Return one request per operation that is right, on objects that are there; each part as the fuzz names it."""
    who = registered(town, town.person(Role.EXPERT))
    town.people["fuzz expert"] = who
    root = people.operator(town.a)
    with town.at(town.a) as work:
        draft, spare = (commissions.draft(work, root, wish(town)) for _ in range(2))
        budgets.deposit(work, root, Asset.CNY, 13 * YUAN, number=str(uuid4()), value_date=work.now().date())
        tokens = [uuid4().hex for _ in range(3)]
        links = [
            experts_joining.make_link(work, root, one, words="来吧", tags=frozenset(), days=9, most=900)
            for one in tokens
        ]
    live, over, done, offered, asked, refused, finished = (published(town) for _ in range(7))
    ran = engaged(town, done, who)
    with town.at(town.a) as work:
        engaging.charge(work, ran.id, ["1", "2"])
    off = published(town, online=False, tool=Tool.OFFLINE)
    part = engaged(town, off, who)
    judged = engaged(town, published(town, online=False, tool=Tool.OFFLINE), who)
    with town.at(town.a) as work:
        whole = store.one(work, store.anywhere(), judged.commission_id)
        assert whole is not None
    handed = delivered(town, whole, judged, who, "1.json")
    rated = engaged(town, published(town), who)
    with town.at(town.a) as work:
        engagements.finish(work, root, rated.id)
    old = published(town)
    with town.at(town.a) as work:
        ended = commissions.cancel(work, root, old.id, "fuzz")
    picture, answered, aside = (shown(town, who) for _ in range(3))
    mine = {"who": "fuzz expert"}
    admin = {"who": "tenant_admin"}
    other = str(registered(town).id)
    at = {"commission_id": str(live.id)}
    in_hall = {"path": {"commission_id": str(live.id)}} | mine
    deliveries_of = {"path": {"engagement_id": str(judged.id), "delivery_id": str(handed.id)}}
    return {
        "POST /v1/experts/links": admin | {"body": {"words": "来吧"}},
        "GET /v1/experts/links": admin | {"query": {"limit": 2}},
        "POST /v1/experts/links/{link_id}/end": admin | {"path": {"link_id": str(links[1].id)}},
        "GET /v1/experts/invitations/{token}": {"who": "", "path": {"token": tokens[0]}},
        "POST /v1/experts/invitations/{token}": {
            "who": "",
            "path": {"token": tokens[0]},
            "body": PROFILE | {"login": f"fz-{uuid4().hex[:8]}", "name": "F", "password": PASSWORD},
        },
        "POST /v1/me/expert": mine | {"body": PROFILE},
        "GET /v1/me/expert": mine,
        "PUT /v1/me/expert": mine | {"body": PROFILE},
        "GET /v1/experts": {"query": {"limit": 2}},
        "GET /v1/experts/{person_id}": {"path": {"person_id": other}},
        "POST /v1/experts/{person_id}/verify": {
            "who": "platform_admin",
            "path": {"person_id": other},
            "body": {"how": "saw the card"},
        },
        "POST /v1/commissions": {"body": body(town)},
        "GET /v1/commissions": {"query": {"limit": 2, "state": "draft"}},
        "GET /v1/commissions/{commission_id}": {"path": at},
        "PUT /v1/commissions/{commission_id}": {"path": {"commission_id": str(spare.id)}, "body": body(town)},
        "POST /v1/commissions/{commission_id}/publish": admin | {"path": {"commission_id": str(draft.id)}},
        "POST /v1/commissions/{commission_id}/cancel": {
            "path": {"commission_id": str(over.id)},
            "body": {"reason": "fuzz"},
        },
        "POST /v1/commissions/{commission_id}/accept": {"path": {"commission_id": str(done.id)}, "body": {}},
        "POST /v1/commissions/{commission_id}/rating": {
            "path": {"commission_id": str(ended.id)},
            "body": {"stars": 5, "said": "好"},
        },
        "GET /v1/commissions/{commission_id}/matches": {"path": at, "query": {"limit": 2}},
        "POST /v1/commissions/{commission_id}/offers": {
            "path": {"commission_id": str(offered.id)},
            "body": {"person_id": other, "volume": 3, "price": "0.18"},
        },
        "GET /v1/hall": mine | {"query": {"limit": 2}},
        "GET /v1/hall/{commission_id}": in_hall,
        "POST /v1/hall/{commission_id}/applications": in_hall | {"body": {"volume": 3}},
        "GET /v1/me/engagements": mine | {"query": {"limit": 2}},
        "POST /v1/engagements/{engagement_id}/agree": {"path": {"engagement_id": applied(town, asked, who)}},
        "POST /v1/engagements/{engagement_id}/refuse": {
            "path": {"engagement_id": applied(town, refused, who)},
            "body": {"reason": "fuzz"},
        },
        "POST /v1/engagements/{engagement_id}/finish": {
            "path": {"engagement_id": str(engaged(town, finished, who).id)},
            "body": {},
        },
        "POST /v1/engagements/{engagement_id}/rating": {
            "path": {"engagement_id": str(rated.id)},
            "body": {"stars": 4},
        },
        "GET /v1/engagements/{engagement_id}/deliveries": mine | {"path": {"engagement_id": str(judged.id)}},
        "POST /v1/engagements/{engagement_id}/deliveries": mine
        | {
            "path": {"engagement_id": str(part.id)},
            "body": {"file": pack("1.json"), "words": "第一批"},
            "media": "multipart/form-data",
        },
        "POST /v1/engagements/{engagement_id}/deliveries/{delivery_id}/judgement": deliveries_of
        | {"body": {"items": [{"name": "1", "right": True}]}},
        "GET /v1/engagements/{engagement_id}/deliveries/{delivery_id}/file": deliveries_of,
        "GET /v1/commissions/{commission_id}/talks": {"path": at},
        "GET /v1/commissions/{commission_id}/talks/{person_id}": {"path": at | {"person_id": str(who.id)}},
        "POST /v1/commissions/{commission_id}/talks/{person_id}": {
            "path": at | {"person_id": str(who.id)},
            "body": {"words": "您好"},
        },
        "GET /v1/hall/{commission_id}/talk": in_hall | {"query": {"limit": 2}},
        "POST /v1/hall/{commission_id}/talk": in_hall | {"body": {"words": "您好"}},
        "GET /v1/me/pool": mine,
        "GET /v1/me/pool/{pool_id}/picture": mine | {"path": {"pool_id": picture}},
        "POST /v1/me/pool/{pool_id}/answer": mine | {"path": {"pool_id": answered}, "body": {"matches": False}},
        "POST /v1/me/pool/{pool_id}/aside": mine | {"path": {"pool_id": aside}},
    }
