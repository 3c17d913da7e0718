"""An OpenID Connect provider on 127.0.0.1 that signs with a real key, and that can be told how to misbehave."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs, unquote_plus, urlencode, urlsplit

from joserfc import jwt
from joserfc.jwk import ECKey, OKPKey, RSAKey
from robot_street import Asked, Street, said, street

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from datetime import datetime

    from robot_street import Said

CLIENT, SECRET = "pipewarden-at-gas-a", "client secret & 管".encode("ascii", "replace").decode()
KEYS = {
    "RS256": RSAKey.generate_key(2048, {"kid": "k-rsa", "use": "sig"}),
    "ES256": ECKey.generate_key("P-256", {"kid": "k-ec", "use": "sig"}),
    "EdDSA": OKPKey.generate_key("Ed25519", {"kid": "k-ed", "use": "sig"}),
}
OTHER = RSAKey.generate_key(2048, {"kid": "k-rsa", "use": "sig"})  # a stranger's, under the same name


@dataclass(slots=True)
class IdProvider:
    """One provider.

    Attributes:
        now: what time it is there.
        alg: what it signs with.
        twist: how it misbehaves; empty for not at all.
        more: further members of its metadata.
        elsewhere: where a redirect leads.
        subject: who sits at the browser that comes to its sign-in page.
    """

    now: Callable[[], datetime]
    alg: str = "RS256"
    twist: str = ""
    secret: str = SECRET
    email: str = ""
    email_verified: object = True
    more: dict[str, Any] = field(default_factory=dict)
    elsewhere: str = "http://169.254.169.254/latest/"
    subject: str = "sub-1"
    street: Street | None = None
    codes: dict[str, dict[str, str]] = field(default_factory=dict)
    redeemed: list[str] = field(default_factory=list)

    @property
    def issuer(self) -> str:
        assert self.street is not None
        return self.street.url

    def answer(self, asked: Asked) -> Said:
        name = asked.path.rpartition("/")[2]
        if self.twist == f"{name} redirects":
            return 302, {"Location": self.elsewhere}, b""
        if self.twist == f"{name} is broken":
            return 500, {}, b"<html>"
        if self.twist == f"{name} is garbage":
            return 200, {}, b"[1, 2"
        if self.twist == f"{name} is a list":
            return said([])  # type: ignore[arg-type]
        if self.twist == f"{name} is endless":
            return 200, {}, b'{"a": "' + b"x" * 200_000
        pages = {"openid-configuration": self.metadata, "jwks": self.jwks, "token": self.token}
        return (pages | {"authorize": self.authorize})[name](asked)

    def authorize(self, asked: Asked) -> Said:
        """Send a browser straight back, as a provider does at which somebody is signed in already."""
        query = self.at_authorize(f"{self.issuer}/authorize?{urlencode(asked.query)}", self.subject)
        return 302, {"Location": f"{asked.query['redirect_uri']}?{urlencode(query)}"}, b""

    def metadata(self, _asked: Asked) -> Said:
        document: dict[str, Any] = {
            "issuer": "https://other.example.org" if self.twist == "metadata of another issuer" else self.issuer,
            "authorization_endpoint": f"{self.issuer}/authorize",
            "token_endpoint": f"{self.issuer}/token",
            "jwks_uri": f"{self.issuer}/jwks",
        }
        return said(document | self.more)

    def jwks(self, _asked: Asked) -> Said:
        keys = [key.as_dict(private=False) for key in KEYS.values()]
        if self.twist == "a symmetric key is offered":
            keys = [{"kty": "oct", "kid": "k-rsa", "k": base64.urlsafe_b64encode(b"k" * 32).decode().rstrip("=")}]
        if self.twist == "no keys":
            keys = []
        return said({"keys": keys})

    def at_authorize(self, address: str, subject: str) -> dict[str, str]:
        """Return what the browser is sent back with, after somebody signed in here; checks what was asked."""
        parts = urlsplit(address)
        asked = {name: values[0] for name, values in parse_qs(parts.query).items()}
        assert f"{parts.scheme}://{parts.netloc}{parts.path}" == f"{self.issuer}/authorize"
        assert asked["response_type"] == "code"
        assert asked["code_challenge_method"] == "S256"
        assert "openid" in asked["scope"].split()
        assert len(asked["state"]) >= 43
        assert len(asked["nonce"]) >= 43
        code = f"code-{len(self.codes)}-{subject}"
        self.codes[code] = asked | {"sub": subject}
        return {"code": code, "state": asked["state"], "iss": self.issuer}

    def token(self, asked: Asked) -> Said:
        form = {name: values[0] for name, values in parse_qs(asked.body.decode()).items()}
        known = self.codes.get(form.get("code", ""))
        challenge = base64.urlsafe_b64encode(hashlib.sha256(form["code_verifier"].encode()).digest()).rstrip(b"=")
        if (
            known is None
            or form["code"] in self.redeemed
            or form["redirect_uri"] != known["redirect_uri"]
            or challenge.decode() != known["code_challenge"]
            or self._client(asked, form) != (known["client_id"], self.secret)
        ):
            return said({"error": "invalid_grant"}, 400)
        self.redeemed.append(form["code"])
        if self.twist == "no id token":
            return said({"access_token": "at", "token_type": "Bearer"})
        return said({"access_token": "at", "token_type": "Bearer", "id_token": self.id_token(known)})

    def _client(self, asked: Asked, form: dict[str, str]) -> tuple[str, str]:
        word = asked.headers.get("authorization", "")
        if not word:
            return form["client_id"], form.get("client_secret", "")
        name, _, secret = base64.b64decode(word.removeprefix("Basic ")).decode().partition(":")
        return unquote_plus(name), unquote_plus(secret)

    def claims(self, known: dict[str, str]) -> dict[str, Any]:
        now = int(self.now().timestamp())
        whole = hashlib.sha512(b"at") if self.alg == "EdDSA" else hashlib.sha256(b"at")
        half = whole.digest()[: whole.digest_size // 2]
        claims: dict[str, Any] = {
            "iss": self.issuer,
            "sub": known["sub"],
            "aud": known["client_id"],
            "iat": now,
            "exp": now + 300,
            "nonce": known["nonce"],
            "at_hash": base64.urlsafe_b64encode(half).rstrip(b"=").decode(),
        }
        if self.email:
            claims |= {"email": self.email, "email_verified": self.email_verified}
        return claims | self.bent(claims, now)

    def bent(self, claims: dict[str, Any], now: int) -> dict[str, Any]:
        twists: dict[str, dict[str, Any]] = {
            "wrong nonce": {"nonce": "x" * 43},
            "no nonce": {"nonce": None},
            "wrong audience": {"aud": "somebody-else"},
            "two audiences": {"aud": [claims["aud"], "somebody-else"]},
            "two audiences, made for the other": {"aud": [claims["aud"], "evil"], "azp": "evil"},
            "made for another client": {"azp": "evil"},
            "expired": {"exp": now - 120},
            "no end": {"exp": None},
            "not yet": {"nbf": now + 600},
            "of tomorrow": {"iat": now + 86_400, "exp": now + 90_000},
            "of yesterday": {"iat": now - 86_400},
            "no time": {"iat": None},
            "another issuer": {"iss": "https://other.example.org"},
            "no issuer": {"iss": None},
            "no subject": {"sub": None},
            "empty subject": {"sub": ""},
            "a subject that is a list": {"sub": ["admin"]},
            "another access token": {"at_hash": "x" * 22},
            "time as text": {"exp": "tomorrow"},
        }
        return twists.get(self.twist, {})

    def id_token(self, known: dict[str, str]) -> str:  # noqa: PLR0911  one for each way to misbehave
        claims = {name: value for name, value in self.claims(known).items() if value is not None}
        key = KEYS[self.alg]
        if self.twist == "another key":
            key = OTHER
        if self.twist in {"alg none", "alg NONE"}:
            return f"{_part({'alg': self.twist.removeprefix('alg ')})}.{_part(claims)}."
        if self.twist == "HS256 with the public key":
            return _by_hand({"alg": "HS256", "kid": "k-rsa"}, claims, KEYS["RS256"].as_pem(private=False))
        if self.twist == "a symmetric key is offered":
            return _by_hand({"alg": "HS256", "kid": "k-rsa"}, claims, b"k" * 32)
        if self.twist == "its own key in the header":
            header = {"alg": "RS256", "kid": "k-evil", "jwk": OTHER.as_dict(private=False)}
            return jwt.encode(header, claims, OTHER, algorithms=["RS256"])
        kid = "k-unknown" if self.twist == "unknown key" else key.kid
        made = jwt.encode({"alg": self.alg, "kid": kid}, claims, key, algorithms=[self.alg])
        if self.twist == "changed after signing":
            head, _, tail = made.split(".")
            return f"{head}.{_part(claims | {'sub': 'admin'})}.{tail}"
        if self.twist == "cut off":
            return made[: len(made) // 2]
        return made


def _part(document: dict[str, Any]) -> str:
    return base64.urlsafe_b64encode(json.dumps(document).encode()).rstrip(b"=").decode()


def _by_hand(header: dict[str, Any], claims: dict[str, Any], key: bytes) -> str:
    signed = f"{_part(header)}.{_part(claims)}"
    mac = hmac.new(key, signed.encode(), hashlib.sha256).digest()
    return f"{signed}.{base64.urlsafe_b64encode(mac).rstrip(b'=').decode()}"


@contextmanager
def id_provider(now: Callable[[], datetime], **more: Any) -> Iterator[IdProvider]:
    """Open a provider for the time of a test."""
    made = IdProvider(now, **more)
    with street(made.answer) as opened:
        made.street = opened
        yield made
