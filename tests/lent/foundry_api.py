"""Capabilities over HTTP: what is there to ask about, and one right request an operation."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import TYPE_CHECKING, Any
from uuid import uuid4

import foundry_town
from foundry_town import EXAMPLE, NEAR, RULE

from pipewarden.ledger.facts import Asset
from pipewarden.market.facts.foundry import Ask, Kind, Purpose
from pipewarden.market.service import budgets, foundry, foundry_evaluating, foundry_examples, foundry_life, invoking
from pipewarden.people import service as people
from pipewarden.people.facts import Role

if TYPE_CHECKING:
    from uuid import UUID

    from pipewarden.kit.work import Work
    from pipewarden.people.facts import Actor

NOTHING = "00000000-0000-7000-8000-000000000000"
NOWHERE = "never-there"
YUAN = 10_000
WAY = ("draft", "evaluated", "reviewed", "priced", "canary", "live")


def cheap(town: Any) -> None:
    """Let the town's service look at pictures with nets that see colours: the real ones take seconds to open."""
    town.app.state.runners = foundry_town.runners()


def actor(work: Work, person_id: UUID) -> Actor:
    found = people.actor_of(work, person_id)
    assert found is not None
    return found


def slug_of(word: str) -> str:
    return f"{word}-{uuid4().hex[:12]}"


def built(town: Any, tenant: UUID, author: Any, state: str = "draft", kind: Kind = Kind.RULE) -> str:
    """Build a capability of somebody and bring it so far; return its slug."""
    content = {Kind.RULE: RULE, Kind.EXAMPLE: EXAMPLE}[kind]
    slug, root, far = slug_of(state), people.operator(tenant), WAY.index(state)
    others = [town.person(Role.EXPERT, tenant=tenant).id for _ in range(2)] if far > 1 else []
    with town.at(tenant) as work:
        foundry.make_line(work, actor(work, author.id), slug=slug, kind=kind, title=f"能力 {state}", content=content)
        if far > 0:
            foundry_evaluating.evaluate(work, root, slug, 1)
        for one in others:
            foundry_life.review(work, actor(work, one), slug, 1, accept=True, words="looked at")
        if far > 2:
            foundry_life.set_price(work, root, slug, 1, 1300)
        if far > 3:
            foundry_life.try_as_canary(work, root, slug, 1, 50)
            demanded(work, slug)
            for number in range(20):
                invoking.invoke(work, root, foundry_town.runners(), slug, asked(f"before-{number}"))
        if far > 4:
            foundry_life.go_live(work, root, slug, 1)
    return slug


def asked(request_id: str) -> invoking.Request:
    return invoking.Request(request_id, Ask(given=NEAR))


def demanded(work: Work, slug: str) -> None:
    """Open a demand of 1,000 calls, with the money for it."""
    root = people.operator(work.tenant_id)
    budgets.deposit(work, root, Asset.CNY, 200 * YUAN, number=str(uuid4()), value_date=work.now().date())
    invoking.open_demand(work, root, slug, str(uuid4()), wanted=1000, units=100 * YUAN)


def refused(town: Any, tenant: UUID, author: Any) -> str:
    """Build a capability whose one version was refused by a reviewer: nothing more can happen to it."""
    slug, reviewer = built(town, tenant, author, "evaluated"), town.person(Role.EXPERT, tenant=tenant)
    with town.at(tenant) as work:
        foundry_life.review(work, actor(work, reviewer.id), slug, 1, accept=False, words="no")
    return slug


def four(town: Any) -> list[str]:
    """Return a capability of the asking expert, a colleague's, another tenant's, and none; nothing can change them."""
    if "capabilities" not in town.people:
        cheap(town)
        mine = town.who("expert")
        theirs = town.person(Role.EXPERT)
        other = town.person(Role.EXPERT, tenant=town.b)
        who = ((town.a, mine), (town.a, theirs), (town.b, other))
        town.people["capabilities"] = [refused(town, tenant, one) for tenant, one in who]
    return [*town.people["capabilities"], NOWHERE]


def _each(method: str, path: str, body: Any = None) -> Any:
    def ask(town: Any, who: Any, _things: Any) -> list[str]:
        more = {} if body is None else {"json": body}
        slugs = four(town)
        return [str(town.client.as_(who, method, f"/v1/capabilities/{one}{path}", **more).status_code) for one in slugs]

    return ask


