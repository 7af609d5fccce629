"""An object of GraphQL that is no view: its type, what it stands for, and its plain fields."""

from __future__ import annotations

from typing import Any

__all__ = ["Typed", "field_of", "type_of"]


class Typed:
    """An object whose plain fields are known at once; `of` is what the other fields are answered from."""

    __slots__ = ("fields", "of", "typename")

    def __init__(self, typename: str, of: Any, **fields: Any) -> None:
        """An object of the GraphQL type `typename`."""
        self.typename, self.of, self.fields = typename, of, fields


_VIEWS = {
    "CommitView": "Commit",
    "RepositoryView": "Repository",
    "PullView": "PullRequest",
    "ReviewView": "PullRequestReview",
    "DeploymentView": "Deployment",
    "RunView": "CheckSuite",
    "JobView": "CheckRun",
}


def type_of(source: Any, _info: Any, _abstract: Any) -> str:
    """The GraphQL type of an object where the schema leaves it open."""
    return source.typename if isinstance(source, Typed) else _VIEWS[type(source).__name__]


def field_of(source: Any, info: Any, **arguments: Any) -> Any:
    """A field that no answer is written for: a key of the object's fields."""
    fields = source.fields if isinstance(source, Typed) else source
    if isinstance(fields, dict) and info.field_name in fields:
        found = fields[info.field_name]
        return found(info, **arguments) if callable(found) else found
    message = f"the fake GitHub has no answer to {info.parent_type.name}.{info.field_name}"
    raise LookupError(message)
