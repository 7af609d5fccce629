"""Which changes belong to which initiative, how initiatives are found, and what depends on them. Knows no database."""

from warehouse.initiatives.membership import Piece, Seen, seen_in
from warehouse.initiatives.resolving import Resolver
from warehouse.initiatives.rules import InitiativeRules
from warehouse.initiatives.uses import ForeignLine, ImportLine, Use, uses_of

__all__ = ["ForeignLine", "ImportLine", "InitiativeRules", "Piece", "Resolver", "Seen", "Use", "seen_in", "uses_of"]
