"""Takes secrets and people's numbers out of what is written down: by the name of a field, by their shape, by value.

A line of a log travels farther than anybody thinks (safety.md T25: a viewer read ``rtsp://admin:password@``). So the
root of the log passes everything through here, and whoever writes words of a stranger's into a row may, too. Better a
word too many hidden than one too few.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

HIDDEN = "***"
_LEAST_LEARNT = 6  # shorter ones stand in ordinary words
_DEEPEST = 6
_NAMES = re.compile(
    r"(?:^|[_\-.\s])(?:pass(?:word|wd|phrase|code)?|pwd|secrets?|tokens?|api_?keys?|(?:access|private|signing|session|"
    r"vision|metrics|service|webhook)_?keys?|auth|authorization|bearer|cookies?|csrf|credentials?|userinfo|otp|totp|"
    r"phones?|mobiles?|tel|id_?card|pin)(?:$|[_\-.\s](?:value|text|hash|header|no|number)?)",
    re.IGNORECASE,
)
_WORDS = (
    r"password|passwd|passphrase|passcode|pwd|secret|token|access_token|refresh_token|api_?key|apikey|"
    r"private_key|signing_key|session_key|csrf|x-csrf-token|cookie|set-cookie|otp|totp|sign|pipewarden_session"
)
_SHAPES: tuple[tuple[re.Pattern[str], str], ...] = (
    (re.compile(r"://[^/\s\"'<>]*@"), f"://{HIDDEN}@"),  # user:password@ of an address
    (re.compile(r"(?i)\b(bearer|basic)\s+[A-Za-z0-9._~+/=-]{6,}"), rf"\1 {HIDDEN}"),
    (re.compile(r"(?i)(\bauthorization[\"']?\s*[:=]\s*)[\"']?[^\s,;\"'}]+"), rf"\1{HIDDEN}"),
    (re.compile(rf"(?i)((?<![A-Za-z])(?:{_WORDS})[\"']?\s*[:=]\s*)[\"']?[^\s,;&\"'}})\]]+"), rf"\1{HIDDEN}"),
    (re.compile(r"(?i)([?&](?:key|code|auth|sig|signature)=)[^&\s\"'<>]+"), rf"\1{HIDDEN}"),
    (re.compile(r"(/(?:bot/v2/hook|v1/ack|hooks?)/)[A-Za-z0-9._~-]{8,}"), rf"\1{HIDDEN}"),  # the path is the key
    (re.compile(r"\bpw_[a-z2-7]{8}_[A-Za-z0-9_-]{43}"), HIDDEN),  # our own API keys
    (re.compile(r"\bwhsec_[A-Za-z0-9+/=_-]{8,}"), HIDDEN),
    (re.compile(r"-----BEGIN [A-Z ]*PRIVATE KEY-----.*?(?:-----END [A-Z ]*PRIVATE KEY-----|$)", re.DOTALL), HIDDEN),
    (re.compile(r"\beyJ[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]{4,}\.[A-Za-z0-9_-]*"), HIDDEN),  # JSON web tokens
    (
        re.compile(r"(?<![A-Za-z0-9_.-])(?:\+?86[- ]?)?1[3-9]\d[- ]?\d{4}[- ]?\d{4}(?![A-Za-z0-9_-])"),
        HIDDEN,
    ),  # mobile, mainland China
    (re.compile(r"(?<![A-Za-z0-9_-])0\d{2,3}-\d{7,8}(?![A-Za-z0-9_-])"), HIDDEN),
    (re.compile(r"(?<![A-Za-z0-9_.])\+\d{1,3}[- ]?\d[\d -]{6,13}\d(?![\w.])"), HIDDEN),
)


class Redactor:
    """Hides secrets in values and texts.

    It knows shapes, and the very secrets of this process, which it is told at its start.
    """

    def __init__(self, secrets: Iterable[str] = ()) -> None:
        told = {one for one in secrets if len(one) >= _LEAST_LEARNT}
        self._known = re.compile("|".join(re.escape(one) for one in sorted(told, key=len, reverse=True)) or r"(?!)")

    def text(self, said: str) -> str:
        """Return a text without what is secret in it."""
        said = self._known.sub(HIDDEN, said)
        for shape, instead in _SHAPES:
            said = shape.sub(instead, said)
        return said

    def value(self, said: object, name: str = "", *, depth: int = 0) -> object:
        """Return a value as numbers, words, lists and maps, without what is secret in it; other things as their words.

        Args:
            said: anything.
            name: of the field that holds it; one that names a secret hides whatever it holds.
            depth: how deep it lies; too deep it is told as words.
        """
        if said is None or isinstance(said, bool | float):
            return said
        if name and _NAMES.search(name):
            return HIDDEN
        if isinstance(said, int):
            return HIDDEN if self.text(str(said)) != str(said) else int(said)
        if depth < _DEEPEST and isinstance(said, Mapping):
            return {self.text(str(key)): self.value(each, str(key), depth=depth + 1) for key, each in said.items()}
        if depth < _DEEPEST and isinstance(said, Collection) and not isinstance(said, str | bytes | bytearray):
            return [self.value(each, depth=depth + 1) for each in said]
        return self.text(said if isinstance(said, str) else repr(said))
