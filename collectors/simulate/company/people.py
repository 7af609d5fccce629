"""Who works at the company, all made up, and the public agents and bots by the identities they really use."""

from __future__ import annotations

from collections.abc import Mapping

from collectors.simulate.company.model import Identity

__all__ = ["AGENTS", "BOTS", "DEPLOY_BOT", "FORGE", "OWN_AGENT", "TEAMS"]

_GH = "users.noreply.github.com"


def _person(name: str, offset_minutes: int = 0, *, hidden_id: int = 0) -> Identity:
    login = name.lower().replace(" ", "-")
    mail = f"{hidden_id}+{login}@{_GH}" if hidden_id else f"{name.lower().replace(' ', '.')}@example.com"
    return Identity(name, mail, login, "person", offset_minutes)


def _bot(slug: str, number: int, name: str = "") -> Identity:
    return Identity(name or f"{slug}[bot]", f"{number}+{slug}[bot]@{_GH}", f"{slug}[bot]", "bot")


TEAMS: Mapping[str, tuple[Identity, ...]] = {
    "payments": (
        _person("Mara Lindqvist", 60),
        _person("Tomasz Wieczorek", 60),
        _person("Priya Raman", 330),
        _person("Claude Fournier", 60),
        _person("Ines Oliveira"),
        _person("Sam Whitlock", hidden_id=7301124),
    ),
    "discovery": (
        _person("Devin Okafor", 60),
        _person("Yuki Tanabe"),
        _person("Leonie Brandt", 60, hidden_id=5520931),
        _person("Arjun Mehta", 330),
        _person("Nora Castellane"),
    ),
    "assistant": (
        _person("Jules Marchetti", 60),
        _person("Hana Dvorak", 60),
        _person("Ebo Mensah"),
        _person("Rosa Quintero", -180),
        _person("Felix Aubrey", hidden_id=8812045),
    ),
    "storefront": (
        _person("Greta Hollis"),
        _person("Kofi Asante"),
        _person("Marta Pires", 60),
        _person("Cody Bergstrom", -300),
        _person("Lin Zhao"),
    ),
    "platform": (
        _person("Olav Nystad", 60),
        _person("Bridget Connolly"),
        _person("Samir Haddad", 120),
        _person("Robin Botham"),
    ),
}

FORGE = Identity("GitHub", "noreply@github.com", "web-flow", "bot")
OWN_AGENT = Identity("acme-fixer[bot]", f"512033871+acme-fixer[bot]@{_GH}", "acme-fixer[bot]", "bot")
DEPLOY_BOT = Identity("acme-deploy-bot", "deploy-bot@example.com", "acme-deploy-bot", "bot")

AGENTS: Mapping[str, Identity] = {
    "copilot": Identity("copilot-swe-agent[bot]", f"198982749+Copilot@{_GH}", "Copilot", "bot"),
    "copilot-cli": Identity("Copilot", f"223556219+Copilot@{_GH}", "Copilot", "bot"),
    "copilot-review": Identity("Copilot", f"175728472+Copilot@{_GH}", "Copilot", "bot"),
    "copilot-editor": Identity("Copilot", "copilot@github.com", "Copilot", "bot"),
    "claude": Identity("Claude", "noreply@anthropic.com", "claude", "bot"),
    "claude-model": Identity("Claude Opus 4.8 (1M context)", "noreply@anthropic.com", "claude", "bot"),
    "claude-app": _bot("claude", 209825114),
    "cursor": Identity("Cursor Agent", "cursoragent@cursor.com", "cursoragent", "bot"),
    "codex": Identity("Codex", "noreply@openai.com", "codex", "bot"),
    "devin": _bot("devin-ai-integration", 158243242, "Devin AI"),
    "jules": _bot("google-labs-jules", 161369871),
    "openhands": Identity("openhands", "openhands@all-hands.dev", "openhands-agent", "bot"),
    "coderabbit": _bot("coderabbitai", 136622811),
}

BOTS: Mapping[str, Identity] = {
    "dependabot": _bot("dependabot", 49699333),
    "renovate": _bot("renovate", 29139614),
    "github-actions": _bot("github-actions", 41898282),
    "release": Identity("acme-release-bot", "release-bot@example.com", "acme-release-bot", "bot"),
}
