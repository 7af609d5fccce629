"""`headway demo`: simulate a company with a known truth, and process it as a real one."""

from __future__ import annotations

import shutil
import sys
import time
from datetime import datetime
from pathlib import Path

import click

from pipeline.session import Session

UNTIL = datetime(2026, 7, 1)
FOLDER = "headway-demo"

EXAMPLE = """\b
Example:
  headway demo               # builds it in ./headway-demo and opens the dashboard
  headway demo --no-open     # builds it and prints the summary
"""


@click.command("demo", epilog=EXAMPLE)
@click.option("--open/--no-open", "show", default=True, help="Open the dashboard after the build (default: yes).")
@click.option("--port", type=click.IntRange(1, 65535), default=8501, show_default=True, help="Port to serve on.")
@click.pass_obj
def command(session: Session, show: bool, port: int) -> int:  # noqa: FBT001
    """Simulate a company, build its warehouse, open the dashboard."""
    from dashboard.server.serve import ensure_free, serve
    from pipeline.demo import build_demo
    from pipeline.demo_check import report

    if show:
        ensure_free(port)  # before the minute that building takes
    folder = (session.folder / (session.warehouse or FOLDER)).absolute()
    _clear(folder)
    demo = build_demo(folder, session, until=UNTIL, clock=time.monotonic, stream=sys.stderr)
    click.echo(f"SIMULATED: nothing in {folder} is real; its truth is in {folder / 'truth.csv'}", err=True)
    for line in report(folder, demo.settings.warehouse_folder):
        click.echo(line, err=True)
    click.echo(f"next:  headway --config {folder / 'headway.toml'} summary", err=True)
    context = click.get_current_context()
    if not show:
        from cli.commands.summary import command as summary

        context.obj = demo
        context.invoke(summary)
        return 0
    return serve(demo.settings.warehouse_folder, port=port, browser=True, config=demo.config)


def _clear(folder: Path) -> None:
    """Remove an earlier demo, and nothing that is not one."""
    from headway.errors import UsageError

    if not folder.exists() or not any(folder.iterdir()):
        return
    if not (folder / "SIMULATED").exists():
        raise UsageError(f"{folder} exists and is not a demo", hint="choose another folder with --warehouse")
    shutil.rmtree(folder)
