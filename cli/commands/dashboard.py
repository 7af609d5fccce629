"""`headway dashboard`: serve the dashboard."""

from __future__ import annotations

import click

from pipeline.session import Session

EXAMPLE = """\b
Example:
  headway dashboard --port 8501
"""


@click.command("dashboard", epilog=EXAMPLE)
@click.option("--port", type=click.IntRange(1, 65535), default=8501, show_default=True, help="Port to serve on.")
@click.option("--address", default="127.0.0.1", show_default=True, help="Address to serve on.")
@click.pass_obj
def command(session: Session, port: int, address: str) -> int:
    """Serve the dashboard; it shows newly built data by itself."""
    from dashboard.server.serve import serve
    from warehouse.publish import current

    warehouse = session.settings.warehouse_folder
    current(warehouse)  # an error here, not in the browser, where nothing was built
    return serve(warehouse, port=port, address=address, config=session.config, settings=session.settings.dashboard)
