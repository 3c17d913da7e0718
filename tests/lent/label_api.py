"""Labelling over HTTP: what is there to ask about, what the matrix asks, and one right request an operation."""

from __future__ import annotations

import io
import json
import zipfile
from datetime import timedelta
from typing import TYPE_CHECKING, Any
from uuid import UUID, uuid4

import expert_api
import numpy as np
from market_api import NOTHING
from PIL import Image

from pipewarden.kit.blobs import BlobStore
from pipewarden.market.facts.commissions import Tool
from pipewarden.market.facts.labels import Answer, AnswerState, Item, ItemState, LabelKind
from pipewarden.market.service import labelling
from pipewarden.market.store import labels as store
from pipewarden.people.facts import Role

if TYPE_CHECKING:
    from pipewarden.kit.work import Work

OLD = {"matches": True, "hazards": ["hose_old"]}


def png(seed: int | None = None) -> bytes:
    """Return a small picture, another one each time where no seed is given."""
    out = io.BytesIO()
    dice = np.random.default_rng(uuid4().int % 2**32 if seed is None else seed)
    Image.fromarray(dice.integers(0, 255, (60, 80, 3), np.uint8)).save(out, "PNG")
    return out.getvalue()


def labelled(town: Any, work: Work, commission_id: UUID, **more: Any) -> Item:
    """Put a picture before the experts of a commission, past the service."""
    sha256 = BlobStore(town.home.blobs.root / labelling.FOLDER).put(b"\xff\xd8 masked")
    made = Item(
        work.ids.new(), work.tenant_id, commission_id, LabelKind.HAZARDS, sha256, 640, 480,
        f"test:{uuid4()}", work.now(), **more,
    )  # fmt: skip
    assert store.add_items(work, [made])
    return made


def drawn(work: Work, item_id: UUID, part_id: UUID, person_id: UUID, state: AnswerState = AnswerState.DRAWN) -> Answer:
    """Let somebody have drawn an item, past the service."""
    item = store.item(work, item_id)
    assert item is not None
    assert store.take(work, item_id, gold=True)
    made = Answer(
        work.ids.new(), work.tenant_id, item.commission_id, item_id, part_id, person_id,
        measures=False, drawn_at=work.now(), until=work.now() + timedelta(days=1), state=state,
    )  # fmt: skip
    assert store.add_answer(work, made)
    return made


class Things:
    """Settled items and turns that are over: of tenant A twice, of tenant B, and none."""

    def __init__(self, town: Any) -> None:
        there = expert_api.things(town)
        tenants = (town.a, town.a, town.b)
        self.commissions, self.parts, self.experts = there.commissions, there.parts, there.experts
        self.items = [self._item(town, *one) for one in zip(tenants, self.commissions, strict=False)]
        persons = [there.asker, town.person(Role.EXPERT), town.person(Role.EXPERT, tenant=town.b)]
        self.turns = [self._turn(town, *one) for one in zip(tenants, self.items, persons, strict=True)]
        self.items.append(NOTHING)
        self.turns.append(NOTHING)

    def _item(self, town: Any, tenant: UUID, commission: str) -> str:
        with town.at(tenant) as work:
            return str(labelled(town, work, UUID(commission), state=ItemState.SETTLED).id)

    def _turn(self, town: Any, tenant: UUID, item: str, who: Any) -> str:
        with town.at(tenant) as work:
            return str(drawn(work, UUID(item), work.ids.new(), who.id, AnswerState.WRONG).id)


def things(town: Any) -> Things:
    """Return what there is to ask about, made once a town."""
    if "label things" not in town.people:
        town.people["label things"] = Things(town)
    found: Things = town.people["label things"]
    return found


def _each(method: str, of: str, path: str, **more: Any) -> Any:
    def ask(town: Any, who: Any, _things: Any) -> list[str]:
        there = getattr(things(town), of)
        return [str(town.client.as_(who, method, path.format(one), **more).status_code) for one in there]

    return ask


def _mine(town: Any, who: Any, _things: Any) -> list[str]:
    things(town)
    return [str(town.client.as_(who, "GET", "/v1/me/labelling").status_code)]


