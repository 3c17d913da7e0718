"""Speaks to OpenID Connect providers through the outbound guard: three short questions, no redirect followed."""

from __future__ import annotations

import base64
from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import quote_plus, urlencode

from pipewarden.people.rules import oidc
from pipewarden.people.rules.oidc import UntrustedError

if TYPE_CHECKING:
    from datetime import datetime

    from pipewarden.kit.outbound import Answer, Outbound
    from pipewarden.people.facts import Claimed, Flow, Metadata, Secrets

_OK = 200
_AGENT = {"User-Agent": "pipewarden", "Accept": "application/json"}


@dataclass(frozen=True, slots=True)
class OpenIdProviders:
    """Implements ``people.ports.IdentityProviders``.

    Attributes:
        within_s: seconds for each question; a person waits meanwhile.
    """

    outbound: Outbound
    within_s: float = 5.0

    def metadata(self, issuer: str) -> Metadata:
        """Ask a provider for its metadata, anew each time: whoever rotates keys or moves is followed at once."""
        found = self.outbound.get(oidc.discovery_address(issuer), _AGENT, within_s=self.within_s)
        return oidc.read_metadata(_whole(found, "metadata"), issuer)

    def prove(
        self, flow: Flow, secrets: Secrets, *, code: str, told_issuer: str, redirect: str, now: datetime
    ) -> Claimed:
        """Redeem a code at the provider to which this very sign-in went, and check its ID token."""
        provider = flow.provider
        about = self.metadata(provider.issuer)
        if about.says_issuer and not told_issuer:
            raise UntrustedError("the answer does not say whose it is, though the provider always does")  # RFC 9207 2.4
        form = oidc.token_request(provider, flow.client_secret, code, secrets.verifier, redirect)
        headers = _AGENT | {"Content-Type": "application/x-www-form-urlencoded"}
        if flow.client_secret and about.basic:
            word = f"{quote_plus(provider.client_id)}:{quote_plus(flow.client_secret)}"  # RFC 6749 2.3.1
            headers["Authorization"] = "Basic " + base64.b64encode(word.encode()).decode()
        elif flow.client_secret:
            form |= {"client_id": provider.client_id, "client_secret": flow.client_secret}
        answer = self.outbound.post(about.token, urlencode(form).encode(), headers, within_s=self.within_s)
        token, access = oidc.read_tokens(_whole(answer, "token answer"))
        keys = _whole(self.outbound.get(about.jwks, _AGENT, within_s=self.within_s), "key set")
        return oidc.read_id_token(token, keys, provider, secrets.nonce, access, now)


def _whole(answer: Answer, what: str) -> bytes:
    if answer.status != _OK:
        raise UntrustedError(f"the {what} came as HTTP {answer.status}")
    return answer.body
