"""What a change is about: its title, the files it touches, and whether that builds an AI capability."""

from __future__ import annotations

from dataclasses import dataclass

from collectors.simulate.company.areas import AI_SUBJECTS, AREAS, BUMPS, FLAVOURS, INITIATIVES, ORDINARY_SUBJECTS, TRAPS
from collectors.simulate.company.model import Initiative, Touch
from collectors.simulate.company.plan import Plan
from collectors.simulate.events.dice import Dice

__all__ = ["Work", "choose_work", "manifest_of", "package_line"]


@dataclass(frozen=True, slots=True)
class Work:
    """The subject of one change; `touches` are spread over its commits."""

    kind: str  # ai, other or automation
    title: str
    touches: tuple[Touch, ...]
    body: str = ""
    labels: tuple[str, ...] = ()
    initiative: str = ""
    sandboxed: bool = False
    imports: tuple[str, ...] = ()


def choose_work(plan: Plan, dice: Dice, era: float) -> Work:
    """The subject of a new change in this repository; AI work grows with `era`, from 0 to 1."""
    roll = dice.uniform()
    if roll < plan.bot_share:
        return _bump(plan, dice)
    active = [
        initiative
        for initiative in INITIATIVES
        if initiative.repo == plan.name and initiative.starts <= era < initiative.ends
    ]
    if active and dice.chance(plan.ai_share * (1 + era) / 1.5):
        return _initiative_work(plan, dice.pick(active), dice, era)
    if dice.chance(0.03):
        title, path = dice.pick(TRAPS)
        return Work("other", title, (_touch(dice, path),))
    return _ordinary(
        plan, dice, [initiative for initiative in active if initiative.adopted and era > (initiative.moves or 0) + 0.1]
    )


def manifest_of(folder: str, plan_name: str) -> str:
    """The package manifest in a folder of a repository."""
    return folder + ("package.json" if plan_name == "web" else "requirements.txt")


def package_line(plan_name: str, package: str, version: str) -> str:
    """The line by which a package manifest of a repository asks for a package."""
    return f'"{package}": "^{version}",' if plan_name == "web" else f"{package}=={version}"


def _module_of(initiative: Initiative) -> str:
    """The line by which other code starts to use an initiative."""
    if initiative.repo == "web":
        return f'import {{ panel }} from "../{initiative.product.removeprefix("src/")}/panel"'
    return f"from {initiative.product.replace('/', '.')} import run"


def _touch(dice: Dice, path: str, lines: tuple[str, ...] = ()) -> Touch:
    return Touch(path, dice.geometric(2.0, 12), dice.geometric(5.0, 60) + 1, lines)


def _bump(plan: Plan, dice: Dice) -> Work:
    package, major, minor = dice.pick(BUMPS[plan.name == "web"]), dice.whole(1, 9), dice.whole(0, 30)
    title = f"Bump {package} from {major}.{minor}.0 to {major}.{minor + 1}.0"
    lines = (package_line(plan.name, package, f"{major}.{minor + 1}.0"),)
    body = f"Bumps [{package}](https://example.com/{package})."
    return Work("automation", title, (Touch(manifest_of("", plan.name), 0, 0, lines),), body, ("dependencies",))


def _ordinary(plan: Plan, dice: Dice, usable: list[Initiative]) -> Work:
    area = dice.pick(AREAS[plan.name])
    title = dice.pick(ORDINARY_SUBJECTS).format(noun=area.noun)
    title = title[0].upper() + title[1:] if ":" not in title else title
    paths = [f"{area.folder}/{name}" for name in dice.sample(area.files, 1 + dice.geometric(0.6, 3))]
    if dice.chance(0.3):
        other = dice.pick(AREAS[plan.name])
        paths.append(f"{other.folder}/{dice.pick(other.files)}")
    if dice.chance(0.08):
        paths.append(f"{area.folder}/part_{dice.whole(1, 40)}{_ending(paths[0])}")
    touches = [_touch(dice, path) for path in dict.fromkeys(paths)]
    imports: tuple[str, ...] = ()
    if usable and dice.chance(0.04):
        used = dice.pick(usable)
        touches[0] = _touch(dice, touches[0].path, (_module_of(used),))
        imports = (used.name,)
    labels = tuple(dice.sample(("customer", "support", "tech-debt"), dice.whole(0, 1)))
    return Work("other", title, tuple(touches), "Checked on staging.", labels, imports=imports)


def _initiative_work(plan: Plan, initiative: Initiative, dice: Dice, era: float) -> Work:
    flavour = FLAVOURS[initiative.name]
    folder = initiative.folder(era)
    sandboxed = folder == initiative.sandbox
    noun = dice.pick(AREAS[plan.name]).noun
    title = dice.pick(AI_SUBJECTS).format(ai=dice.pick(flavour.nouns), noun=noun)
    paths = [f"{folder}/{name}" for name in dice.sample(flavour.files, 1 + dice.geometric(0.7, 2))]
    touches = [_touch(dice, path) for path in paths]
    if dice.chance(0.06):
        touches[0] = _touch(dice, paths[0], (flavour.importing,))
        line = package_line(plan.name, flavour.package, f"1.{dice.whole(0, 40)}.0")
        touches.append(Touch(manifest_of(f"{folder}/" if sandboxed else "", plan.name), 0, 0, (line,)))
    labels = ("ai",) if dice.chance(0.15) else ()
    return Work("ai", title, tuple(touches), "See the design note.", labels, initiative.name, sandboxed)


def _ending(path: str) -> str:
    return path[path.rindex(".") :]
