"""The JSON Schema of the settings: an editor accepts and refuses what Headway does."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from headway.errors import UsageError
from headway.settings import load
from headway.settings import sections as settings
from headway.settings.written.schema import json_schema
from headway.settings.written.template import commented

ROOT = Path(__file__).resolve().parents[2]
VALIDATOR = Draft202012Validator(json_schema())
EXAMPLES = [
    example
    for page in ("operations", "deployments", "settings", "records", "github", "ai_rules", "method")
    for example in re.findall(r"(?ms)^```toml\n(.+?)^```", (ROOT / "docs" / f"{page}.md").read_text(encoding="utf-8"))
    if "[auth]" not in example  # secrets.toml of Streamlit
]


def accepted(text: str, folder: Path) -> tuple[bool, bool]:
    """Whether Headway takes a file, and whether the schema does."""
    file = folder / "headway.toml"
    file.write_text(text, encoding="utf-8")
    try:
        load(None, {}, folder=folder)
    except UsageError:
        taken = False
    else:
        taken = True
    return taken, VALIDATOR.is_valid(tomllib.loads(text))


def test_it_is_a_schema() -> None:
    """It is valid by the definition of its own dialect."""
    Draft202012Validator.check_schema(json_schema())


def test_every_setting_at_its_default_is_accepted(tmp_path: Path) -> None:
    """The file of `headway init` with every line of its sections in force is valid, in both."""
    sections = commented().partition("\n# [[")[0]
    text = "\n".join(
        line.removeprefix("# ") for line in sections.splitlines() if re.match(r"\[\w+\]|# \w+ = (?!\{\})", line)
    )
    assert text.count("=") > 50
    assert accepted(text, tmp_path) == (True, True)


@pytest.mark.parametrize("example", EXAMPLES, ids=range(len(EXAMPLES)))
def test_examples_of_the_docs_are_valid(example: str) -> None:
    """What a page shows is what an editor accepts."""
    assert [error.message for error in VALIDATOR.iter_errors(tomllib.loads(example))] == []


@pytest.mark.parametrize(
    ("text", "valid"),
    [
        ('[warehouse]\npath = "data"', True),
        ('[warehouse]\npaht = "data"', False),
        ("[warehouse]\npath = 1", False),
        ("[warehouse]\nmemory_gb = 2", True),
        ('[warehouse]\nmemory_gb = "2"', False),
        ('[wharehouse]\npath = "data"', False),
        ("[git]\npull_heads = true", True),
        ('[git]\npull_heads = "true"', False),
        ('[report]\ncode_complete = "merged"', True),
        ('[report]\ncode_complete = "landed"', False),
        ('[[sources]]\ntarget = "shop"\n[sources.manifests]\npreset = "helm"', True),
        ('[[sources]]\ntarget = "shop"\n[[sources.manifests]]\npreset = "helm"', True),
        ('[[sources]]\ntarget = "shop"\n[[sources.manifests]]\npreset = "hlem"', False),
        ('[[sources]]\ntarget = "shop"\nteams = "web"', False),
        ('[sources]\ntarget = "shop"', False),
        ("[ai.numbers]\nmap_place = 0.5", True),
        ('[ai.numbers]\nmap_place = "much"', False),
        ('[[deployments]]\nrepo = "acme/*"\nfrom = "records"', True),
        ('[[deployments]]\nrepo = "acme/*"\nsource = "records"', False),
        ('[dashboard]\nallowed = ["*@example.com"]', True),
        ('[dashboard]\nallowed = "*@example.com"', False),
        ("[dashboard]\nallowed = [1]", False),
    ],
)
def test_editor_and_headway_agree(text: str, valid: bool, tmp_path: Path) -> None:
    """Keys, types and choices are refused by the schema where Headway refuses them."""
    assert accepted(text, tmp_path) == (valid, valid)


def test_every_setting_has_its_line() -> None:
    """Each section and list of the settings is in the schema, each key with what it means."""
    properties: dict[str, Any] = json_schema()["properties"]
    assert set(properties) == {*settings.SECTIONS, *settings.LISTS}
    for name, section in properties.items():
        keys = section["properties"] if name in settings.SECTIONS else section["items"]["properties"]
        assert keys
        assert all(key["description"] for key in keys.values()), name
