"""What the parts of a path say of its subject: `spec/lib/answer_composition/pipeline_spec.rb` is "answer composition".

Words that only say where something stands in the structure of a program (`src`, `models`, `tests`, `controller`) are
dropped, so a subject is the same wherever its code lives; a sandbox too is only a place.
"""

from __future__ import annotations

import re
from functools import lru_cache

__all__ = ["readable", "slug", "subjects"]

_DEEPEST = 12
_STRUCTURE = frozenset(
    """
    a adapter adapters admin api app application applications apps asset assets b backend base bin build c cassette
    cassettes chart charts ci class classes client cmd com common component components concern concerns config configs
    configuration constant constants context contexts controller controllers core create css data database db default
    delete demo demos deploy deployment deployments dist doc docs documentation domain download downloads e2e edit enum
    enums env environment environments error errors example examples exception exceptions experiment experiments
    factories factory feature features file files fixture fixtures form forms frontend function functions go handler
    handlers helm helper helpers hook hooks i18n image images impl index infra init initializer initializers install
    installer integration interface interfaces internal io item items java javascript job jobs js k8s kotlin layout
    layouts lib library libs list locale locales main middleware migrate migration migrations mock mocks model models
    module modules net new node notebook notebooks org package packages page pages partial partials pkg playground
    plugin plugins poc prototype prototypes provider providers public py python readme request requests research
    resource resources response responses route router routers routes ruby run runner sample samples sandbox schema
    schemas scratch script scripts serializer serializers server service services setting settings setup shared show
    snapshot snapshots source sources spec specs spike src state static store stores stub stubs style styles stylesheet
    stylesheets support system task tasks template templates test testing tests third party tool tools ts type types ui
    unit update util utilities utils v1 v2 v3 validator validators vcr vendor version versions view views web worker
    workers www
    """.split()  # noqa: SIM905  (a list of so many words is no easier to read)
)
_WORD = re.compile(r"[^a-z0-9]+")
_HUMP = re.compile(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])")
_ACRONYMS = frozenset(("ai", "api", "gpt", "llm", "llms", "mcp", "ml", "nlp", "ocr", "rag", "tts"))
# Files that hold no code: their names are no subjects, and folders speak for them.
_NO_CODE = re.compile(
    r"\.(?:lock|md|mdx|txt|rst|json|ya?ml|toml|svg|png|gif|jpe?g|csv|html?|snap|cfg|ini|sum|mod|xml|po|lic\w*)\Z",
    re.IGNORECASE,
)


@lru_cache(200_000)
def subjects(path: str) -> tuple[str, ...]:
    """The subject of each folder of a path and of its file, outermost first; empty where a part has none.

    None of a hidden folder, and none of a file that holds no code.
    """
    if path.startswith("."):
        return ()
    folder, slash, file = path.rpartition("/")
    names = _of_folder(folder) if slash else ()
    if len(names) < _DEEPEST and not _NO_CODE.search(file):
        return (*names, _subject(file.partition(".")[0]))
    return names


@lru_cache(20_000)
def _of_folder(folder: str) -> tuple[str, ...]:
    return tuple(map(_subject, folder.split("/")[:_DEEPEST]))


@lru_cache(50_000)
def _subject(part: str) -> str:
    words = _WORD.split(_HUMP.sub("_", part).lower().replace("open_ai", "openai"))
    singular = [_singular(word) for word in words if word and word not in _STRUCTURE]
    return " ".join(word for word in singular if word not in _STRUCTURE and not word.isdecimal())


def _singular(word: str) -> str:
    return word[:-1] if len(word) > 3 and word.endswith("s") and not word.endswith("ss") else word


def readable(part: str) -> str:
    """The name of a folder or file as a person would say it: `paperless_ai` is "Paperless AI"."""
    words = [word for word in _WORD.split(_HUMP.sub("_", part.partition(".")[0]).lower()) if word]
    shown = [word.upper() if word in _ACRONYMS else word for word in words]
    text = " ".join(shown) or part
    return text[:1].upper() + text[1:]


def slug(text: str) -> str:
    """A text as part of an id."""
    return "-".join(word for word in re.split(r"[^\w]+", text.lower()) if word) or "unnamed"
