"""The application: settings in, one mount per slice, one door, one shape of error; no route of its own."""

from __future__ import annotations

import time
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi

from pipewarden.act.adapters.press import ChildPress
from pipewarden.act.http import Pace
from pipewarden.act.http import routes as messages
from pipewarden.act.service import Desk
from pipewarden.casework.http import routes as sites
from pipewarden.casework.http.board import routes as board
from pipewarden.casework.http.calls import routes as calls
from pipewarden.casework.http.contractors import routes as contractors
from pipewarden.casework.http.duties import routes as duties
from pipewarden.casework.http.filers import routes as filers
from pipewarden.casework.http.filings import routes as filings
from pipewarden.casework.http.government import routes as government
from pipewarden.casework.http.imports import routes as imports
from pipewarden.casework.http.in_force import routes as in_force
from pipewarden.casework.http.policies import routes as policies
from pipewarden.casework.http.strikes import routes as strikes
from pipewarden.dedupe.http import routes as alarms
from pipewarden.dedupe.http.clues import routes as clues
from pipewarden.exchange.adapters.geopackage import GeoPackage
from pipewarden.exchange.http import IntakeEvent
from pipewarden.exchange.http import routes as intake
from pipewarden.exchange.http.ogc import routes as ogc
from pipewarden.exchange.http.open311 import routes as open311
from pipewarden.field.http import routes as field
from pipewarden.field.http.report_shapes import PlaceIn, ReportIn
from pipewarden.insight.http import routes as insight
from pipewarden.judge.http import routes as reviews
from pipewarden.judge.service import Standings
from pipewarden.kit.chance import SystemChance
from pipewarden.kit.vault import Sealer
from pipewarden.kit.web import Cursors
from pipewarden.learn.http import routes as outcomes
from pipewarden.locate.http import routes as cameras
from pipewarden.main import evidence, foundry
from pipewarden.main.act import open_post
from pipewarden.main.files import read_sent_permits
from pipewarden.main.masking import masking
from pipewarden.main.operation import open_machine
from pipewarden.main.outside import open_outside
from pipewarden.main.payouts import open_cashier
from pipewarden.main.retention import let_go
from pipewarden.main.web import problems
from pipewarden.main.web.basemaps import open_bases
from pipewarden.main.web.basemaps import routes as basemaps
from pipewarden.main.web.basemaps import squares as base_squares
from pipewarden.main.web.console import console
from pipewarden.main.web.door import COOKIE, CSRF_HEADER, OneDoor
from pipewarden.main.web.guard import Guard
from pipewarden.main.web.health import Doctor
from pipewarden.main.web.health import routes as health
from pipewarden.main.web.lanes import Lanes, Rates
from pipewarden.main.web.live import Live
from pipewarden.main.web.live import routes as live_routes
from pipewarden.main.web.meters import Metered, Meters
from pipewarden.main.web.now import routes as now
from pipewarden.main.web.outside import Slots
from pipewarden.main.web.outside import routes as outside
from pipewarden.main.web.privacy import routes as privacy
from pipewarden.main.web.session import routes as session
from pipewarden.market.http import routes as market
from pipewarden.market.http.foundry import routes as capabilities
from pipewarden.market.http.invoking import routes as invoking
from pipewarden.market.http.payouts import routes as payouts
from pipewarden.market.http.quotes import routes as quotes
from pipewarden.market.http.wallet import routes as wallet
from pipewarden.network.http import routes as network
from pipewarden.operation.http import routes as watch
from pipewarden.people.adapters.argon import ArgonHasher
from pipewarden.people.adapters.qr import qr_of
from pipewarden.people.http import doors, routes
from pipewarden.people.service import Gate, Second
from pipewarden.perceive import service as perceive
from pipewarden.perceive.http import routes as indoor
from pipewarden.sense.adapters.decoder import ChildDecoder
from pipewarden.sense.http import Event, EventData
from pipewarden.sense.http import routes as observations

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from pipewarden.main.home import Home