def _sent(path: str, **fields: str) -> Any:
    def ask(town: Any, who: Any, _things: Any) -> list[str]:
        files = {name: (None, value) for name, value in fields.items()}
        if "label" in fields:
            files["picture"] = ("p.png", foundry_town.flat(9, 9, 9), "image/png")  # type: ignore[assignment]  # a file
        slugs = four(town)
        return [
            str(town.client.as_(who, "POST", f"/v1/capabilities/{one}{path}", files=files).status_code) for one in slugs
        ]

    return ask


def _listed(town: Any, who: Any, _things: Any) -> list[str]:
    known, seen, path = four(town), set[str](), "/v1/capabilities?limit=200"
    while path:
        got = town.client.as_(who, "GET", path)
        if got.status_code != 200:
            return [str(got.status_code)] * 4
        seen |= {one["slug"] for one in got.json()["items"]}
        path = f"/v1/capabilities?limit=200&cursor={got.json()['next']}" if got.json()["next"] else ""
    return ["in" if one in seen else "out" for one in known]


def _built(town: Any, who: Any, _things: Any) -> list[str]:
    body = {"slug": "no-rule", "kind": "rule", "title": "x", "content": {}}
    return [str(town.client.as_(who, "POST", "/v1/capabilities", json=body).status_code)]


_V = "/versions/1"
# what would change something is refused for its content: a version that was refused (409), contents and contracts that
# are none (422), examples of a card that learns from none (409), pictures that are not there (404)
ASKS: dict[str, Any] = {
    "GET /v1/capabilities": _listed,
    "POST /v1/capabilities": _built,
    "GET /v1/capabilities/{slug}": _each("GET", ""),
    "POST /v1/capabilities/{slug}/versions": _each("POST", "/versions", {"content": {}}),
    "GET /v1/capabilities/{slug}/versions/{number}": _each("GET", _V),
    "POST /v1/capabilities/{slug}/versions/{number}/evaluate": _each("POST", f"{_V}/evaluate", {}),
    "POST /v1/capabilities/{slug}/versions/{number}/ask": _each("POST", f"{_V}/ask"),
    "POST /v1/capabilities/{slug}/versions/{number}/review": _each(
        "POST", f"{_V}/review", {"accept": True, "words": "the matrix asks"}
    ),
    "POST /v1/capabilities/{slug}/versions/{number}/price": _each("POST", f"{_V}/price", {"price": "0.13"}),
    "POST /v1/capabilities/{slug}/versions/{number}/canary": _each("POST", f"{_V}/canary", {"percent": 5}),
    "POST /v1/capabilities/{slug}/versions/{number}/live": _each("POST", f"{_V}/live"),
    "POST /v1/capabilities/{slug}/versions/{number}/rollback": _each("POST", f"{_V}/rollback", {"reason": "matrix"}),
    "POST /v1/capabilities/{slug}/versions/{number}/try": _sent(f"{_V}/try", given=json.dumps(NEAR)),
    "GET /v1/capabilities/{slug}/contracts": _each("GET", "/contracts"),
    "POST /v1/capabilities/{slug}/contracts": _each(
        "POST", "/contracts", {"expert": 1, "house": 1, "reviewers": 1, "since": "2090-01-01T00:00:00Z"}
    ),
    "GET /v1/capabilities/{slug}/examples": _each("GET", "/examples"),
    "POST /v1/capabilities/{slug}/examples": _sent("/examples", label="machine", purpose="train"),
    "GET /v1/capabilities/{slug}/examples/{example_id}/picture": _each("GET", f"/examples/{NOTHING}/picture"),
    "DELETE /v1/capabilities/{slug}/examples/{example_id}": _each("DELETE", f"/examples/{NOTHING}"),
    "GET /v1/capabilities/{slug}/demands": _each("GET", "/demands"),
    "POST /v1/capabilities/{slug}/demands": _each(
        "POST", "/demands", {"title": "the matrix asks", "wanted": 1, "budget": "0.13"}
    ),
    "POST /v1/capabilities/{slug}/invoke": _sent("/invoke", request_id="matrix", given=json.dumps(NEAR)),
    "GET /v1/capabilities/{slug}/calls/{call_id}": _each("GET", f"/calls/{NOTHING}"),
}


