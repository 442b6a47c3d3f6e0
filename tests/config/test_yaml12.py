"""YAML 1.2 core: values as its schema table has them (https://yaml.org/spec/1.2.2/#1032-tag-resolution)."""

from __future__ import annotations

import math
from typing import Any

import pytest

from engine.config.yaml12 import Place, parse
from engine.errors import ConfigError


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("1e-4", 1e-4), ("1_000", "1_000"), ("+12", 12), ("012", 12), ("0o14", 12), ("0xC", 12), ("-.5", -0.5),
        ("1.", 1.0), (".inf", math.inf), ("-.INF", -math.inf), ("on", "on"), ("off", "off"), ("yes", "yes"),
        ("No", "No"), ("true", True), ("FALSE", False), ("~", None), ("null", None), ("", None),
        ("12:30:45", "12:30:45"), ("2016-07-08", "2016-07-08"), ("60%", "60%"), ("'1'", "1"), ("0b1", "0b1"),
        ("<<", "<<"), ("=", "="),
    ],
)  # fmt: skip
def test_plain_scalars(text: str, value: Any) -> None:
    found = parse(f"key: {text}", "f").value["key"]
    assert (found, type(found)) == (value, type(value))


def test_not_a_number() -> None:
    assert math.isnan(parse("key: .nan", "f").value["key"])


def test_places_count_from_one() -> None:
    document = parse("a:\n  - b: 1\n    c: [x, y]\n", "f")
    assert document.values["a", 0, "c", 1] == Place(3, 12)
    assert document.keys["a", 0, "c"] == Place(3, 5)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("a: 1\nb: 2\na: 3", r"^f:3:1: the key 'a' is repeated; it stands first on line 1$"),
        ("x: {a: 1, a: 2}", r"^f:1:11: the key 'a' is repeated"),
        ("a: [1, 2", r"^f:1:9: this is not valid YAML"),
        ("a:\n\tb: 1", r"^f:2:1: this is not valid YAML.*indent with spaces"),
        ("a: !!python/object/apply:os.system [ls]", r"^f:1:4: the tag .* is not allowed"),
        ("a: !mine 1", r"^f:1:4: the tag '!mine' is not allowed"),
        ("1: a", r"^f:1:1: a key must be text, not '1'"),
        ("? [a]\n: 1", r"^f:1:3: a key must be text"),
        ("a: &x [*x]", r"nested too deep \(or an alias inside itself\)"),
        ("a: 1\n---\nb: 2", r"^f:2:1: this is not valid YAML"),
        ("a: \x01", r"^f: this is not YAML text"),
        ("a: " + "[" * 3000, r"^f: nested too deep"),
        ('a: "x \\ud83d"', r"^f:1:4: .* cannot be read as str"),
        ("a: 1234567890123456789", r"^f:1:4: .* cannot be read as int"),
        ('a: "\\U00110000"', r"^f: this is not YAML text"),
        ("a: " + "9" * 5000, r"^f:1:4: .* cannot be read as int"),
        ("a: " + "x" * 1_000_001, r"over 1,000,000 bytes"),
    ],
)
def test_what_is_refused(text: str, message: str) -> None:
    with pytest.raises(ConfigError, match=message):
        parse(text, "f")


def test_a_flood_of_aliases_is_refused_at_once() -> None:
    levels = ["a0: &a0 [x, x, x, x, x, x, x, x, x]"]
    levels += [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 9)}]" for n in range(1, 12)]
    with pytest.raises(ConfigError, match="more than 50,000 values"):
        parse("\n".join(levels), "f")
