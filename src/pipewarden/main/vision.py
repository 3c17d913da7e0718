"""The operator's hand on the vision endpoint: permit it, look at it, try it with a drawn picture."""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import replace
from decimal import Decimal, InvalidOperation
from enum import StrEnum
from typing import TYPE_CHECKING, Literal

import cv2
import numpy as np

from pipewarden.inference import service as inference
from pipewarden.inference.adapters.openai import open_endpoint
from pipewarden.inference.facts import Answer, Picture, PictureRole, Question, VisionAnswer, VisionPolicy
from pipewarden.kit.errors import InputError
from pipewarden.main.home import open_home
from pipewarden.people import service as people

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from pipewarden.kit.settings import Settings
    from pipewarden.main.home import Home

_UNITS = 10_000  # 0.0001 yuan in a yuan
_MOST_YUAN = 10**8
_COLOURS = {"red": (40, 40, 220), "green": (60, 170, 40), "blue": (220, 90, 30), "yellow": (40, 220, 240)}  # BGR


class Colour(StrEnum):
    """The colours that the trial picture may have."""

    RED = "red"
    GREEN = "green"
    BLUE = "blue"
    YELLOW = "yellow"
    NONE = "none"


class TrialAnswer(VisionAnswer):
    """What the trial asks for."""

    kind: Literal["trial"]
    colour: Colour


@contextmanager
def _home(settings: Settings, tenant: str | None) -> Iterator[Home]:
    with open_home(settings) as home:
        if tenant is None:
            yield home
            return
        with home.factory.sessions() as session, session.begin():
            made = people.ensure_tenant(session, home.factory.clock, home.factory.ids, tenant)
        yield replace(home, tenant_id=made.id)


def units(yuan: str) -> int:
    """Return an amount of yuan in 0.0001 yuan.

    Raises:
        InputError: it is no amount of at most four decimals.
    """
    try:
        amount = Decimal(yuan) * _UNITS
    except InvalidOperation:
        amount = Decimal(-1)
    if not (amount.is_finite() and 0 <= amount <= _MOST_YUAN * _UNITS and amount == amount.to_integral_value()):
        raise InputError(
            field="--budget",
            problem=f"{yuan!r} is no amount of yuan with four decimals",
            fix="Write it as 25.50.",
        )
    return int(amount)


def permit(
    settings: Settings, endpoints: Sequence[str], *, yuan: str, per_minute: int, tenant: str | None
) -> dict[str, object]:
    """Let the tenant's pictures go to the endpoints, or to none, and return what holds now.

    Raises:
        InputError: an endpoint, the budget or the rate cannot be used.
    """
    policy = VisionPolicy(tuple(endpoints), units(yuan), per_minute)
    with _home(settings, tenant) as home, home.work() as work:
        kept = inference.set_vision_policy(work, people.operator(), policy)
    return {"endpoints": list(kept.endpoints), "budget": kept.budget, "per_minute": kept.per_minute}


def show(settings: Settings, *, tenant: str | None) -> dict[str, object]:
    """Return what the settings name, what the tenant permits, and how it stands today.

    Raises:
        InputError: a setting of the endpoint cannot be used.
    """
    with _home(settings, tenant) as home, open_endpoint(settings) as endpoint, home.work() as work:
        policy, about = inference.vision_policy(work), endpoint.about
        state = None if about is None else inference.vision_state(work, about)
        return {
            "endpoint": None if about is None else about.endpoint,
            "model": None if about is None else about.name,
            "allowed": [] if policy is None else list(policy.endpoints),
            "budget": 0 if policy is None else policy.budget,
            "per_minute": 0 if policy is None else policy.per_minute,
            "spent": 0 if state is None else state.spent,
            "reserved": 0 if state is None else state.reserved,
            "failures": 0 if state is None else state.failures,
            "open_until": None if state is None or state.open_until is None else state.open_until.isoformat(),
        }


def check(settings: Settings, *, tenant: str | None) -> dict[str, object]:
    """Ask the endpoint for the colour of a drawn square, through the whole door, and return how it ended.

    ``sees`` says whether it named the colour; a model that cannot see is right once in four times.

    Raises:
        InputError: a setting of the endpoint cannot be used.
    """
    with _home(settings, tenant) as home, open_endpoint(settings) as endpoint:
        trial = home.factory.ids.new()
        colour = list(_COLOURS)[trial.int % len(_COLOURS)]
        told = inference.ask(inference.Door(endpoint), home.work, _trial(colour, f"trial@{trial}"))
    if isinstance(told, Answer):
        return {
            "outcome": "answer",
            "sees": told.value.colour == colour,
            "repaired": told.repaired,
            "cost": told.cost,
            "ms": round(told.ms),
        }
    return {"outcome": told.kind.value, "problem": told.problem, "cost": told.cost, "ms": round(told.ms)}


def _trial(colour: str, version: str) -> Question[TrialAnswer]:
    drawn = np.full((280, 448, 3), 235, np.uint8)
    drawn[70:210, 140:308] = _COLOURS[colour]
    done, encoded = cv2.imencode(".jpg", drawn)
    if not done:
        raise RuntimeError("OpenCV must be able to encode pixels as JPEG")
    return Question(
        version=version,  # a new one each time: the record must not answer for the endpoint
        instructions='A drawn square lies on grey. Give kind "trial", its colour, and its box; no text is in it.',
        schema=TrialAnswer,
        pictures=(Picture(PictureRole.FRAME, encoded.tobytes()),),
    )