def fuzzed(town: Any, png: bytes) -> dict[str, dict[str, Any]]:
    """Return one request per operation that is right, on objects that are there; each part as the fuzz names it."""
    cheap(town)
    author, reviewer = town.person(Role.EXPERT), town.person(Role.EXPERT)
    town.people |= {"fuzz author": author, "fuzz reviewer": reviewer}
    at = {one: {"slug": built(town, town.a, author, one)} for one in WAY}
    rolled = {"slug": built(town, town.a, author, "live"), "number": "1"}
    taught, shown, gone = pictured(town, author)
    with town.at(town.a) as work:
        since = (work.now() + timedelta(days=30)).isoformat()
        answered = invoking.invoke(
            work, people.operator(town.a), foundry_town.runners(), at["live"]["slug"], asked("seen")
        )
        demanded(work, at["live"]["slug"])  # what is left of the deposit pays for the demand that is asked for
    assert not isinstance(answered, invoking.Unpaid)
    one = {"number": "1"}
    form, given = "multipart/form-data", json.dumps(NEAR)
    base = "/v1/capabilities/{slug}"
    version = f"{base}/versions/{{number}}"
    mine, admin = {"who": "fuzz author"}, {"who": "tenant_admin"}
    return {
        "GET /v1/capabilities": mine | {"query": {"limit": 2, "aisle": "selling", "kind": "rule"}},
        "POST /v1/capabilities": mine
        | {"body": {"slug": slug_of("fuzz"), "kind": "rule", "title": "fuzz", "content": RULE}},
        f"GET {base}": mine | {"path": at["live"]},
        f"POST {base}/versions": mine | {"path": at["live"], "body": {"content": RULE}},
        f"GET {version}": mine | {"path": at["live"] | one},
        f"POST {version}/evaluate": mine | {"path": at["draft"] | one, "body": {"again": False}},
        f"POST {version}/ask": mine | {"path": at["evaluated"] | one},
        f"POST {version}/review": {
            "who": "fuzz reviewer",
            "path": at["evaluated"] | one,
            "body": {"accept": True, "words": "fuzz"},
        },
        f"POST {version}/price": mine | {"path": at["reviewed"] | one, "body": {"price": "0.13"}},
        f"POST {version}/canary": admin | {"path": at["priced"] | one, "body": {"percent": 5}},
        f"POST {version}/live": admin | {"path": at["canary"] | one},
        f"POST {version}/rollback": admin | {"path": rolled, "body": {"reason": "fuzz"}},
        f"POST {version}/try": mine | {"path": at["live"] | one, "body": {"given": given}, "media": form},
        f"GET {base}/contracts": mine | {"path": at["live"]},
        f"POST {base}/contracts": admin
        | {"path": at["live"], "body": {"expert": 8000, "house": 1000, "reviewers": 1000, "since": since}},
        f"GET {base}/examples": mine | {"path": taught, "query": {"limit": 2}},
        f"POST {base}/examples": mine
        | {"path": taught, "body": {"picture": png, "label": "machine", "purpose": "train"}, "media": form},
        f"GET {base}/examples/{{example_id}}/picture": mine | {"path": taught | {"example_id": shown}},
        f"DELETE {base}/examples/{{example_id}}": mine | {"path": taught | {"example_id": gone}},
        f"GET {base}/demands": admin | {"path": at["live"]},
        f"POST {base}/demands": admin
        | {"path": at["live"], "body": {"title": str(uuid4()), "wanted": 3, "budget": "0.13"}},
        f"POST {base}/invoke": {"path": at["live"], "body": {"request_id": "fuzz", "given": given}, "media": form},
        f"GET {base}/calls/{{call_id}}": {"path": at["live"] | {"call_id": str(answered.id)}},
    }


def pictured(town: Any, author: Any) -> tuple[dict[str, str], str, str]:
    """Build a classifier with two pictures; return its path, and both."""
    slug = built(town, town.a, author, "draft", Kind.EXAMPLE)
    with town.at(town.a) as work:
        made = [
            foundry_examples.add_example(
                work,
                actor(work, author.id),
                foundry_town.runners(),
                slug,
                foundry_town.coloured(number, machine=True),
                label="machine",
                purpose=Purpose.TRAIN,
                source="",
            )[0]
            for number in range(2)
        ]
    return {"slug": slug}, str(made[0].id), str(made[1].id)
