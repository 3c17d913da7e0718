"""Implements ``exchange.ports.Wire`` on the outbound guard: cities' lists may be large and are read as they come."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import urlencode

import httpx

from pipewarden.exchange.ports import Got
from pipewarden.kit.errors import InputError, UnavailableError
from pipewarden.kit.outbound import CheckedTransport

if TYPE_CHECKING:
    from collections.abc import Mapping

    from pipewarden.kit.outbound import Outbound

_CONNECT_S, _READ_S = 4.0, 10.0
_MOST_STEPS = 3
_FIX = "Check the address, and that the server is up."


@dataclass(frozen=True, slots=True)
class GuardedWire:
    """The way out; ``outbound`` says what is opened to whom."""

    outbound: Outbound

    def get(self, url: str, params: Mapping[str, str], *, tenant: str, most: int, within_s: float) -> Got:
        """Get an address, as ``Wire`` says."""
        until, got = time.monotonic() + within_s, bytearray()
        opened = self.outbound.opened.to(tenant)
        try:
            with (
                httpx.Client(
                    timeout=httpx.Timeout(min(_READ_S, within_s), connect=_CONNECT_S),
                    follow_redirects=True,
                    max_redirects=_MOST_STEPS,
                    transport=CheckedTransport(opened),
                    headers={"Accept-Encoding": "identity"},
                    trust_env=False,
                ) as client,
                client.stream("GET", httpx.URL(url, params=dict(params)) if params else url) as reply,
            ):
                for part in reply.iter_raw():  # with a size, httpx would wait until so much has come
                    got += part
                    if len(got) > most:
                        raise InputError(field="answer", problem=f"is larger than {most >> 20} MB", fix=_FIX)
                    if time.monotonic() > until:
                        raise _unanswered(f"takes longer than {within_s:.0f} s")
                return Got(reply.status_code, bytes(got))
        except (httpx.HTTPError, httpx.InvalidURL) as error:
            raise _unanswered(f"does not answer ({type(error).__name__})") from error

    def post(self, url: str, form: Mapping[str, str], *, tenant: str, within_s: float) -> Got:
        """Post a form, as ``Wire`` says."""
        headers = {"Content-Type": "application/x-www-form-urlencoded"}
        answer = self.outbound.post(url, urlencode(form).encode(), headers, within_s=within_s, tenant=tenant)
        return Got(answer.status, answer.body)


def _unanswered(problem: str) -> UnavailableError:
    return UnavailableError(field="address", problem=problem, fix=_FIX)
