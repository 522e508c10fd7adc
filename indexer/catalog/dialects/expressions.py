"""Expressions that every database has under another name. Statements that are made of them suit them all."""

import json
from collections.abc import Collection, Iterable
from typing import Any

from sqlalchemy import (
    ARRAY,
    BigInteger,
    ColumnElement,
    Dialect,
    Integer,
    TableValuedAlias,
    Text,
    TypeDecorator,
    bindparam,
    cast,
    column,
    func,
)
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.orm import InstrumentedAttribute
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.functions import FunctionElement

POSTGRESQL = "postgresql"


class _Named(FunctionElement[int]):
    """A function of whole numbers with a name for each database."""

    type = BigInteger()
    inherit_cache = True
    names: tuple[str, str]
    """of SQLite, of PostgreSQL"""


class _Smaller(_Named):
    names = "min", "least"
    inherit_cache = True


class _Larger(_Named):
    names = "max", "greatest"
    inherit_cache = True


class _Position(_Named):
    names = "instr", "strpos"
    inherit_cache = True


class _Each(FunctionElement[int]):
    inherit_cache = True


class _Numbers(TypeDecorator[Collection[int]]):
    """Many whole numbers as one parameter."""

    impl = Text
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> Any:
        return dialect.type_descriptor(ARRAY(BigInteger) if dialect.name == POSTGRESQL else Text())

    def process_bind_param(self, value: Collection[int] | None, dialect: Dialect) -> Any:
        return list(value or ()) if dialect.name == POSTGRESQL else json.dumps(value)


def smaller(one: Any, other: Any) -> ColumnElement[int]:
    """The smaller of two numbers."""
    return _Smaller(one, other)


def larger(one: Any, other: Any) -> ColumnElement[int]:
    """The larger of two numbers."""
    return _Larger(one, other)


def position(text: Any, part: Any) -> ColumnElement[int]:
    """Where a part begins in a text, from 1; 0 where it is not in it."""
    return _Position(text, part)


def total(numbers: ColumnElement[int] | InstrumentedAttribute[int]) -> ColumnElement[int]:
    """The sum of a column, 0 of none. PostgreSQL sums large whole numbers up to decimal ones."""
    return cast(func.coalesce(func.sum(numbers), 0), BigInteger)


def each(numbers: Iterable[int]) -> TableValuedAlias:
    """Numbers as a table with the column ``value``: one parameter, however many they are."""
    listed = bindparam(None, sorted(numbers), _Numbers, unique=True)
    return _Each(listed).table_valued(column("value", Integer))


@compiles(_Named)
def _named(element: _Named, compiler: SQLCompiler, **options: Any) -> str:
    name = element.names[compiler.dialect.name == POSTGRESQL]
    return f"{name}{compiler.process(element.clause_expr, **options)}"


@compiles(_Each)
def _listed(element: _Each, compiler: SQLCompiler, **options: Any) -> str:
    return f"json_each{compiler.process(element.clause_expr, **options)}"


@compiles(_Each, POSTGRESQL)
def _unnested(element: _Each, compiler: SQLCompiler, **options: Any) -> str:
    return f"(SELECT unnest{compiler.process(element.clause_expr, **options)} AS value)"
