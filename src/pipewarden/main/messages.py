"""Messages from the command line: try somebody's channels, ask who can be reached, show and switch the channels."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

from pipewarden.act import jobs, service
from pipewarden.act.facts import DeliveryState
from pipewarden.kit.errors import InputError
from pipewarden.main.act import open_post
from pipewarden.main.home import open_home
from pipewarden.main.web.secret import service_secret
from pipewarden.people import service as people

if TYPE_CHECKING:
    from pipewarden.act.facts import Attempt, Delivery
    from pipewarden.main.web.secret import WebSettings

_PATIENCE_S = 60.0
_STEP_S = 1.0
_UNDER_WAY = frozenset({DeliveryState.WAITING, DeliveryState.SPARE})


def try_person(settings: WebSettings, login: str) -> dict[str, Any]:
    """Send a test message by every contact point of a person, wait for the receipts, and return what was tried.

    Raises:
        NotFoundError: there is no such person.
    """
    with open_home(settings) as home:
        post = open_post(settings, service_secret(settings, home.folder))
        with home.work() as work:
            person = people.person_by_login(work, people.operator(work.tenant_id), login)
            subject = service.try_person(work, post, person.id)
        until = time.monotonic() + _PATIENCE_S
        while True:
            jobs.send_waiting(home.factory.begin, post)
            with home.work() as work:
                found, tried = service.tried(work, subject)
            if not any(one.state in _UNDER_WAY for one in found) or time.monotonic() > until:
                return {"person": login, "tried": [_line(one, tried) for one in found]}
            time.sleep(_STEP_S)


def _line(one: Delivery, tried: list[Attempt]) -> dict[str, object]:
    mine = [each for each in tried if each.delivery_id == one.id]
    return {
        "channel": one.channel,
        "state": one.state.value,
        "problem": one.problem,
        "attempts": [f"{each.at:%H:%M:%S} {each.outcome} {each.problem}".strip() for each in mine],
    }


def check_reach(settings: WebSettings) -> dict[str, Any]:
    """Ask now, as every night, whether everybody on duty within a day can be reached."""
    with open_home(settings) as home:
        post = open_post(settings, service_secret(settings, home.folder))
        with home.work() as work:
            found = service.check_reach(work, post)
    return {
        "until": found.until.isoformat(),
        "persons": found.persons,
        "missing": [
            {"name": one.name, "role": one.role, "begins_at": one.begins_at.isoformat(), "why": one.why.value}
            for one in found.missing
        ],
    }


def show_channels(settings: WebSettings) -> list[dict[str, Any]]:
    """Return every kind of channel: set up or not, real or a log, on or off."""
    with open_home(settings) as home:
        post = open_post(settings, service_secret(settings, home.folder))
        with home.work() as work:
            found = service.channels(work, post, people.operator(work.tenant_id))
    return [{"channel": one.kind.value, "set_up": one.set_up, "real": one.real, "on": not one.off} for one in found]


def switch_channel(settings: WebSettings, kind: str, *, on: bool, reason: str) -> dict[str, Any]:
    """Turn a channel off or on again for the tenant, on record as the operator.

    Raises:
        InputError: there is no such channel, or no reason is given.
    """
    with open_home(settings) as home:
        post = open_post(settings, service_secret(settings, home.folder))
        if kind not in post.channels and kind != "email":
            known = ", ".join(sorted({*post.channels, "email"}))
            raise InputError(field="CHANNEL", problem=f"{kind!r} is no channel", fix=f"Use one of {known}.")
        with home.work() as work:
            people.set_switch(work, people.operator(work.tenant_id), f"channel:{kind}", on=on, reason=reason)
    return {"channel": kind, "on": on, "reason": reason}
