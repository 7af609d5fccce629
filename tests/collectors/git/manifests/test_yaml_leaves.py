from __future__ import annotations

import pytest

from collectors.git.manifests.yaml_leaves import documents


def flat(text: str) -> dict[str, str]:
    """The scalars of the only document, by path with dots."""
    (document,) = documents(text)
    return {".".join(map(str, leaf.path)): leaf.value for leaf in document.leaves}


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("a: 1\nb:\n  c: two words\n", {"a": "1", "b.c": "two words"}),
        ("a:\n- x\n- y\nb: z\n", {"a.0": "x", "a.1": "y", "b": "z"}),
        ("a:\n  - name: x\n    tag: v1\n  - tag: v2\n", {"a.0.name": "x", "a.0.tag": "v1", "a.1.tag": "v2"}),
        ("a:\n-   name: x\n    tag: v1\n", {"a.0.name": "x", "a.0.tag": "v1"}),
        ("- - a\n  - b\n- c\n", {"0.0": "a", "0.1": "b", "1": "c"}),
        ("a: 'x: # y' # z\nb: \"q\"\n'c d': e\n", {"a": "x: # y", "b": "q", "c d": "e"}),
        ("a: {b: c, d: [e, 'f, g'], h: \"i\"}\n", {"a.b": "c", "a.d.0": "e", "a.d.1": "f, g", "a.h": "i"}),
        ("a: [b,\n  c]\nd: e\n", {"a.0": "b", "a.1": "c", "d": "e"}),
        ("a: |\n  x: y\n\n   z\nb: c\n", {"a": "x: y\n\n z", "b": "c"}),
        ("a: &one v1\nb: *one\nc: &two\n  d: !!str e\n", {"a": "v1", "b": "v1", "c.d": "e"}),
        ("image: acme/shop:v1\nurl: https://x/y\n", {"image": "acme/shop:v1", "url": "https://x/y"}),
        ("a:\r\n  b: c\r\n", {"a.b": "c"}),
        ("a: b\nno key here\n  - stray\n}{\n", {"a": "b", "a.0": "stray"}),
    ],
)
def test_scalars_have_paths(text: str, expected: dict[str, str]) -> None:
    """Maps, lists, flow style, quotes, blocks, anchors and comments, as manifests are written."""
    assert flat(text) == expected


def test_documents_are_apart() -> None:
    """A file may have several; empty ones are none, and comments stay with their scalar."""
    first, second = documents("# head\n---\na: b # why\n---\n---\n# nothing\n---\nc: d\n")
    assert first.leaves[0].comment == "why"
    assert (first.get("a"), second.get("c"), second.get("a")) == ("b", "d", "")


def test_hostile_text_ends() -> None:
    """Thousands of open brackets, levels and dashes are neither followed nor slow."""
    assert documents("[" * 50_000) == []
    documents("a: " + "[" * 5_000)
    documents("\n".join(" " * n + "k:" for n in range(500)))
    documents("- " * 20_000 + "x")
