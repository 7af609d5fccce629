"""Errors that GraphQL answers carry, in GitHub's words."""

from __future__ import annotations

from typing import Any

from graphql import GraphQLError

__all__ = ["Problem", "told"]


class Problem(GraphQLError):
    """An error with a type, such as `NOT_FOUND`; the field that it happens in is null."""

    def __init__(self, kind: str, message: str, **extensions: Any) -> None:
        """Say which type, in which words, with which extensions."""
        super().__init__(message, extensions=extensions)
        self.kind = kind


def told(error: GraphQLError) -> dict[str, Any]:
    """An error of the execution as GitHub writes it: with its type, and extensions only where there are some."""
    cause = error.original_error or error
    written: dict[str, Any] = {"type": cause.kind} if isinstance(cause, Problem) else {}
    written |= {
        "path": error.path or [],
        "locations": [{"line": one.line, "column": one.column} for one in error.locations or []],
    }
    if error.extensions:
        written["extensions"] = error.extensions
    return written | {"message": error.message}
