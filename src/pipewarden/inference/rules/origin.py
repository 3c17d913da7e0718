"""An address as tenants allow it: scheme, host and port, and nothing that could carry a secret or a second meaning."""

from __future__ import annotations

from urllib.parse import SplitResult, urlsplit

from pipewarden.kit.errors import InputError

_PORTS = {"https": 443, "http": 80}
_FIX = "Write it like https://vision.example.com/v1, without user, password or query."


def origin_of(url: str, field: str) -> str:
    """Return ``scheme://host[:port]`` of an address in small letters, the usual port left out.

    Raises:
        InputError: it is not http(s), has no host, or carries user, password, query or fragment.
    """
    try:
        parts = urlsplit(url)
        host, port = parts.hostname, parts.port
    except ValueError as error:
        raise InputError(field=field, problem="is no address", fix=_FIX) from error
    if parts.scheme not in _PORTS or not host or not url.isascii() or not url.isprintable():
        raise InputError(field=field, problem="is no http(s) address with a host", fix=_FIX)
    if "@" in parts.netloc or parts.query or parts.fragment or "\\" in url or " " in url:
        raise InputError(field=field, problem="carries a user, password, query or fragment", fix=_FIX)
    return _joined(parts, host, port)


def _joined(parts: SplitResult, host: str, port: int | None) -> str:
    shown = f"[{host}]" if ":" in host else host
    return f"{parts.scheme}://{shown}" + ("" if port in {None, _PORTS[parts.scheme]} else f":{port}")
