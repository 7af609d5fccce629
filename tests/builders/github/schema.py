"""The schema that queries are executed on: GitHub's published one, else the excerpt."""

from __future__ import annotations

import gzip
from functools import cache
from pathlib import Path

from graphql import GraphQLObjectType, GraphQLSchema, build_ast_schema, build_schema, parse

from tests.builders.github.answers import ANSWERS
from tests.builders.github.excerpt import EXCERPT

__all__ = ["PUBLISHED", "excerpt_schema", "published_schema", "schema_of"]

PUBLISHED = Path(__file__).resolve().parents[4] / "shared" / "github" / "schema.graphql.gz"


@cache
def excerpt_schema() -> GraphQLSchema:
    """The excerpt, with answers."""
    return _answering(build_schema(EXCERPT))


@cache
def published_schema() -> GraphQLSchema:
    """The published schema, with answers where the fake has them; a second or two to build."""
    text = gzip.decompress(PUBLISHED.read_bytes()).decode()
    return _answering(build_ast_schema(parse(text, no_location=True), assume_valid=True, assume_valid_sdl=True))


def schema_of(which: str = "auto") -> GraphQLSchema:
    """`published`, `excerpt`, or `auto`: the published one if it is there."""
    if which == "auto":
        which = "published" if PUBLISHED.exists() else "excerpt"
    return published_schema() if which == "published" else excerpt_schema()


def _answering(schema: GraphQLSchema) -> GraphQLSchema:
    for type_name, fields in ANSWERS.items():
        if isinstance(known := schema.get_type(type_name), GraphQLObjectType):
            for name, answer in fields.items():
                known.fields[name].resolve = answer
    return schema