def pack() -> bytes:
    """Return a ZIP with a picture."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as made:
        made.writestr("a.png", png())
    return out.getvalue()


_PACK = {"file": ("p.zip", pack(), "application/zip")}
_PICTURE = {"data": {"source": "mx"}, "files": {"picture": ("p.png", png(1), "image/png")}}
# what would change something is refused: commissions that are cancelled, items that settled, turns that are over
ASKS: dict[str, Any] = {
    "GET /v1/commissions/{commission_id}/labelling": _each("GET", "commissions", "/v1/commissions/{}/labelling"),
    "POST /v1/commissions/{commission_id}/items": _each(
        "POST", "commissions", "/v1/commissions/{}/items", json={"source": "s", "words": "w"}
    ),
    "POST /v1/commissions/{commission_id}/pictures": _each(
        "POST", "commissions", "/v1/commissions/{}/pictures", **_PICTURE
    ),
    "POST /v1/commissions/{commission_id}/imports": _each(
        "POST", "commissions", "/v1/commissions/{}/imports", data={"format": "pictures"}, files=_PACK
    ),
    "POST /v1/labelling/items/{item_id}/gold": _each("POST", "items", "/v1/labelling/items/{}/gold", json={}),
    "GET /v1/commissions/{commission_id}/items": _each("GET", "commissions", "/v1/commissions/{}/items"),
    "GET /v1/commissions/{commission_id}/agreement": _each("GET", "commissions", "/v1/commissions/{}/agreement"),
    "GET /v1/commissions/{commission_id}/labels": _each("GET", "commissions", "/v1/commissions/{}/labels"),
    "GET /v1/labelling/items/{item_id}": _each("GET", "items", "/v1/labelling/items/{}"),
    "GET /v1/labelling/items/{item_id}/picture": _each("GET", "items", "/v1/labelling/items/{}/picture"),
    "POST /v1/labelling/items/{item_id}/review": _each(
        "POST", "items", "/v1/labelling/items/{}/review", json={"verdict": "fix", "said": {"matches": False}}
    ),
    "GET /v1/engagements/{engagement_id}/labelling": _each("GET", "parts", "/v1/engagements/{}/labelling"),
    "POST /v1/engagements/{engagement_id}/next": _each("POST", "parts", "/v1/engagements/{}/next"),
    "POST /v1/experts/{person_id}/look": _each("POST", "experts", "/v1/experts/{}/look", json={"reason": "looked"}),
    "GET /v1/me/labelling": _mine,
    "POST /v1/labelling/turns/{answer_id}/answer": _each(
        "POST", "turns", "/v1/labelling/turns/{}/answer", json={"matches": False}
    ),
    "POST /v1/labelling/turns/{answer_id}/hand-back": _each("POST", "turns", "/v1/labelling/turns/{}/hand-back"),
    "GET /v1/labelling/turns/{answer_id}/picture": _each("GET", "turns", "/v1/labelling/turns/{}/picture"),
}


def fuzzed(town: Any) -> dict[str, dict[str, Any]]:
    """Return one request per operation that is right, on objects that are there; each part as the fuzz names it."""
    who = expert_api.registered(town, town.person(Role.EXPERT))
    town.people["fuzz labeller"] = who
    disputed, draws = expert_api.published(town, tool=Tool.PLAN_REVIEW), expert_api.published(town)
    part = expert_api.engaged(town, draws, who)
    with town.at(town.a) as work:
        seen, fixed, answerable, back, known = (labelled(town, work, draws.id) for _ in range(5))
        turn = {"answer_id": str(drawn(work, answerable.id, part.id, who.id).id)}
        other = {"answer_id": str(drawn(work, back.id, part.id, who.id).id)}
    mine = {"who": "fuzz labeller"}
    at = {"path": {"commission_id": str(draws.id)}}
    form = "multipart/form-data"
    return {
        "GET /v1/commissions/{commission_id}/labelling": at,
        "POST /v1/commissions/{commission_id}/items": {
            "path": {"commission_id": str(disputed.id)},
            "body": {"source": "plan-7", "words": "5 m 外可否机械开挖"},
        },
        "POST /v1/commissions/{commission_id}/pictures": at
        | {"body": {"picture": png(), "source": "fz", "gold": json.dumps(OLD)}, "media": form},
        "POST /v1/commissions/{commission_id}/imports": at
        | {"body": {"file": pack(), "format": "pictures"}, "media": form},
        "POST /v1/labelling/items/{item_id}/gold": {"path": {"item_id": str(known.id)}, "body": {"said": OLD}},
        "GET /v1/commissions/{commission_id}/items": at | {"query": {"limit": 2}},
        "GET /v1/commissions/{commission_id}/agreement": at,
        "GET /v1/commissions/{commission_id}/labels": at | {"query": {"format": "coco"}},
        "GET /v1/labelling/items/{item_id}": {"path": {"item_id": str(seen.id)}},
        "GET /v1/labelling/items/{item_id}/picture": {"path": {"item_id": str(seen.id)}},
        "POST /v1/labelling/items/{item_id}/review": {
            "path": {"item_id": str(fixed.id)},
            "body": {"verdict": "fix", "said": {"matches": False}},
        },
        "GET /v1/engagements/{engagement_id}/labelling": mine | {"path": {"engagement_id": str(part.id)}},
        "POST /v1/engagements/{engagement_id}/next": mine | {"path": {"engagement_id": str(part.id)}},
        "POST /v1/experts/{person_id}/look": {
            "who": "platform_admin",
            "path": {"person_id": str(who.id)},
            "body": {"reason": "looked"},
        },
        "GET /v1/me/labelling": mine | {"query": {"limit": 2}},
        "POST /v1/labelling/turns/{answer_id}/answer": mine | {"path": turn, "body": OLD},
        "POST /v1/labelling/turns/{answer_id}/hand-back": mine | {"path": other},
        "GET /v1/labelling/turns/{answer_id}/picture": mine | {"path": turn},
    }
