from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from typing import Any

import pytest
from graphql import (
    GraphQLEnumType,
    GraphQLInputObjectType,
    GraphQLInterfaceType,
    GraphQLObjectType,
    GraphQLSchema,
    GraphQLUnionType,
    build_schema,
    get_named_type,
    is_required_argument,
    is_required_input_field,
)

from collectors.simulate import Company
from tests.builders.github import FakeGitHub
from tests.builders.github.asking import Client
from tests.builders.github.excerpt import EXCERPT
from tests.builders.github.schema import PUBLISHED, excerpt_schema, published_schema

published = pytest.mark.skipif(not PUBLISHED.exists(), reason="GitHub's published schema is not here")


def additions(excerpt: GraphQLSchema, real: GraphQLSchema) -> Iterator[str]:
    """What of the excerpt the real schema has not, or has otherwise."""
    for name, mine in excerpt.type_map.items():
        if name.startswith("__"):
            continue
        theirs: Any = real.get_type(name)
        if type(theirs) is not type(mine):
            yield f"type {name}"
        elif isinstance(mine, (GraphQLObjectType, GraphQLInterfaceType)):
            yield from _fields(name, mine, theirs)
        elif isinstance(mine, GraphQLInputObjectType):
            yield from _inputs(name, mine, theirs)
        elif isinstance(mine, GraphQLEnumType):
            yield from _values(name, mine, theirs)
        elif isinstance(mine, GraphQLUnionType):
            yield from _members(name, mine, theirs)


def _fields(name: str, mine: Any, theirs: Any) -> Iterator[str]:
    kinds = {one.name for one in theirs.interfaces}
    yield from (f"{name} implements {one.name}" for one in mine.interfaces if one.name not in kinds)
    for key, field in mine.fields.items():
        real = theirs.fields.get(key)
        if real is None or str(real.type) != str(field.type):
            yield f"{name}.{key}: {field.type}"
            continue
        for argument, given in field.args.items():
            known = real.args.get(argument)
            if known is None or str(known.type) != str(given.type) or known.default_value != given.default_value:
                yield f"{name}.{key}({argument}: {given.type})"
        wanted = (argument for argument, given in real.args.items() if is_required_argument(given))
        yield from (f"{name}.{key} needs {argument}" for argument in wanted if argument not in field.args)


def _values(name: str, mine: Any, theirs: Any) -> Iterator[str]:
    yield from (f"{name}.{value}" for value in mine.values if value not in theirs.values)


def _members(name: str, mine: Any, theirs: Any) -> Iterator[str]:
    members = {one.name for one in theirs.types}
    yield from (f"{name} | {one.name}" for one in mine.types if one.name not in members)


def _inputs(name: str, mine: Any, theirs: Any) -> Iterator[str]:
    for key, field in mine.fields.items():
        if key not in theirs.fields or str(theirs.fields[key].type) != str(field.type):
            yield f"{name}.{key}: {field.type}"
    wanted = (key for key, field in theirs.fields.items() if is_required_input_field(field))
    yield from (f"{name} needs {key}" for key in wanted if key not in mine.fields)


@published
def test_excerpt_is_part_of_the_published_schema() -> None:
    """A query that is valid on the excerpt is valid at GitHub, and answers there with the same types."""
    assert list(additions(excerpt_schema(), published_schema())) == []


@pytest.mark.parametrize(
    ("was", "becomes", "found"),
    [
        ("title: String!", "title: String", "PullRequest.title: String"),
        ("isDraft: Boolean!", "isDraft: Boolean! draft: Boolean", "PullRequest.draft: Boolean"),
        ("number: Int!): PullRequest", "number: Int): PullRequest", "Repository.pullRequest(number: Int)"),
        ("CLOSED MERGED OPEN", "CLOSED MERGED OPEN DRAFT", "PullRequestState.DRAFT"),
        (", refPrefix: String!", "", "Repository.refs needs refPrefix"),
        ("union RequestedReviewer = Bot", "union RequestedReviewer = Organization | Bot", "RequestedReviewer | Organ"),
    ],
)
@published
def test_what_the_published_schema_has_not_is_found(was: str, becomes: str, found: str) -> None:
    """The comparison notices a type, field, argument or value that is not GitHub's."""
    assert was in EXCERPT
    altered = build_schema(EXCERPT.replace(was, becomes))
    assert any(one.startswith(found) for one in additions(altered, published_schema()))


