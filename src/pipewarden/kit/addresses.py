"""Which addresses this house speaks to: the rule that every way out of it asks before its first byte (safety.md T2).

Networks that are not public are closed but for those the operator opens, to all tenants or to one; link-local ones,
where clouds keep their keys, are never open. Only the standard library is needed, so that a child process can ask too.
"""

from __future__ import annotations

import ipaddress
import socket
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, TypeAlias

from pipewarden.kit.errors import InputError, RefusedError

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

Address: TypeAlias = ipaddress.IPv4Address | ipaddress.IPv6Address
Network: TypeAlias = ipaddress.IPv4Network | ipaddress.IPv6Network
# all but what is never open: for a person at the machine itself, who could reach it by any other program too
ANYWHERE: tuple[Network, ...] = (ipaddress.IPv4Network("0.0.0.0/0"), ipaddress.IPv6Network("::/0"))
_CARRIERS = tuple(  # whose last four bytes are an IPv4 address: RFC 6052 2.1, RFC 2765 2.1, RFC 4291 2.5.5.1
    ipaddress.IPv6Network(one) for one in ("64:ff9b::/96", "::ffff:0:0:0/96", "::/96")
)
_OWN = (ipaddress.IPv6Address("::"), ipaddress.IPv6Address("::1"))
_PUBLIC = ipaddress.IPv6Network("2000::/3")  # RFC 4291 2.4: all that is given out; whatever else is, is somebody's own
# where clouds answer for a machine's keys outside the link-local networks
_KEYS = (ipaddress.ip_address("100.100.100.200"), ipaddress.ip_address("fd00:ec2::254"))


class ClosedError(RefusedError):
    """The address is one that this house does not speak to; the words are the same whatever is behind it."""


@dataclass(frozen=True, slots=True)
class Opened:
    """The networks that are not public and that the operator has opened.

    Attributes:
        everyone: to all tenants.
        only: by a tenant's key, to that tenant alone.
    """

    everyone: tuple[Network, ...] = ()
    only: Mapping[str, tuple[Network, ...]] = field(default_factory=dict)

    def to(self, tenant: str | None) -> tuple[Network, ...]:
        """Return what is open to a tenant by its key; what is open to everyone for None."""
        return self.everyone if tenant is None else (*self.everyone, *self.only.get(tenant, ()))


def read_opened(text: str, field_name: str) -> Opened:
    """Return what a setting opens: CIDRs with commas between them, ``tenant@`` before one that only that tenant has.

    Raises:
        InputError: one of them is no network.
    """
    everyone: list[Network] = []
    only: dict[str, tuple[Network, ...]] = {}
    for part in (one.strip() for one in text.split(",")):
        tenant, marked, cidr = part.rpartition("@")
        if not part:
            continue
        try:
            network = ipaddress.ip_network(cidr.strip())
        except ValueError as error:
            raise _no_network(field_name, str(error)) from error
        if marked and not tenant.strip():
            raise _no_network(field_name, f"{part!r} names no tenant")
        if marked:
            only[tenant.strip()] = (*only.get(tenant.strip(), ()), network)
        else:
            everyone.append(network)
    return Opened(tuple(everyone), only)


def is_public(text: str, opened: Iterable[Network] = ()) -> bool:
    """Return whether an address is public; False for one in a network that is opened.

    Args:
        text: an IPv4 or IPv6 address as ``getaddrinfo`` writes it.
        opened: networks that are not public and may be spoken to all the same.

    Raises:
        ClosedError: it is neither public nor opened.
    """
    written = ipaddress.ip_address(text.partition("%")[0])
    address = _inner(written)
    if address.is_link_local or address.is_multicast or address.is_unspecified or {written, address} & {*_KEYS}:
        raise closed("is not allowed")
    if any(address in network for network in opened if network.version == address.version):
        return False
    if not address.is_global or (isinstance(address, ipaddress.IPv6Address) and address not in _PUBLIC):
        raise closed("is not allowed")
    return True


def checked(host: str, port: int, opened: Iterable[Network]) -> list[str]:
    """Return the addresses that a host stands for, looked up once; all of them may be spoken to.

    Raises:
        ClosedError: one of them may not.
        OSError: the name stands for nothing, or nobody can say.
    """
    among = tuple(opened)
    try:
        found = [str(one[4][0]) for one in socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)]
    except UnicodeError as error:  # a label that no name server takes
        raise socket.gaierror(socket.EAI_NONAME, "its name is unknown") from error
    for one in found:
        is_public(one, among)
    return found


def closed(problem: str) -> ClosedError:
    """Return the error of an address that may not be spoken to."""
    return ClosedError(
        field="address", problem=problem, fix="Use a public https address, or ask the operator to open its network."
    )


def _inner(address: Address) -> Address:
    """Return the IPv4 address that an IPv6 one carries, which is where the packets end."""
    if isinstance(address, ipaddress.IPv4Address):
        return address
    if address.ipv4_mapped is not None:
        return address.ipv4_mapped
    if address.sixtofour is not None:
        return address.sixtofour
    if address not in _OWN and any(address in one for one in _CARRIERS):
        return ipaddress.IPv4Address(int(address) & 0xFFFFFFFF)
    return address if address.teredo is None else address.teredo[1]


def _no_network(field_name: str, problem: str) -> InputError:
    return InputError(
        field=field_name,
        problem=f"holds what is no network ({problem})",
        fix="Write it like 10.20.0.0/16,fd00::/8, or acme@10.30.0.0/16 for the tenant acme alone.",
    )
