"""`headway forget`: take a retired source or a repository out of every number, or a person out of all rows."""

from __future__ import annotations

import click

from cli.log import current_log, program_progress
from pipeline.session import Session

EXAMPLE = """\b
Example:
  headway forget events:/srv/exports/old.csv
  headway forget github:acme/retired --yes
  headway forget ann@example.com
"""


@click.command("forget", epilog=EXAMPLE)
@click.argument("name", metavar="SOURCE|REPO|PERSON")
@click.option("--yes", is_flag=True, help="Do not ask.")
@click.pass_obj
def command(session: Session, name: str, yes: bool) -> int:  # noqa: FBT001
    """Take a source or a repository out of every number, and its rows out of the warehouse.

    Names are those of `headway status`. What else is known of the same repositories stays.

    A person, by name, e-mail address or log-in, gets an alias in all rows, also in those that come; the numbers stay.
    """
    from pipeline.forget import apply, look_up, still_told

    forgotten = look_up(session, name)
    named = ", ".join((*forgotten.sources, *forgotten.repositories, *forgotten.identities))
    if not yes and not click.confirm(f"forget {named}: {forgotten.rows:,} rows?", err=True):
        current_log().info("nothing was changed")
        return 0
    path = apply(session, forgotten, program_progress())
    current_log().info(f"forgot {named}: {forgotten.rows:,} rows")
    current_log().info(f"built {path.name}" if path is not None else "the warehouse is empty")
    for source in still_told(session, forgotten):
        current_log().warning(f"the settings name {source}: the next `headway collect` reads it again")
    return 0