@cache
def everything() -> dict[str, str]:
    """A query for each field of `Query` and of `Repository` that asks for all that can be reached from it."""
    schema = excerpt_schema()
    root, repository = schema.type_map["Query"], schema.type_map["Repository"]
    assert isinstance(root, GraphQLObjectType)
    assert isinstance(repository, GraphQLObjectType)
    queries = {name: f"{{ {_asked(schema, name, field, ())} }}" for name, field in root.fields.items()}
    del queries["repository"]
    for name, field in repository.fields.items():
        asked = _asked(schema, name, field, ("Repository",))
        queries[f"repository.{name}"] = f'{{ repository(owner: "acme", name: "assistant") {{ {asked} }} }}'
    return queries


_GIVEN = {
    "first": "first: 2",
    "login": 'login: "acme"',
    "number": "number: NUMBER",
    "id": 'id: "R_NzAwMDAwMDAx"',
    "ids": 'ids: ["R_NzAwMDAwMDAx"]',
    "owner": 'owner: "acme"',
    "name": 'name: "sdk"',
    "refPrefix": 'refPrefix: "refs/heads/"',
    "qualifiedName": 'qualifiedName: "main"',
    "expression": 'expression: "main"',
}


def _asked(schema: GraphQLSchema, name: str, field: Any, within: tuple[str, ...]) -> str:
    """A field with all that is below it, but for what it is itself within."""
    given = ", ".join(filter(None, (_GIVEN.get(argument, "") for argument in field.args)))
    inner = get_named_type(field.type)
    head = f"{name}({given})" if given else name
    if not _deep(field):
        return head
    return "" if inner.name in within else f"{head} {{ {_selected(schema, inner, (*within, inner.name))} }}"


def _selected(schema: GraphQLSchema, inner: Any, within: tuple[str, ...]) -> str:
    if isinstance(inner, GraphQLObjectType):
        return " ".join(["__typename", *(_asked(schema, name, one, within) for name, one in inner.fields.items())])
    parts = ["__typename"]
    for one in schema.get_possible_types(inner):
        # Each under a name of its own: members of a union may disagree about what can be null.
        plain = (name for name, field in one.fields.items() if not _deep(field) and not field.args)
        parts.append(f"... on {one.name} {{ {' '.join(f'{one.name}_{name}: {name}' for name in plain)} }}")
    return " ".join(parts)


def _deep(field: Any) -> bool:
    return isinstance(get_named_type(field.type), (GraphQLObjectType, GraphQLInterfaceType, GraphQLUnionType))


@pytest.mark.parametrize("name", everything())
def test_every_field_of_the_excerpt_is_answered(name: str, reader: Client, company: Company) -> None:
    """Whatever the excerpt lets a query ask for, the fake knows."""
    number = next(one.number for one in company.repo("assistant").changes if one.number is not None)
    answer = reader.query(everything()[name].replace("NUMBER", str(number)))
    assert "errors" not in answer


@published
def test_published_schema_gives_the_same_answers(client: Client, github: FakeGitHub) -> None:
    """It makes no difference on which of the two schemas a query is executed."""
    query = everything()["repository.deployments"]
    with FakeGitHub(github.forge, clock=github.clock, schema="published") as other:
        assert Client(other).query(query) == client.query(query)


@published
def test_what_the_fake_does_not_know_is_an_error(github: FakeGitHub) -> None:
    """A field that GitHub has and the fake has not fails loudly, and is not null."""
    with FakeGitHub(github.forge, clock=github.clock, schema="published") as other:
        got = Client(other).post_query('{ repository(owner: "acme", name: "sdk") { stargazerCount } }')
    assert got.status == 500
    assert b"no answer to Repository.stargazerCount" in got.body