VERSION = "1"
_PUBLIC = frozenset({"/v1/session"})
_OPEN = frozenset(
    {  # a link that is asked nothing else, a public key, and the ways to sign in
        "/v1/ack/{token}",
        "/v1/osmand",  # the key is in what it says
        "/v1/experts/invitations/{token}",  # whoever has an invitation registers by it
        "/v1/payouts/wechat/notify",  # signed by who sends it
        "/v1/signing-key",
        "/v1/sign-in/ways",
        "/v1/sign-in/code",
        "/v1/sign-in/code/{challenge}",
        "/v1/sign-in/oidc",
        # anybody who sees works says so
        "/v1/public/report-kinds",
        "/v1/public/near",
        "/v1/public/near/{item_id}/picture",
        "/v1/public/near/{item_id}/confirm",
        "/v1/public/captures",
        "/v1/public/reports",
        "/v1/public/reports/{token}",
        "/v1/public/reports/{token}/words",
        "/v1/public/reports/{token}/forget",
        "/v1/public/reports/{token}/pictures/{number}",
        "/v1/public/notices",
    }
)


@dataclass(frozen=True, slots=True)
class Parts:
    """What a running service needs beside its routes.

    Attributes:
        secret: signs cursors; see ``main.web.secret``.
        gate: how passwords are proved.
        cookie_secure: whether the cookie asks for HTTPS (localhost counts as such).
        rates: how much anybody may ask; everything when None.
    """

    secret: bytes
    gate: Gate
    cookie_secure: bool = True
    rates: Rates | None = None


def real_gate(secret: bytes | None = None) -> Gate:
    """Return the gate of a running house: Argon2id and the kernel's chance.

    Where:
        secret: the service's secret, which second factors are sealed with; None for a gate that makes persons only.
    """
    chance = SystemChance().bytes
    second = None if secret is None else Second(sealer=Sealer(secret, chance), draw=qr_of)
    return Gate(hasher=ArgonHasher(entropy=chance), entropy=chance, second=second)


def bare() -> FastAPI:
    """Return the application without a home: its routes and its OpenAPI document."""
    app = FastAPI(
        title="Pipewarden 管卫",
        version=VERSION,
        description="Observations in, alarms near gas pipes out. Times are RFC 3339, places degrees WGS-84, "
        "errors RFC 9457 with `field` and `fix`.",
        docs_url=None,
        redoc_url=None,
        redirect_slashes=False,
        separate_input_output_schemas=False,
    )
    problems.install(app)
    app.state.meters = Meters()
    for mounted in (
        health,
        doors,
        outside,
        routes,
        session,
        privacy,
        network,
        basemaps,
        base_squares,
        observations,
        cameras,
        live_routes,
        now,
        alarms,
        clues,
        reviews,
        board,  # before sites: /sites/board is no site's id
        sites,
        duties,
        calls,
        imports,  # before filings: /filings/audit is no filing's id
        filings,
        filers,
        government,
        contractors,
        policies,
        in_force,
        strikes,
        outcomes,
        insight,
        indoor,
        watch,
        messages,
        intake,
        field,
        market,
        open311,
        ogc,
        wallet,
        quotes,
        payouts,
        capabilities,
        invoking,
    ):
        app.include_router(mounted)
    app.openapi = lambda: _openapi(app)  # type: ignore[method-assign]  # FastAPI's documented way to extend it
    return app


