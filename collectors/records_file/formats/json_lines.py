"""One JSON object a line, read strictly: what two readers could understand differently is set aside."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Iterator
from typing import Any, NoReturn

from collectors.records_file.formats.lines import Line
from collectors.records_file.values import BadValue, shown

__all__ = ["json_rows", "object_of"]


def json_rows(lines: Iterable[Line]) -> Iterator[tuple[Line, dict[str, Any] | None]]:
    """Each line and its object, None where the line has a problem."""
    for line in lines:
        if line.problem is not None:
            yield line, None
            continue
        try:
            content = object_of(line.text)
        except BadValue as error:
            yield line._replace(problem=str(error)), None
        else:
            yield line, content


def object_of(text: str) -> dict[str, Any]:
    """The object that a JSON text is.

    Raises `BadValue` for anything else: no object, a key given twice, NaN or Infinity, a nesting too deep.
    """
    try:
        content = _DECODER.decode(text)
    except BadValue:
        raise
    except json.JSONDecodeError as error:
        raise BadValue(f"is not JSON at character {error.pos + 1}: {error.msg}") from None
    except RecursionError:
        raise BadValue("is nested too deeply") from None
    except ValueError:
        # Python refuses to read numbers of more than 4,300 digits.
        raise BadValue("has a number of thousands of digits") from None
    if not isinstance(content, dict):
        raise BadValue(f"is not a JSON object but {shown(content)}")
    return content


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    content = dict(pairs)
    if len(content) < len(pairs):
        twice, _ = Counter(name for name, _ in pairs).most_common(1)[0]
        raise BadValue(f"has the key {shown(twice)} twice")
    return content


def _not_json(constant: str) -> NoReturn:
    raise BadValue(f"is not JSON: it has {constant}")


_DECODER = json.JSONDecoder(object_pairs_hook=_object, parse_constant=_not_json)
