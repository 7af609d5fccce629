from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from collectors.git.readers.import_statements import ENDINGS, statements


def imports(path: str, text: str) -> list[str]:
    """What a file imports, sorted; what it declares behind a `=`."""
    return sorted(
        ("=" if one.kind == "declares" else "") + one.module for one in statements(path, b"\n" + text.encode())
    )


@pytest.mark.parametrize(
    ("path", "text", "found"),
    [
        ("a.py", "import os, app.llm as llm\n", ["app.llm", "os"]),
        ("a.py", "from app.llm import run\n", ["app.llm", "app.llm.run"]),
        ("a.py", "from app import (\n    llm,  # the model\n    search as s,\n)\n", ["app", "app.llm", "app.search"]),
        ("a.py", "from app import llm, \\\n  search\n", ["app", "app.llm"]),
        ("a.py", "from . import llm\nfrom ..x import *\n", [".", "..x", ".llm"]),
        ("a.py", "def f():\n    from .x import y\n", [".x", ".x.y"]),
        ("a.py", "# import a\nx = 'import b'\nimport a sentence\nimported = 1\nfrom a to import b\n", []),
        ("a.py", "import a; import b\n", ["a"]),
        ("a.ts", "import x from './x';\nimport 'y';\nexport * from \"../z\"\n", ["../z", "./x", "y"]),
        ("a.ts", "import {\n  a,\n  b,\n} from '@/x';\n", ["@/x"]),
        ("a.ts", "import type { A } from './types'\nconst l = () => import('./lazy')\n", ["./lazy", "./types"]),
        ("a.js", "const x = require('./x');\n// require('./no')\n", ["./x"]),
        ("a.js", "// import x from './x'\nconst s = \"from './y'\"\nimportant('./z')\n", []),
        ("a.vue", "<script setup>\nimport Chat from './Chat.vue'\n</script>\n", ["./Chat.vue"]),
        ("a.go", 'package x\n\nimport (\n\t"fmt"\n\tm "acme.io/shop/llm"\n)\n', ["acme.io/shop/llm"]),
        ("a.go", 'import "a.io/b"\nfunc f() {\n\tx(\n"a.io/c"\n)\n}\n', ["a.io/b"]),
        ("a.java", "package a.b;\nimport a.c.D;\nimport static a.E.f;\nimport a.*;", ["=a.b", "a.*", "a.E.f", "a.c.D"]),
        ("a.cs", "using A.B;\nusing static A.C;\nusing X = A.D;\nnamespace A.E\n{\n", ["=A.E", "A.B", "A.C", "A.D"]),
        ("a.cs", "namespace A.E;\nusing (var x = y) {}\n", ["=A.E"]),
        ("a.rb", "require 'x'\nrequire_relative '../y'\nimport x\n", ["./../y", "x"]),
        ("a.rb", '# A::B\nx = A::B::C.new(::D::E)\nF.call\ny = "Use G. Then"\n', ["A::B::C", "D::E", "F"]),
        ("a.rake", "class A::B < C::D\n  include E\nend\nmodule F\nend\nclass G < H\n", ["C::D", "E", "H"]),
        ("a.rs", "import x\n", []),
        ("a", "import x\n", []),
    ],
)  # fmt: skip
def test_statements_of_many_languages_are_read(path: str, text: str, found: list[str]) -> None:
    """What a file imports or declares is read, whatever the line ends; comments, texts and other words are not."""
    assert imports(path, text) == found
    assert imports(path, text.replace("\n", "\r\n")) == found


LINES = st.sampled_from(
    [
        *("import {}\n", "from {} import x\n", "import '{}'\n", "const x = require('{}')\n", "using {};\n", "{}\n"),
        *('import "{}"\n', "class A < {}\n", "require '{}'\n", "import {{a,\n{}\n}} from 'b'\n", "package {};\n"),
    ]
)
NAMES = st.sampled_from(("a.b", "A::B", "a b", "x\ny", "./z", "x" * 300, "y" * 301, "a." * 200)) | st.text()
READ: set[str] = set()


@given(st.sampled_from(ENDINGS), st.lists(st.builds(str.format, LINES, NAMES)))
def test_any_text_is_read_and_bounded(ending: str, text: list[str]) -> None:
    """Nothing in a file breaks the reading, and no statement is long or spans lines."""
    for one in statements(f"x{ending}", "".join(text).encode()):
        assert 0 < len(one.module) <= 300
        assert "\n" not in one.module
        READ.add(ending)


def test_examples_have_statements() -> None:
    """The texts drawn above have statements in several languages, so that their bounds are held to something."""
    test_any_text_is_read_and_bounded()
    assert len(READ) >= 3


def test_hostile_files_take_no_time() -> None:
    """A megabyte of half statements is read in a moment: no pattern backtracks over it."""
    for ending in ENDINGS:
        for part in (
            "import ",
            "from a import (",
            "import {a,",
            "\n}",
            '\n"',
            "require('",
            "package a.",
            "A::",
            "A" * 99,
            "\t",
        ):
            assert len(statements(f"x{ending}", (part * (200_000 // len(part))).encode())) <= 2_000
