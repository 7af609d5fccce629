"""By which names people may reach the dashboard: a page elsewhere cannot read it under a name of its own.

A web page whose name leads to an address inside a company (DNS rebinding) sends that name as its host, so a name that
nobody gave is refused, whatever is asked for. Addresses in numbers cannot be rebound.
"""

from __future__ import annotations

import contextlib
import ipaddress
import socket
from collections.abc import Sequence

__all__ = ["LOOPBACK_HOSTS", "accepted_hosts", "is_loopback"]

LOOPBACK_HOSTS = ("localhost", "127.0.0.1", "::1")
# Of the network for documentation (RFC 5737): connecting a datagram socket sends nothing, it only chooses a route.
_ELSEWHERE = ("192.0.2.1", 9)


def accepted_hosts(address: str, hosts: Sequence[str] = ()) -> list[str]:
    """The names to accept on an address: those of the settings, else those of this machine; always loopback's.

    A proxy and a health check on this machine use loopback's names.
    """
    others = list(hosts) or ([] if is_loopback(address) else _names_of_machine(address))
    return list(dict.fromkeys((*LOOPBACK_HOSTS, *(host.lower() for host in others))))


def is_loopback(address: str) -> bool:
    """Whether only this machine reaches an address."""
    try:
        return ipaddress.ip_address(address).is_loopback
    except ValueError:
        return address == "localhost"


def _names_of_machine(address: str) -> list[str]:
    """The names by which others may call this machine at an address."""
    names = [socket.gethostname(), socket.getfqdn()]
    if not _is_every_address(address):
        return [address, *names]
    with contextlib.suppress(OSError):
        names += [str(entry[4][0]) for entry in socket.getaddrinfo(socket.gethostname(), None)]
    with contextlib.suppress(OSError), socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        probe.connect(_ELSEWHERE)
        names.append(str(probe.getsockname()[0]))
    return names


def _is_every_address(address: str) -> bool:
    try:
        return ipaddress.ip_address(address).is_unspecified
    except ValueError:
        return address == ""
