"""The recipes of deploy/: each says what the program and the package have, and what can check it here accepts it."""

from __future__ import annotations

import re
import shlex
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import click
import pytest

import headway
from cli.main import program
from headway.settings import Settings, load
from tests.builders.demo import session_in
from tests.frame.project import PACKAGES, ROOT

yaml = pytest.importorskip("yaml")  # in requirements-full.lock

DEPLOY = ROOT / "deploy"
UNITS = sorted((DEPLOY / "systemd").iterdir())
YAML = sorted([*DEPLOY.glob("*.yaml"), *DEPLOY.glob("*.yml")])
USER = 10001
RECIPES = [path for path in sorted(DEPLOY.rglob("*")) if path.is_file()]


def text_of(name: str) -> str:
    """A recipe as it stands."""
    return (DEPLOY / name).read_text(encoding="utf-8")


def documents(path: Path) -> list[Any]:
    """What a YAML file holds."""
    return list(yaml.safe_load_all(path.read_text(encoding="utf-8")))


def commands(node: Any) -> Iterator[list[str]]:
    """Arguments of `headway` in a parsed recipe: lines of a shell, and those of containers."""
    if isinstance(node, dict):
        for key, value in node.items():
            if key in {"args", "command"} and isinstance(value, list):
                yield value
            else:
                yield from commands(value)
    elif isinstance(node, list):
        for item in node:
            yield from commands(item)
    elif isinstance(node, str):
        yield from (shlex.split(line)[1:] for line in node.splitlines() if line.startswith("headway "))


def all_commands() -> list[list[str]]:
    """Every command of Headway in the recipes."""
    listed = [arguments for path in YAML for document in documents(path) for arguments in commands(document)]
    listed += [shlex.split(line) for unit in UNITS for line in re.findall(r"bin/headway (.*)", unit.read_text("utf-8"))]
    listed.append(re.findall(r'"([^"]+)"', text_of("Dockerfile").rpartition("CMD ")[2]))
    return listed


def parse(arguments: list[str]) -> None:
    """Parse a command and its options."""
    # As `program.main` makes it: click remembers the names of the help option that it meets first.
    context = program.make_context("headway", [], resilient_parsing=True, obj=session_in(ROOT))
    command = program.get_command(context, arguments[0])
    assert command is not None, arguments
    command.make_context(arguments[0], arguments[1:], parent=context)


def test_commands_of_recipes_are_commands_of_the_program() -> None:
    """Each command parses: its name, its options and their values."""
    assert len(all_commands()) > 10
    for arguments in all_commands():
        parse(arguments)


def test_wrong_command_is_found() -> None:
    """What no command knows is no recipe."""
    with pytest.raises(click.UsageError):
        parse(["collect", "--nightly"])


@pytest.mark.parametrize("path", RECIPES, ids=lambda path: path.name)
def test_recipe_is_short_and_says_what_it_is(path: Path) -> None:
    """A recipe begins with a comment that says what it is and where it goes, and fits on a page or two."""
    lines = path.read_text(encoding="utf-8").splitlines()
    assert lines[0].startswith("# ")
    assert len(lines) < 100


@pytest.mark.skipif(shutil.which("systemd-analyze") is None, reason="needs systemd-analyze")
def test_units_are_what_systemd_accepts(tmp_path: Path) -> None:
    """Systemd finds no fault in the units, but for the program that is not in /opt here."""
    for unit in UNITS:
        text = unit.read_text(encoding="utf-8").replace("/opt/headway/bin/headway", shutil.which("true") or "/bin/true")
        (tmp_path / unit.name).write_text(text, encoding="utf-8")
    paths = [str(tmp_path / unit.name) for unit in UNITS]
    done = subprocess.run(
        ["systemd-analyze", "verify", "--man=no", *paths], capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stderr) == (0, "")


@pytest.mark.skipif(shutil.which("systemd-analyze") is None, reason="needs systemd-analyze")
def test_wrong_unit_is_found(tmp_path: Path) -> None:
    """Systemd names a line that it does not know."""
    unit = tmp_path / "wrong.service"
    unit.write_text("[Service]\nExecStart=/bin/true\nOnFailure=x.service\n", encoding="utf-8")
    done = subprocess.run(["systemd-analyze", "verify", str(unit)], capture_output=True, text=True, check=False)
    assert "OnFailure" in done.stderr


def test_a_failed_night_is_reported() -> None:
    """The unit of a night starts the one that reports, which takes its name; the timer starts the night."""
    night = text_of("systemd/headway-collect.service")
    assert "\nOnFailure=headway-failed@%n.service\n" in night
    assert "%i" in text_of("systemd/headway-failed@.service")
    assert (DEPLOY / "systemd" / "headway-collect.timer").stem == "headway-collect"


