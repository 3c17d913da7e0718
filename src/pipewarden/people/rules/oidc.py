"""OpenID Connect as a relying party: what is sent, what of a provider's answers is believed. No IO, no clock.

Sources: OpenID Connect Core 1.0 (3.1.2, 3.1.3.7, 15.5.2), Discovery 1.0 (4.3), RFC 7636 (PKCE), RFC 9207 (issuer in
the answer), RFC 9700 (security of OAuth 2.0). Signatures and claims are read by Authlib and joserfc.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode, urlsplit

from authlib.oauth2.rfc7636 import create_s256_code_challenge
from authlib.oidc.core import CodeIDToken
from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import KeySet

from pipewarden.kit.errors import InputError
from pipewarden.people.facts import Claimed, Metadata, Secrets

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from pipewarden.people.facts import NewProvider, Provider

SCOPES = "openid email"
# asymmetric ones alone: with HS256 a provider's public key would be the secret, with "none" there is no signature
ALGORITHMS = ("RS256", "PS256", "ES256", "EdDSA", "RS384", "RS512", "PS384", "PS512", "ES384", "ES512")
_SKEW_S = 60  # seconds that two clocks may differ
_OLDEST_S = 600  # a token is made when its code is redeemed; one older than ten minutes was made for something else
_LONGEST_SUBJECT = 255  # Core 2: "MUST NOT exceed 255 ASCII characters in length"
_LONGEST_NAME, _LONGEST_ID = 60, 300
_LONGEST_TOKEN = 20_000


class UntrustedError(Exception):
    """An answer of a provider does not hold; the words say why and repeat nothing of it."""


def secrets_of(token: str) -> Secrets:
    """Return state, nonce and PKCE verifier of a browser's cookie (Core 15.5.2: a nonce from an HttpOnly cookie)."""
    return Secrets(*(_derived(token, use) for use in ("state", "nonce", "verifier")))


def _derived(token: str, use: str) -> str:
    mac = hmac.new(token.encode("utf-8", "surrogatepass"), f"pipewarden oidc {use} v1".encode(), hashlib.sha256)
    return base64.urlsafe_b64encode(mac.digest()).rstrip(b"=").decode()


def check_provider(wanted: NewProvider) -> NewProvider:
    """Return a provider as it is kept.

    Raises:
        InputError: a field cannot be used.
    """
    name = wanted.name.strip()
    if not 0 < len(name) <= _LONGEST_NAME or not name.isprintable():
        raise InputError(field="name", problem="is empty, too long or not printable", fix="Give 1-60 characters.")
    _check_issuer(wanted.issuer)
    for field, text in (("client_id", wanted.client_id), ("client_secret", wanted.client_secret)):
        if len(text) > _LONGEST_ID or not text.isprintable() or not text.isascii() or text != text.strip():
            raise InputError(field=field, problem="cannot be used", fix="Copy it from the provider's own page.")
    if not wanted.client_id:
        raise InputError(field="client_id", problem="is empty", fix="Copy it from the provider's own page.")
    domains = tuple(sorted({one.strip().lower() for one in wanted.domains if one.strip()}))
    if wanted.by_email and not domains:
        raise InputError(
            field="domains",
            problem="are empty, so that any mailbox in the world could be bound",
            fix="Name the domains whose addresses this provider answers for, like gas.example.org.",
        )
    if any("." not in one or not one.isascii() or "@" in one or " " in one for one in domains):
        raise InputError(field="domains", problem="hold what is no domain", fix="Write them like gas.example.org.")
    return type(wanted)(name, wanted.issuer, wanted.client_id, wanted.client_secret, wanted.by_email, domains)


def _check_issuer(issuer: str) -> None:
    try:
        parts = urlsplit(issuer)
        bad = parts.scheme not in {"https", "http"} or not parts.hostname or parts.port == 0
    except ValueError:
        bad = True
        parts = urlsplit("")
    plain = issuer.isascii() and issuer.isprintable() and " " not in issuer and len(issuer) <= _LONGEST_ID
    if bad or not plain or parts.query or parts.fragment or "@" in parts.netloc:
        raise InputError(
            field="issuer", problem="is no issuer's address", fix="Write it as the provider does, like https://id.host."
        )


def discovery_address(issuer: str) -> str:
    """Return where a provider's metadata lie (Discovery 4)."""
    return issuer.rstrip("/") + "/.well-known/openid-configuration"


def read_metadata(body: bytes, issuer: str) -> Metadata:
    """Return what a discovery document says.

    Raises:
        UntrustedError: it is no such document, speaks of another issuer, or names an address of another scheme.
    """
    document = _json(body, "metadata")
    if document.get("issuer") != issuer:
        raise UntrustedError("the metadata speak of another issuer")  # Discovery 4.3: it MUST be identical
    found = [document.get(name) for name in ("authorization_endpoint", "token_endpoint", "jwks_uri")]
    scheme = urlsplit(issuer).scheme
    for one in found:
        if not isinstance(one, str) or not one.isascii() or not one.isprintable() or "#" in one or " " in one:
            raise UntrustedError("the metadata lack an address")
        if urlsplit(one).scheme not in {"https", scheme} or "@" in urlsplit(one).netloc:
            raise UntrustedError("the metadata name an address that is not https")
    methods = document.get("token_endpoint_auth_methods_supported", ["client_secret_basic"])
    return Metadata(
        issuer=issuer,
        authorization=str(found[0]),
        token=str(found[1]),
        jwks=str(found[2]),
        says_issuer=document.get("authorization_response_iss_parameter_supported") is True,
        basic=not isinstance(methods, list) or "client_secret_basic" in methods or "client_secret_post" not in methods,
    )


