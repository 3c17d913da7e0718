"""Whom the settings name: checked before anything is opened, so that a picture never leaves by a typing error."""

from __future__ import annotations

import ipaddress
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from pipewarden.inference.facts import FailureKind, Lost, Reply, VisionModel
from pipewarden.inference.rules import origin_of, profile_of
from pipewarden.inference.store import shipped_profiles
from pipewarden.kit.errors import InputError

if TYPE_CHECKING:
    from pipewarden.kit.settings import Settings

_PATH = "/chat/completions"
_LONGEST_NAME, _SHORTEST_KEY = 200, 8


class NullEndpoint:
    """Implements ``inference.ports.VisionEndpoint`` where the settings name none: every question goes to a person."""

    about: VisionModel | None = None

    def send(self, body: bytes, within_s: float) -> Reply | Lost:
        """Send nothing."""
        del body, within_s
        return Lost(FailureKind.NOT_CONFIGURED, "no endpoint is set", sent=False)


def described(settings: Settings) -> tuple[VisionModel, str, str]:
    """Return the model, the address to post to and the key (empty for none) of the settings.

    Raises:
        InputError: a setting is missing or cannot be used; the field names it, the key is never shown.
    """
    url = settings.vision_url or ""
    origin = origin_of(url, "PIPEWARDEN_VISION_URL")
    if origin.startswith("http://") and not (settings.vision_plain_http or _is_here(origin)):
        raise InputError(
            field="PIPEWARDEN_VISION_URL",
            problem="is plain http to another machine: key and pictures could be read on the way",
            fix="Use https, or set PIPEWARDEN_VISION_PLAIN_HTTP=true for a network of your own.",
        )
    name = settings.vision_model or ""
    if not 0 < len(name) <= _LONGEST_NAME or not name.isprintable():
        raise InputError(
            field="PIPEWARDEN_VISION_MODEL", problem="is not set", fix="Give the name the endpoint knows the model by."
        )
    profile = profile_of(name, shipped_profiles(), settings.vision_profile)
    about = VisionModel(
        name=name,
        endpoint=origin,
        scale=profile.scale,
        multiple=profile.multiple,
        most_pixels=profile.most_pixels,
        reply_format=profile.reply_format,
        limit_name=profile.limit_name,
        answer_tokens=profile.answer_tokens,
        picture_tokens=profile.picture_tokens,
        price_prompt=_price(settings.vision_price_prompt, "PROMPT"),
        price_completion=_price(settings.vision_price_completion, "COMPLETION"),
        timeout_s=settings.vision_timeout_s,
    )
    return about, url.rstrip("/").removesuffix(_PATH) + _PATH, _key(settings)


def _is_here(origin: str) -> bool:
    host = urlsplit(origin).hostname or ""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def _price(told: int | None, word: str) -> int:
    if told is None:
        raise InputError(
            field=f"PIPEWARDEN_VISION_PRICE_{word}",
            problem="is not set, so no budget could hold",
            fix="Give the price of a million tokens in 0.0001 yuan; 0 for a machine of your own.",
        )
    return told


def _key(settings: Settings) -> str:
    key = "" if settings.vision_key is None else settings.vision_key.get_secret_value()
    if key and not (len(key) >= _SHORTEST_KEY and key.isascii() and key.isprintable() and " " not in key):
        raise InputError(
            field="PIPEWARDEN_VISION_KEY",
            problem=f"is shorter than {_SHORTEST_KEY} signs, or holds a sign that no header takes",
            fix="Copy the key again, without quotes and line break.",
        )
    return key