@pytest.mark.skipif(shutil.which("logrotate") is None, reason="needs logrotate")
def test_logrotate_accepts_its_recipe(tmp_path: Path) -> None:
    """Logrotate reads the recipe without an error, for a user that is there."""
    recipe = tmp_path / "logrotate"
    recipe.write_text(text_of("logrotate").replace("headway headway", "root root"), encoding="utf-8")
    done = subprocess.run(["logrotate", "--debug", str(recipe)], capture_output=True, text=True, check=False)
    assert (done.returncode, "error" in done.stderr) == (0, False)


def test_image_has_all_that_runs_headway_and_a_user_of_its_own() -> None:
    """The image copies files that are there, with every package, and does not run as root."""
    dockerfile, ignored = text_of("Dockerfile"), text_of("Dockerfile.dockerignore").splitlines()
    for line in re.findall(r"^COPY (?!--from)(.*)$", dockerfile, re.MULTILINE):
        assert all((ROOT / source).exists() for source in line.split()[:-1])
    for name in (*PACKAGES, "app.py", "pyproject.toml", "README.md", "LICENSE", "requirements-runtime.lock"):
        assert f"!{name}" in ignored
    assert dockerfile.index(f"\nUSER {USER}:{USER}\n") < dockerfile.index("\nENTRYPOINT")
    assert f"headway:{headway.__version__}" in dockerfile


def test_containers_are_not_root_and_write_to_their_data_alone() -> None:
    """In Kubernetes and Compose the root file system is read only and nothing may gain rights."""
    pods = [spec for document in documents(DEPLOY / "kubernetes.yaml") for spec in _pods(document)]
    assert len(pods) == 2
    for pod in pods:
        assert pod["securityContext"]["runAsNonRoot"]
        assert pod["securityContext"]["runAsUser"] == USER
        (container,) = pod["containers"]
        rights = container["securityContext"]
        assert rights["readOnlyRootFilesystem"]
        assert not rights["allowPrivilegeEscalation"]
        assert rights["capabilities"] == {"drop": ["ALL"]}
        assert container["image"] == f"headway:{headway.__version__}"
        assert {mount["name"] for mount in container["volumeMounts"]} == {volume["name"] for volume in pod["volumes"]}
    (compose,) = documents(DEPLOY / "compose.yaml")
    for service in compose["services"].values():
        assert service["read_only"]
        assert service["cap_drop"] == ["ALL"]
        assert service["image"] == f"headway:{headway.__version__}"


def _pods(document: dict[str, Any]) -> Iterator[dict[str, Any]]:
    spec = document.get("spec", {})
    spec = spec.get("jobTemplate", {}).get("spec", spec)
    if "template" in spec:
        yield spec["template"]["spec"]


def test_secrets_are_files_and_not_in_the_recipes() -> None:
    """The token is named by the path of its file, and no recipe has a value of a secret."""
    for path in (*YAML, *UNITS):
        text = path.read_text(encoding="utf-8")
        assert not re.search(r"ghp_|github_pat_|BEGIN .*PRIVATE KEY", text)
        values = re.findall(r"HEADWAY_GITHUB_TOKEN\b(?!_)[:=] *(.*)", text)
        assert all(value.startswith('"${{ secrets.') for value in values), path
    assert "HEADWAY_GITHUB_TOKEN_FILE" in text_of("kubernetes.yaml")


def test_what_kubernetes_puts_into_every_pod_is_no_setting(tmp_path: Path) -> None:
    """Beside a Service named `headway`, pods get variables that begin like settings: they change nothing."""
    (service,) = [one for one in documents(DEPLOY / "kubernetes.yaml") if one["kind"] == "Service"]
    assert service["metadata"]["name"] == "headway"
    links = {
        "HEADWAY_SERVICE_HOST": "10.0.0.7",
        "HEADWAY_SERVICE_PORT": "80",
        "HEADWAY_SERVICE_PORT_HTTP": "80",
        "HEADWAY_PORT": "tcp://10.0.0.7:80",
        "HEADWAY_PORT_80_TCP": "tcp://10.0.0.7:80",
        "HEADWAY_PORT_80_TCP_PROTO": "tcp",
        "HEADWAY_PORT_80_TCP_PORT": "80",
        "HEADWAY_PORT_80_TCP_ADDR": "10.0.0.7",
    }
    assert load(None, links, folder=tmp_path) == Settings(base=tmp_path)
