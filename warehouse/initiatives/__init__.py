"""Which changes belong to which initiative, how initiatives are found, and what depends on them. Knows no database."""

from warehouse.initiatives.membership import Initiative, Piece, initiatives_in
from warehouse.initiatives.resolving import Resolver
from warehouse.initiatives.rules import InitiativeRules
from warehouse.initiatives.uses import ForeignLine, ImportLine, Use, uses_of

__all__ = [
    "ForeignLine",
    "ImportLine",
    "Initiative",
    "InitiativeRules",
    "Piece",
    "Resolver",
    "Use",
    "initiatives_in",
    "uses_of",
]
