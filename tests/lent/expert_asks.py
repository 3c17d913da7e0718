"""What the matrix asks about experts and commissions, a row an operation."""

from __future__ import annotations

from typing import Any

from expert_api import NO_TOKEN, PASSWORD, PROFILE, body, pack, things


def _each(method: str, of: str, path: str, **more: Any) -> Any:
    def ask(town: Any, who: Any, _things: Any) -> list[str]:
        there = getattr(things(town), of)
        return [str(town.client.as_(who, method, path.format(one), **more).status_code) for one in there]

    return ask


def _pairs(method: str, path: str, **more: Any) -> Any:
    def ask(town: Any, who: Any, _things: Any) -> list[str]:
        there = things(town)
        paths = [path.format(*pair) for pair in zip(there.parts, there.deliveries, strict=True)]
        return [str(town.client.as_(who, method, one, **more).status_code) for one in paths]

    return ask


def _listed(of: str, path: str, key: str = "id") -> Any:
    def ask(town: Any, who: Any, _things: Any) -> list[str]:
        known = getattr(things(town), of)
        got = town.client.as_(who, "GET", path)
        if got.status_code != 200:
            return [str(got.status_code)] * 4
        ids = {one[key] for one in got.json()["items"]}
        return ["in" if one in ids else "out" for one in known]

    return ask


def _once(method: str, path: str, **more: Any) -> Any:
    def ask(town: Any, who: Any, _things: Any) -> list[str]:
        things(town)
        return [str(town.client.as_(who, method, path, **more).status_code)]

    return ask


def _draft(town: Any, who: Any, _things: Any) -> list[str]:
    asked = body(town, acceptance={"sample": 5, "wrong": 5})  # who may draft is told that this accepts anything
    return [str(town.client.as_(who, "POST", "/v1/commissions", json=asked).status_code)]


def _register(town: Any, who: Any, _things: Any) -> list[str]:
    """Ask by an invitation that is none: who is an expert already says the same as before."""
    things(town)
    asked = PROFILE | {"token": NO_TOKEN, "conflicts": [str(town.a), str(town.b)]}
    return [str(town.client.as_(who, "POST", "/v1/me/expert", json=asked).status_code)]


def _edit(town: Any, who: Any, _things: Any) -> list[str]:
    asked = body(town)
    there = things(town).commissions
    return [str(town.client.as_(who, "PUT", f"/v1/commissions/{one}", json=asked).status_code) for one in there]


def _offer(town: Any, who: Any, _things: Any) -> list[str]:
    there = things(town)
    asked = {"person_id": str(there.asker.id)}
    paths = [f"/v1/commissions/{one}/offers" for one in there.commissions]
    return [str(town.client.as_(who, "POST", one, json=asked).status_code) for one in paths]


def _talk(method: str, **more: Any) -> Any:
    def ask(town: Any, who: Any, _things: Any) -> list[str]:
        there = things(town)
        paths = [f"/v1/commissions/{one}/talks/{there.asker.id}" for one in there.commissions]
        return [str(town.client.as_(who, method, one, **more).status_code) for one in paths]

    return ask