def authorization_address(metadata: Metadata, provider: Provider, secrets: Secrets, redirect: str) -> str:
    """Return where the browser goes: authorization code with PKCE (S256), state and nonce."""
    asked = {
        "response_type": "code",
        "client_id": provider.client_id,
        "redirect_uri": redirect,
        "scope": SCOPES if provider.by_email else "openid",
        "state": secrets.state,
        "nonce": secrets.nonce,
        "code_challenge": create_s256_code_challenge(secrets.verifier),
        "code_challenge_method": "S256",
    }
    return metadata.authorization + ("&" if "?" in metadata.authorization else "?") + urlencode(asked)


def token_request(provider: Provider, secret: str, code: str, verifier: str, redirect: str) -> dict[str, str]:
    """Return the form that redeems a code; a public client names itself in it (RFC 6749 4.1.3)."""
    form = {"grant_type": "authorization_code", "code": code, "redirect_uri": redirect, "code_verifier": verifier}
    return form if secret else form | {"client_id": provider.client_id}


def read_tokens(body: bytes) -> tuple[str, str]:
    """Return the ID token and the access token of a token endpoint's answer.

    Raises:
        UntrustedError: there is no ID token, or it is absurdly long.
    """
    document = _json(body, "token answer")
    found, access = document.get("id_token"), document.get("access_token", "")
    if not isinstance(found, str) or not 0 < len(found) <= _LONGEST_TOKEN or not isinstance(access, str):
        raise UntrustedError("the token answer has no ID token")
    return found, access


def read_id_token(  # noqa: PLR0917  each is named at the only call
    token: str, keys: bytes, provider: Provider, nonce: str, access: str, now: datetime
) -> Claimed:
    """Return what an ID token says, after every check of Core 3.1.3.7.

    Raises:
        UntrustedError: signature, issuer, audience, time or nonce do not hold.
    """
    try:
        told = jwt.decode(token, _keys(keys), algorithms=list(ALGORITHMS))
        claims = CodeIDToken(
            told.claims,
            told.header,
            options={"iss": {"value": provider.issuer}, "aud": {"value": provider.client_id}},
            params={"nonce": nonce, "client_id": provider.client_id, "access_token": access},
        )
        claims.validate(now=int(now.timestamp()), leeway=_SKEW_S)
    except (JoseError, ValueError, TypeError, KeyError, AttributeError) as error:
        raise UntrustedError(f"the ID token does not hold ({type(error).__name__}: {_what(error)})") from error
    issued, subject = told.claims["iat"], told.claims["sub"]
    if not abs(now.timestamp() - issued) <= _OLDEST_S:
        raise UntrustedError("the ID token was made at another time")
    audience = told.claims["aud"]
    if isinstance(audience, list) and len(audience) > 1 and told.claims.get("azp") != provider.client_id:
        raise UntrustedError("the ID token was made for somebody else too")  # Core 3.1.3.7 (4, 5)
    if not isinstance(subject, str) or not 0 < len(subject) <= _LONGEST_SUBJECT or not subject.isprintable():
        raise UntrustedError("the ID token names no subject")
    email = told.claims.get("email")
    proved = told.claims.get("email_verified") is True and isinstance(email, str)
    return Claimed(provider.issuer, subject, str(email) if proved else "")


def _keys(body: bytes) -> KeySet:
    """Return the public keys of a JWKS that may sign; one that could be a shared secret is none."""
    listed = _json(body, "key set").get("keys")
    if not isinstance(listed, list):
        raise UntrustedError("the key set has no keys")
    signing: list[Any] = [
        one
        for one in listed
        if isinstance(one, dict) and one.get("kty") in {"RSA", "EC", "OKP"} and one.get("use", "sig") == "sig"
    ]
    if not signing:
        raise UntrustedError("the key set has no key that signs")
    return KeySet.import_key_set({"keys": signing})


def _what(error: Exception) -> str:
    """Return a library's own short word for what is wrong, never what a token holds."""
    return str(getattr(error, "claim", "") or getattr(error, "error", ""))[:40]


def _json(body: bytes, what: str) -> Mapping[str, Any]:
    try:
        document = json.loads(body)
    except (ValueError, RecursionError) as error:
        raise UntrustedError(f"the {what} cannot be read") from error
    if not isinstance(document, dict):
        raise UntrustedError(f"the {what} cannot be read")
    return document


def may_bind_email(provider: Provider, email: str) -> bool:
    """Return whether a verified address may bind a person by itself: the tenant says so, and the domain is its own."""
    _, at, domain = email.rpartition("@")
    return provider.by_email and bool(at) and domain.lower() in provider.domains
