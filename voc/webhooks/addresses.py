"""Which addresses webhooks may go to: public ones, so that no endpoint makes the service call what stands beside it.

A name is looked up once for a call, and the call goes to the very address that was looked at: a name server that gives another
address the second time gains nothing.
"""

import ipaddress
import socket
from dataclasses import dataclass
from typing import Any, Final

_Address = ipaddress.IPv4Address | ipaddress.IPv6Address
_NAT64: Final = ipaddress.ip_network("64:ff9b::/96")
_SITE_LOCAL: Final = ipaddress.ip_network("fec0::/10")


class PrivateAddressError(Exception):
    """A name leads to an address that is not public."""


@dataclass(frozen=True, slots=True)
class Place:
    """An address to connect to, as `socket` takes it."""

    family: int
    address: tuple[Any, ...]


def look_up(host: str, port: int, *, private: bool) -> tuple[Place, ...]:
    """The addresses of a name. Raises PrivateAddressError where one of them is not public, unless `private`, and OSError."""
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except UnicodeError as error:
        raise socket.gaierror(f"{type(error).__name__}") from error
    if not private and not all(is_public(str(address[0])) for *_, address in found):
        raise PrivateAddressError
    return tuple(Place(family, address) for family, _, _, _, address in found)


def is_address(host: str) -> bool:
    """Whether a host is an address and no name.

    >>> is_address("10.0.0.1"), is_address("::1"), is_address("example.ir")
    (True, True, False)
    """
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return False
    return True


def is_public(host: str) -> bool:
    """Whether an address is one of the open network: not private, loopback, link-local, multicast or otherwise reserved.

    An IPv6 address that stands for an IPv4 one is as public as that.

    >>> is_public("8.8.8.8"), is_public("169.254.169.254"), is_public("::ffff:127.0.0.1")
    (True, False, False)
    """
    address = ipaddress.ip_address(host)
    inner = _inner(address)
    if inner is not None:
        return _is_open(inner)
    return _is_open(address) and address not in _SITE_LOCAL


def _inner(address: _Address) -> ipaddress.IPv4Address | None:
    if isinstance(address, ipaddress.IPv4Address):
        return None
    if address in _NAT64:
        return ipaddress.IPv4Address(int(address) & 0xFFFFFFFF)
    return address.ipv4_mapped or address.sixtofour


def _is_open(address: _Address) -> bool:
    return address.is_global and not (address.is_multicast or address.is_reserved or address.is_unspecified)