WHY = {"reason": "the matrix asks"}
RATED = {"stars": 5}
NEW = PROFILE | {"login": "mx-expert", "name": "M", "password": PASSWORD}
# what would change something is refused for its content: commissions that are cancelled, parts that were left,
# deliveries that were judged, clients whom the expert must not work for (409), rules that accept anything (422)
ASKS: dict[str, Any] = {
    "POST /v1/experts/links": _once("POST", "/v1/experts/links", json={"words": "来吧"}),
    "GET /v1/experts/links": _listed("links", "/v1/experts/links?limit=200"),
    "POST /v1/experts/links/{link_id}/end": _each("POST", "links", "/v1/experts/links/{}/end"),
    "GET /v1/experts/invitations/{token}": _once("GET", f"/v1/experts/invitations/{NO_TOKEN}"),
    "POST /v1/experts/invitations/{token}": _once("POST", f"/v1/experts/invitations/{NO_TOKEN}", json=NEW),
    "POST /v1/me/expert": _register,
    "GET /v1/me/expert": _once("GET", "/v1/me/expert"),
    # of a price of nothing: who is an expert is told (422)
    "PUT /v1/me/expert": _once("PUT", "/v1/me/expert", json=PROFILE | {"price_floor": "0"}),
    "GET /v1/experts": _listed("experts", "/v1/experts?limit=200", "person_id"),
    "GET /v1/experts/{person_id}": _each("GET", "experts", "/v1/experts/{}"),
    "POST /v1/experts/{person_id}/verify": _each(
        "POST", "experts", "/v1/experts/{}/verify", json={"how": "saw the card"}
    ),
    "POST /v1/commissions": _draft,
    "GET /v1/commissions": _listed("commissions", "/v1/commissions?limit=200"),
    "GET /v1/commissions/{commission_id}": _each("GET", "commissions", "/v1/commissions/{}"),
    "PUT /v1/commissions/{commission_id}": _edit,
    "POST /v1/commissions/{commission_id}/publish": _each("POST", "commissions", "/v1/commissions/{}/publish"),
    "POST /v1/commissions/{commission_id}/cancel": _each("POST", "commissions", "/v1/commissions/{}/cancel", json=WHY),
    "POST /v1/commissions/{commission_id}/accept": _each("POST", "commissions", "/v1/commissions/{}/accept", json={}),
    "POST /v1/commissions/{commission_id}/rating": _each(
        "POST", "commissions", "/v1/commissions/{}/rating", json=RATED
    ),
    "GET /v1/commissions/{commission_id}/matches": _each("GET", "commissions", "/v1/commissions/{}/matches"),
    "POST /v1/commissions/{commission_id}/offers": _offer,
    "GET /v1/hall/{commission_id}": _each("GET", "live", "/v1/hall/{}"),
    "POST /v1/hall/{commission_id}/applications": _each("POST", "live", "/v1/hall/{}/applications", json={}),
    "GET /v1/me/engagements": _once("GET", "/v1/me/engagements"),
    "POST /v1/engagements/{engagement_id}/agree": _each("POST", "parts", "/v1/engagements/{}/agree"),
    "POST /v1/engagements/{engagement_id}/refuse": _each("POST", "parts", "/v1/engagements/{}/refuse", json=WHY),
    "POST /v1/engagements/{engagement_id}/finish": _each("POST", "parts", "/v1/engagements/{}/finish", json={}),
    "POST /v1/engagements/{engagement_id}/rating": _each("POST", "parts", "/v1/engagements/{}/rating", json=RATED),
    "GET /v1/engagements/{engagement_id}/deliveries": _each("GET", "parts", "/v1/engagements/{}/deliveries"),
    "POST /v1/engagements/{engagement_id}/deliveries": _each(
        "POST", "parts", "/v1/engagements/{}/deliveries", files={"file": ("d.zip", pack("a.json"), "application/zip")}
    ),
    "POST /v1/engagements/{engagement_id}/deliveries/{delivery_id}/judgement": _pairs(
        "POST", "/v1/engagements/{}/deliveries/{}/judgement", json={"items": [{"name": "1", "right": True}]}
    ),
    "GET /v1/engagements/{engagement_id}/deliveries/{delivery_id}/file": _pairs(
        "GET", "/v1/engagements/{}/deliveries/{}/file"
    ),
    "GET /v1/commissions/{commission_id}/talks": _each("GET", "commissions", "/v1/commissions/{}/talks"),
    "GET /v1/commissions/{commission_id}/talks/{person_id}": _talk("GET"),
    "POST /v1/commissions/{commission_id}/talks/{person_id}": _talk("POST", json={"words": "您好"}),
    "GET /v1/hall/{commission_id}/talk": _each("GET", "live", "/v1/hall/{}/talk"),
    "POST /v1/hall/{commission_id}/talk": _each("POST", "live", "/v1/hall/{}/talk", json={"words": "您好"}),
    "GET /v1/me/pool": _once("GET", "/v1/me/pool"),
    "GET /v1/me/pool/{pool_id}/picture": _each("GET", "pool", "/v1/me/pool/{}/picture"),
    "POST /v1/me/pool/{pool_id}/answer": _each("POST", "pool", "/v1/me/pool/{}/answer", json={"matches": True}),
    "POST /v1/me/pool/{pool_id}/aside": _each("POST", "pool", "/v1/me/pool/{}/aside"),
}


def _hall_listed(town: Any, who: Any, _things: Any) -> list[str]:
    known = things(town).live
    got = town.client.as_(who, "GET", "/v1/hall?limit=200")
    if got.status_code != 200:
        return [str(got.status_code)] * 4
    ids = {one["commission"]["id"] for one in got.json()["items"]}
    return ["in" if one in ids else "out" for one in known]


ASKS["GET /v1/hall"] = _hall_listed
