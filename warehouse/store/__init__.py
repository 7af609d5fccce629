"""The raw store of a warehouse, in a folder or on object storage."""

from warehouse.store.batch import Batch
from warehouse.store.commit import FORMAT, Commit
from warehouse.store.local_folder import appearing, prepare, remove_unfinished, set_aside, write_atomically
from warehouse.store.raw_store import RawStore, hidden_by

__all__ = [
    "FORMAT",
    "Batch",
    "Commit",
    "RawStore",
    "appearing",
    "hidden_by",
    "prepare",
    "remove_unfinished",
    "set_aside",
    "write_atomically",
]