def build(home: Home, parts: Parts) -> FastAPI:
    """Return the application on an open home."""
    app = bare()
    app.add_middleware(Lanes, now=home.factory.clock.now, rates=parts.rates)
    app.add_middleware(Guard)
    app.add_middleware(Metered, meters=app.state.meters)
    cursors = Cursors(parts.secret)
    app.state.home = home
    app.state.blobs = home.blobs
    app.state.gate = parts.gate
    app.state.cursors = cursors
    app.state.cookie_secure = parts.cookie_secure
    app.state.paced = parts.rates is not None
    app.state.verdicts = Standings()
    app.state.door = OneDoor(home.factory, parts.gate.limits, app.state.meters.committed)
    app.state.live = Live(home.factory, parts.gate.limits, cursors, app.state.verdicts)
    decoder = ChildDecoder()
    masked = masking()
    lens = perceive.Lens(decoder, masked)
    app.state.lens = lens
    app.state.qr = qr_of
    app.state.runners = foundry.served(home, lens)
    app.state.let_go = let_go(home.blobs)
    app.state.read_permits = read_sent_permits
    app.state.post = open_post(home.settings, parts.secret)
    app.state.outside = open_outside(home.settings, parts.secret, app.state.post, home.factory.clock, home.factory.ids)
    app.state.outside_slots = Slots()
    app.state.cashier = open_cashier(home.settings, parts.secret)
    app.state.doctor = Doctor(home, lambda: app.state.post, open_machine(home), home.registry.kinds, time.monotonic)
    app.state.meters.registry.register(app.state.doctor)
    press = app.state.press = ChildPress()
    app.state.bench = evidence.bench(home, perceive.masked(lens), press)
    app.state.desk = Desk(press, home.blobs, perceive.masked(lens), app.state.post.public_url)
    app.state.pace = Pace()
    app.state.map_file = GeoPackage
    app.state.bases = open_bases(home.settings)
    app.include_router(console(hosts=app.state.bases.hosts))

    @asynccontextmanager
    async def lifespan(_app: FastAPI) -> AsyncIterator[None]:
        with decoder, masked, press:
            yield

    app.router.lifespan_context = lifespan
    return app


def _openapi(app: FastAPI) -> dict[str, Any]:
    """Return the document with the security of the door and the bodies that routes read themselves."""
    if app.openapi_schema is not None:
        return app.openapi_schema
    made = get_openapi(title=app.title, version=app.version, description=app.description, routes=app.routes)
    schemas = made["components"]["schemas"]
    for model in (EventData, Event, IntakeEvent, PlaceIn, ReportIn):
        schemas[model.__name__] = model.model_json_schema(ref_template="#/components/schemas/{model}") | {"$defs": {}}
        schemas[model.__name__].pop("$defs")
    made["components"]["securitySchemes"] = {
        "session": {"type": "apiKey", "in": "cookie", "name": COOKIE},
        "csrf": {"type": "apiKey", "in": "header", "name": CSRF_HEADER},
        "key": {"type": "http", "scheme": "bearer"},
    }
    schemas["Problem"] = _PROBLEM
    for path, operations in made["paths"].items():
        for method, operation in operations.items():
            public = not path.startswith("/v1/") or path in _OPEN or (path in _PUBLIC and method == "post")
            _complete(operation, method, public=public)
    app.openapi_schema = made
    return made


def _complete(operation: dict[str, Any], method: str, *, public: bool) -> None:
    session: dict[str, list[str]] = {"session": []} if method == "get" else {"session": [], "csrf": []}
    operation["security"] = [] if public else [session, {"key": []}]
    answers = operation["responses"]
    answers.pop("422", None)
    if "default" in answers:  # a door whose errors are another specification's
        return
    answers["default"] = {
        "description": "Any error: RFC 9457 with `field` and `fix`.",
        "content": {problems.MEDIA: {"schema": {"$ref": "#/components/schemas/Problem"}}},
    }


_PROBLEM: dict[str, Any] = {
    "type": "object",
    "required": ["type", "title", "status", "detail"],
    "properties": {
        "type": {"type": "string"},
        "title": {"type": "string"},
        "status": {"type": "integer"},
        "detail": {"type": "string"},
        "field": {"type": "string", "description": "What is wrong."},
        "fix": {"type": "string", "description": "What to do now."},
        "code": {"type": "string", "description": "Why a step is refused, for pages that say it in your words."},
        "needs": {"type": "string", "description": "With `step_up`: `factor`, or `enrolment` where none is set up."},
        "clause": {"type": "string", "description": "The law, or the product's rule, that stands against it."},
        "present": {"type": "object", "description": "The site as it stands: id, version, state, headline."},
        "errors": {
            "type": "array",
            "items": {
                "type": "object",
                "required": ["field", "problem"],
                "properties": {"field": {"type": "string"}, "problem": {"type": "string"}},
            },
        },
    },
}
