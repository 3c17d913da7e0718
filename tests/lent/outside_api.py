"""Doors to the outside for the town of the API tests: providers on 127.0.0.1, a messenger that keeps what it gets."""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from ipaddress import ip_network
from typing import TYPE_CHECKING, Any

from id_provider import CLIENT, SECRET

from pipewarden.kit.addresses import Opened
from pipewarden.kit.outbound import Outbound
from pipewarden.people import service as people
from pipewarden.people.adapters.openid import OpenIdProviders
from pipewarden.people.facts import CodeAsked, HandleKind, NewProvider, Role

if TYPE_CHECKING:
    from collections.abc import Iterator

    from id_provider import IdProvider


@dataclass(slots=True)
class Box:
    """A messenger that keeps what it was given."""

    real: bool = True
    sent: list[tuple[str, str]] = field(default_factory=list)

    def hand(self, phone: str, words: str) -> None:
        self.sent.append((phone, words))

    @property
    def code(self) -> str:
        return self.sent[-1][1].partition("验证码 ")[2][:6]


@contextmanager
def opened(town: Any) -> Iterator[Box]:
    """Let the town speak to providers on this machine and send codes into a box."""
    before, box = town.app.state.outside, Box()
    outbound = Outbound(Opened((ip_network("127.0.0.0/8"),)))
    town.app.state.outside = replace(
        before,
        identity=OpenIdProviders(outbound, within_s=2.0),
        messenger=box,
        public_url="https://town.example.org",
    )
    try:
        yield box
    finally:
        town.app.state.outside = before


def fuzzed(town: Any, box: Box, there: IdProvider) -> dict[str, dict[str, Any]]:
    """Return who asks what of each operation of signing in from outside, on objects that are there."""
    person = town.person(Role.PATROLLER, area=town.east).id
    root, doors = people.operator(town.a), town.app.state.outside
    wanted = NewProvider("fz", there.issuer, CLIENT, SECRET)
    phones = [f"+861391111000{number}" for number in range(3)]
    with town.at(town.a) as work:
        kept, gone = (
            people.add_provider(work, doors, root, replace(wanted, client_id=client)) for client in (CLIENT, "gone")
        )
        bound = people.bind(work, root, kept.id, "fz", person)
        ended, _ = (
            people.add_handle(work, doors, root, person, kind=HandleKind.PHONE, address=one) for one in phones[:2]
        )
        sent = people.ask_code(work, town.gate, doors, town.a, phones[1], source="10.99.0.1")
    assert isinstance(sent, CodeAsked)
    admin, whose = "tenant_admin", {"person_id": str(person)}
    new = {"name": "fz", "issuer": "https://id.example.org", "client_id": "fz"}
    return {
        "GET /v1/sign-in/ways": {"who": ""},
        "POST /v1/sign-in/oidc": {"who": "", "body": {"provider_id": str(kept.id)}},
        "POST /v1/sign-in/code": {"who": "", "body": {"phone": phones[0]}},
        "POST /v1/sign-in/code/{challenge}": {
            "who": "", "path": {"challenge": str(sent.challenge)}, "body": {"code": box.code},
        },
        "GET /v1/providers": {"who": admin},
        "POST /v1/providers": {"who": admin, "body": new},
        "DELETE /v1/providers/{provider_id}": {"who": admin, "path": {"provider_id": str(gone.id)}},
        "GET /v1/people/{person_id}/outside": {"who": admin, "path": whose},
        "POST /v1/people/{person_id}/bindings": {
            "who": admin, "path": whose, "body": {"provider_id": str(kept.id), "subject": "fz-2"},
        },
        "DELETE /v1/bindings/{binding_id}": {"who": admin, "path": {"binding_id": str(bound.id)}},
        "POST /v1/people/{person_id}/handles": {
            "who": admin, "path": whose, "body": {"kind": "phone", "address": phones[2]},
        },
        "DELETE /v1/handles/{handle_id}": {"who": admin, "path": {"handle_id": str(ended.id)}},
    }  # fmt: skip
