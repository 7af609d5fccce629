"""Global node ids, as opaque as GitHub's: a prefix for the kind, and what it is of."""

from __future__ import annotations

import base64
import binascii

__all__ = ["node_id", "parts_of"]


def node_id(kind: str, *parts: int | str) -> str:
    """`PR_NzAwMDAwMDAwOjMw…` for a kind and its numbers."""
    packed = base64.urlsafe_b64encode(":".join(str(part) for part in parts).encode())
    return f"{kind}_{packed.decode().rstrip('=')}"


def parts_of(node: str) -> tuple[str, list[str]]:
    """The kind and the numbers; an empty kind for what is no node id."""
    kind, _, packed = node.partition("_")
    try:
        text = base64.urlsafe_b64decode(packed + "=" * (-len(packed) % 4)).decode()
    except (binascii.Error, UnicodeDecodeError):
        return "", []
    return kind, text.split(":")
