from __future__ import annotations

import random
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from collectors.git.readers.file_versions import LinePattern, VersionSearch
from collectors.git.readers.import_statements import ENDINGS, Statement, StatementReader, statements

USE = re.compile(rb"\n[ \t]*use[ \t]+(?:\(([^)]{0,4000})\)|(\w+))")
USES = (
    "use a{}\n",
    "  use b{}\n",
    "use (\n",
    "use c{} (\n",
    ")\n",
    "use (d{})\n",
    "# use e\n",
    "\n",
    "no use (\n",
    "use",
)
PIECES = (
    *("import a{}\n", "from b{} import (\n    c,\n    d\n)\n", "from b{} import (\n", ")\n", "import x, \\\n  y{}\n"),
    *("const e = require('f{}')\n", "import g from 'h{}'\n", "} from 'i{}'\n", "// import('j{}')\n", "package k{};\n"),
    *("import static l.M{}.n;\n", "using o.p{};\n", "namespace q{}\n", "x = 1  # {}\n", "\n", "import", "from '{}'"),
)


def lines_of(draw: random.Random, pieces: tuple[str, ...], count: int) -> list[str]:
    """Lines of a file, some of them behind a long stretch without any meaning."""
    padding = "y" * draw.choice((0, 20, 200)) + "\n"
    return [
        draw.choice(("", "", padding, "y" * 900 + "\n")) + draw.choice(pieces).replace("{}", str(draw.randrange(9)))
        for _ in range(count)
    ]


def edit(draw: random.Random, pieces: tuple[str, ...], lines: list[str]) -> None:
    """Put lines into a file, take some out, or replace some."""
    at = draw.randrange(len(lines) + 1)
    lines[at : at + draw.randrange(4)] = lines_of(draw, pieces, draw.randrange(3))


@given(st.integers(0, 1 << 64))
def test_a_version_has_the_matches_that_a_search_of_all_of_it_finds(seed: int) -> None:
    """Matches are those of `re.finditer`, wherever versions differ and however matches reach into each other."""
    draw, search = random.Random(seed), VersionSearch([LinePattern(USE, (b"use",), re.Match[bytes].groups)])
    lines = lines_of(draw, USES, draw.choice((60, 200)))
    for _ in range(12):
        content = ("\n" + "".join(lines)).encode()
        expected = [(match.start(), match.end(), match.groups()) for match in USE.finditer(content)]
        assert search.matches(content) == [expected]
        edit(draw, USES, lines)


@given(seed=st.integers(0, 1 << 64), ending=st.sampled_from(ENDINGS))
def test_versions_in_a_row_say_what_each_says_alone(seed: int, ending: str) -> None:
    """In every language a reader of the versions of a file misses and adds nothing."""
    draw, reader = random.Random(seed), StatementReader()
    lines = lines_of(draw, PIECES, draw.choice((10, 80, 200)))
    for _ in range(6):
        content = ("\n" + "".join(lines)).encode()
        assert reader.statements(f"a{ending}", content) == statements(f"a{ending}", content)
        edit(draw, PIECES, lines)


@pytest.mark.parametrize("cut", range(0, 9_000, 900))
def test_a_list_of_names_that_ends_elsewhere_is_read_again(cut: int) -> None:
    """A bracket that is closed only later, or no more, decides about names far before it; so does one that opens."""
    names = "".join(f"    n{number},\n" for number in range(350))
    opened = f"import first\n{'#' * 5_000}\nfrom a import (\n{names}"
    before = opened + "#" * 9_000 + "\nimport last\n"
    after = opened[:cut] + ")\n" + opened[cut:] + "#" * 9_000 + "\nimport last\n"
    reader = StatementReader()
    for text in (before, after, before, f"from b import (\n{after}", after):
        content = b"\n" + text.encode()
        read = reader.statements("a.py", content)
        assert read == statements("a.py", content)
        assert Statement("import", "last") in read
