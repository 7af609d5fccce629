"""What a query costs, by GitHub's formula, and the limits that it checks before anything runs.

Points are the requests that every connection takes, each filled to its `first` or `last`, divided by 100 and rounded,
at least 1; nodes are the sum of the products. (GitHub Docs, Rate limits and query limits for the GraphQL API.)
"""

from __future__ import annotations

from typing import Any, NamedTuple

from graphql import (
    DirectiveNode,
    DocumentNode,
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    GraphQLInterfaceType,
    GraphQLObjectType,
    GraphQLSchema,
    OperationDefinitionNode,
    SelectionNode,
    SelectionSetNode,
    get_named_type,
)
from graphql.utilities import value_from_ast_untyped

from tests.builders.github.problems import Problem

__all__ = ["Cost", "cost_of"]

MOST_NODES = 500_000
LARGEST_PAGE = 100


class Cost(NamedTuple):
    """Points of the rate limit, nodes, and the largest page that is asked for (a connection's, or a list of ids)."""

    points: int
    nodes: int
    page: int


class _Walk:
    """Adds up the selections of one operation."""

    def __init__(self, schema: GraphQLSchema, document: DocumentNode, variables: dict[str, Any]) -> None:
        self.schema, self.variables = schema, variables
        self.fragments = {
            one.name.value: one for one in document.definitions if isinstance(one, FragmentDefinitionNode)
        }
        self.requests = self.nodes = self.page = 0

    def selections(self, selected: SelectionSetNode, parent: Any, times: int, path: list[str]) -> None:
        """Add a selection set that is reached `times` times."""
        for one in selected.selections:
            if self._left_out(one):
                continue
            if isinstance(one, FieldNode):
                self.field(one, parent, times, [*path, one.alias.value if one.alias else one.name.value])
                continue
            part = self.fragments[one.name.value] if isinstance(one, FragmentSpreadNode) else one
            condition = part.type_condition  # type: ignore[union-attr]  # both kinds of fragment have it
            inner = self.schema.get_type(condition.name.value) if condition else parent
            self.selections(part.selection_set, inner, times, path)  # type: ignore[union-attr]

    def field(self, node: FieldNode, parent: Any, times: int, path: list[str]) -> None:
        """Add a field and what is below it."""
        if not isinstance(parent, (GraphQLObjectType, GraphQLInterfaceType)) or node.name.value not in parent.fields:
            return
        definition = parent.fields[node.name.value]
        inner = get_named_type(definition.type)
        if node.selection_set is None:
            return
        arguments = self._arguments(node)
        if inner.name.endswith("Connection"):
            size = self._size(node, arguments, path)
            if size is not None:
                self.requests += times
                times *= size
                self.nodes += times
        elif parent.name == "Query" and node.name.value == "nodes":
            times *= self._ids(arguments["ids"], path)
            self.nodes += times
        self.selections(node.selection_set, inner, times, path)

    def _size(self, node: FieldNode, arguments: dict[str, Any], path: list[str]) -> int | None:
        name = node.name.value
        for bound in ("first", "last"):
            size = arguments.get(bound)
            if size is None:
                continue
            if size > LARGEST_PAGE:
                raise _refusal(
                    "EXCESSIVE_PAGINATION",
                    f"Requesting {size} records on the `{name}` connection exceeds the `{bound}` limit of 100 records.",
                    path,
                )
            if size < 0:
                raise _refusal(
                    "ARGUMENT_LIMIT", f"`{bound}` on the `{name}` connection cannot be less than zero.", path
                )
            self.page = max(self.page, size)
            return int(size)
        asked = {one.name.value for one in node.selection_set.selections if isinstance(one, FieldNode)}  # type: ignore[union-attr]
        if asked <= {"totalCount", "filteredCount", "totalDiskUsage"}:
            return None
        raise _refusal(
            "MISSING_PAGINATION_BOUNDARIES",
            f"You must provide a `first` or `last` value to properly paginate the `{name}` connection.",
            path,
        )

    def _ids(self, ids: list[str], path: list[str]) -> int:
        if len(ids) > LARGEST_PAGE:
            message = f"You may not provide more than 100 node ids; you provided {len(ids)}."
            raise _refusal("ARGUMENT_LIMIT", message, path)
        self.page = max(self.page, len(ids))
        return len(ids)

    def _arguments(self, node: FieldNode | DirectiveNode) -> dict[str, Any]:
        return {one.name.value: value_from_ast_untyped(one.value, self.variables) for one in node.arguments or ()}

    def _left_out(self, node: SelectionNode) -> bool:
        wanted = {"include": True, "skip": False}
        given = [one for one in node.directives or () if one.name.value in wanted]
        return any(self._arguments(one)["if"] is not wanted[one.name.value] for one in given)


def _refusal(kind: str, message: str, path: list[str]) -> Problem:
    refusal = Problem(kind, message)
    refusal.path = ["query", *path]
    return refusal


def cost_of(
    schema: GraphQLSchema, document: DocumentNode, operation: OperationDefinitionNode, variables: dict[str, Any]
) -> Cost:
    """The cost of an operation with these variables; raises `Problem` where GitHub would refuse it unrun."""
    definitions = operation.variable_definitions or ()
    defaults = {
        one.variable.name.value: value_from_ast_untyped(one.default_value) for one in definitions if one.default_value
    }
    walk = _Walk(schema, document, defaults | variables)
    walk.selections(operation.selection_set, schema.query_type, 1, [])
    if walk.nodes > MOST_NODES:
        raise _refusal(
            "MAX_NODE_LIMIT_EXCEEDED",
            f"This query requests up to {walk.nodes:,} possible nodes which exceeds the maximum limit of 500,000.",
            [],
        )
    return Cost(max(1, int(walk.requests / 100 + 0.5)), walk.nodes, walk.page)
