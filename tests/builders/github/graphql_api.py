"""The GraphQL endpoint: parse, check, count, execute, and say errors as GitHub does."""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from graphql import (
    DocumentNode,
    GraphQLError,
    GraphQLSchema,
    OperationDefinitionNode,
    execute_sync,
    parse,
    validate,
)

from tests.builders.github.access import Access
from tests.builders.github.context import Context
from tests.builders.github.cost import Cost, cost_of
from tests.builders.github.limits import Budget
from tests.builders.github.model import Forge
from tests.builders.github.problems import Problem, told
from tests.builders.github.typed import field_of, type_of

__all__ = ["Asked", "Executed", "execute_query", "understand"]


@dataclass(frozen=True, slots=True)
class Asked:
    """A query as it was understood, or the errors for which it is refused before it costs anything."""

    document: DocumentNode | None
    operation: str
    variables: dict[str, Any]
    cost: Cost
    errors: list[dict[str, Any]]
    text: str = ""


@dataclass(frozen=True, slots=True)
class Executed:
    """What a query answers."""

    body: dict[str, Any]


def understand(schema: GraphQLSchema, body: bytes) -> Asked:
    """Read a request body, check the query against the schema and the limits, and work out its cost."""
    free = Cost(1, 0, 0)
    try:
        given = json.loads(body)
        text, variables = str(given["query"]), dict(given.get("variables") or {})
    except (ValueError, KeyError, TypeError):
        return Asked(None, "", {}, free, [{"message": "A query attribute must be specified and must be a string."}])
    document, errors = _checked(schema, text)
    if document is None or errors:
        return Asked(None, "", variables, free, errors, text)
    operations = [one for one in document.definitions if isinstance(one, OperationDefinitionNode)]
    wanted = given.get("operationName")
    operation = next((one for one in operations if one.name and one.name.value == wanted), operations[0])
    name = operation.name.value if operation.name else ""
    try:
        cost = cost_of(schema, document, operation, variables)
    except Problem as problem:
        return Asked(None, name, variables, free, [told(problem)], text)
    return Asked(document, name, variables, cost, [], text)


@lru_cache(maxsize=256)
def _checked(schema: GraphQLSchema, text: str) -> tuple[DocumentNode | None, list[dict[str, Any]]]:
    try:
        document = parse(text)
    except GraphQLError as error:
        return None, [told(error)]
    return document, [told(error) for error in validate(schema, document)]


def execute_query(
    schema: GraphQLSchema, asked: Asked, forge: Forge, now: int, access: Access, budget: Budget | None
) -> Executed:
    """Run a query that was understood; errors come beside the data, with the fields they happen in null."""
    if asked.document is None:
        return Executed({"errors": asked.errors})
    result = execute_sync(
        schema,
        asked.document,
        context_value=Context(forge, now, access, asked.cost, budget),
        variable_values=asked.variables,
        operation_name=asked.operation or None,
        field_resolver=field_of,
        type_resolver=type_of,
    )
    body: dict[str, Any] = {} if result.data is None and result.errors else {"data": result.data}
    if result.errors:
        for error in result.errors:
            if isinstance(error.original_error, LookupError):
                raise error.original_error
        body["errors"] = [told(error) for error in result.errors]
    return Executed(body)
