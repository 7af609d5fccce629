"""How changes landed on the default branch, rebuilt from the graph, messages, PR heads and reports of one repository.

The graph comes first: a PR head that a merge has as a further parent landed with that merge, whatever the message says.
Then come words that name a pull request, then copies made by a rebase, then reports, bodies and equal contents.
"""

from warehouse.models.changes.landings.doubts import doubts
from warehouse.models.changes.landings.history import History, Landed, read_history
from warehouse.models.changes.landings.steps import landed_changes, open_heads

__all__ = ["History", "Landed", "doubts", "landed_changes", "open_heads", "read_history"]
