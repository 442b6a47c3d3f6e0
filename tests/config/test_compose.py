"""A strategy file laid over others (`extends`) and its `params`: what comes out, where it stands, what is refused."""

from __future__ import annotations

import os
import pickle
from pathlib import Path
from typing import Any

import pytest

from engine.config.load import load_config
from engine.config.source import Source, read_source
from engine.errors import ConfigError

BASE = """\
name: base
market:
  universe: [A, B]
  start: 2016-01-01
signals:
  trend: {use: above_average, of: A, windows: [50]}
  heat:
    use: rsi
    of: A
    window: 14
"""
CHILD = """\
extends: base.yaml
name: child
market:
  universe: [C]
signals:
  heat:
    window: 20
  fall: {use: drawdown, of: A}
"""


@pytest.fixture(autouse=True)
def _in_a_folder_of_its_own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def written(**files: str) -> None:
    for name, text in files.items():
        Path(f"{name}.yaml").write_text(text, "utf-8")


def read(*overrides: str, name: str = "child.yaml") -> Source:
    return read_source(Path(name), overrides)


def data(*overrides: str, **files: str) -> Any:
    written(**files)
    return read(*overrides).document.value


def refused(*overrides: str, name: str = "child.yaml", **files: str) -> str:
    written(**files)
    with pytest.raises(ConfigError) as error:
        read(*overrides, name=name)
    assert "\n" not in str(error.value)
    return str(error.value)


def test_mappings_merge_and_everything_else_is_replaced() -> None:
    assert data(base=BASE, child=CHILD) == {
        "name": "child",
        "market": {"universe": ["C"], "start": "2016-01-01"},
        "signals": {
            "trend": {"use": "above_average", "of": "A", "windows": [50]},
            "heat": {"use": "rsi", "of": "A", "window": 20},
            "fall": {"use": "drawdown", "of": "A"},
        },
    }


@pytest.mark.parametrize(
    ("base", "child", "both"),
    [
        ("a: {b: 1}", "a: 2", 2),
        ("a: 1", "a: {b: 2}", {"b": 2}),
        ("a: {b: 1}", "a: null", None),
        ("a: {b: 1}", "a: {}", {"b": 1}),
        ("a: [{b: 1}, {c: 1}]", "a: [{d: 2}]", [{"d": 2}]),
        ("a: {use: rsi, window: 14}", "a: {use: rsi, of: A}", {"use": "rsi", "window": 14, "of": "A"}),
        ("a: {use: rsi, window: 14}", "a: {of: A}", {"use": "rsi", "window": 14, "of": "A"}),
        ("a: {use: rsi, window: 14}", "a: {use: drawdown, of: A}", {"use": "drawdown", "of": "A"}),
        ("a: {A: 60%, B: 40%}", "a: {use: top, n: 1}", {"use": "top", "n": 1}),
        ("a: {b: {use: x, c: 1}, d: 1}", "a: {b: {use: y}}", {"b": {"use": "y"}, "d": 1}),
        ("a: &x {b: 1}\nc: *x", "a: {b: 2}", {"b": 2}),
    ],
)
def test_one_key_over_another(base: str, child: str, both: Any) -> None:
    assert data(base=base, child=f"extends: base.yaml\n{child}")["a"] == both


def test_an_alias_of_the_base_changes_only_where_the_child_says() -> None:
    found = data(base="a: &x {b: 1}\nc: *x", child="extends: base.yaml\na: {b: 2}")
    assert found == {"a": {"b": 2}, "c": {"b": 1}}


def test_every_part_stands_in_its_own_file() -> None:
    written(base=BASE, child=CHILD)
    source = read()
    assert source.locate(()) == "child.yaml:1:1"
    assert source.locate(("name",)) == "child.yaml:2:7"
    assert source.locate(("market", "start")) == "base.yaml:4:10"
    assert source.locate(("market", "start"), key=True) == "base.yaml:4:3"
    assert source.locate(("market", "universe", 0)) == "child.yaml:4:14"
    assert source.locate(("market",), key=True) == "child.yaml:3:1"
    assert source.locate(("signals", "heat", "of")) == "base.yaml:9:9"
    assert source.locate(("signals", "heat", "window")) == "child.yaml:7:13"
    assert source.locate(("signals", "trend", "windows", 0)) == "base.yaml:6:48"
    # The base's second item is gone, and with it its place.
    assert source.locate(("market", "universe", 1)) == "child.yaml:4:13"


def test_nothing_points_into_a_block_that_was_replaced() -> None:
    written(base="a: 1\ns: {use: rsi, window: 3, in: [1]}", child="extends: base.yaml\ns: {use: top, window: 4, in: 2}")
    source = read()
    assert source.locate(("s", "window"), key=True) == "child.yaml:2:15"
    assert source.locate(("s", "in", 0)) == "child.yaml:2:30"
    assert ("s", "in", 0) not in source.document.values


def test_mistakes_of_the_child_come_first_then_those_of_each_base_by_line() -> None:
    written(
        base="extends: root.yaml\nfar: 1\nnear: 1\n",
        root="deep: 1\n",
        child="\n\n\n\n\nextends: base.yaml\nlast: 1\n",
    )
    paths: list[tuple[str | int, ...]] = [("deep",), ("near",), ("far",), ("last",)]
    assert sorted(paths, key=read().order) == [("last",), ("far",), ("near",), ("deep",)]
    assert read().locate(("deep",)) == "root.yaml:1:7"


def test_mistakes_in_a_whole_strategy_name_the_file_they_stand_in() -> None:
    base = "name: b\nmarket: {universe: [A]}\nexecution: {buy: 1}\nrules: [{name: all, hold: {A: 1}}]\n"
    written(base=base, child="extends: base.yaml\n# a line more than the base\n# has\n\nschedule: {decde: daily}\n")
    with pytest.raises(ConfigError) as error:
        load_config("child.yaml")
    assert str(error.value).startswith("child.yaml:5:12: unknown key 'decde'; did you mean 'decide'?")
    assert error.value.others[0].startswith("base.yaml:3:13: unknown key 'buy'")


def test_a_chain_reads_each_file_relative_to_the_one_that_names_it() -> None:
    Path("shared/deep").mkdir(parents=True)
    Path("shared/deep/root.yaml").write_text("a: 1\nb: 1\nc: 1\n", "utf-8")
    Path("shared/middle.yaml").write_text("extends: deep/root.yaml\nb: 2\nc: 2\n", "utf-8")
    written(child="extends: ./shared/middle.yaml\nc: 3\n")
    source = read()
    assert source.document.value == {"a": 1, "b": 2, "c": 3}
    assert source.bases == ("shared/middle.yaml", "shared/deep/root.yaml")
    assert source.locate(("a",)) == "shared/deep/root.yaml:1:4"
    assert source.locate(("b",)) == "shared/middle.yaml:2:4"


def test_cycles_name_the_chain() -> None:
    said = refused(name="a.yaml", a="extends: b.yaml", b="x: 1\nextends: a.yaml")
    assert (
        said == "b.yaml:2:10: extends goes in a circle: a.yaml -> b.yaml -> a.yaml; a chain ends at a file without it"
    )
    assert "circle: b.yaml -> b.yaml;" in refused(name="b.yaml", b="extends: b.yaml")
    # The strategy itself need not be part of the circle.
    said = refused(a="extends: b.yaml", b="extends: a.yaml", child="extends: a.yaml")
    assert said.startswith("b.yaml:1:10: extends goes in a circle: child.yaml -> a.yaml -> b.yaml -> a.yaml;")


@pytest.mark.parametrize("spelling", ["./child.yaml", "link.yaml", "../{here}/child.yaml"])
def test_another_spelling_of_the_same_file_is_a_cycle_too(spelling: str) -> None:
    os.symlink("child.yaml", "link.yaml")
    spelling = spelling.format(here=Path.cwd().name)
    said = refused(child=f"extends: {spelling}")
    assert said.startswith(
        f"child.yaml:1:10: extends goes in a circle: child.yaml -> {spelling} (the same file as child"
    )


def test_ten_files_are_a_chain_and_eleven_are_too_many() -> None:
    written(**{f"f{n}": f"extends: f{n + 1}.yaml\nk{n}: {n}" for n in range(10)}, f10="k10: 10")
    assert read(name="f1.yaml").document.value["k10"] == 10
    said = refused(name="f0.yaml")
    assert said.startswith("f9.yaml:1:10: extends: a chain is at most 10 files long, not f0.yaml -> f1.yaml -> ")
    assert said.endswith(" -> f9.yaml -> f10.yaml")


@pytest.mark.parametrize("wanted", ["5", "true", "null", '""', '" "', "[base.yaml]", "{a: 1}", r'"a\0b"', r'"a\nb"'])
def test_extends_is_the_name_of_a_file(wanted: str) -> None:
    said = refused(child=f"name: x\nextends: {wanted}")
    assert said.startswith("child.yaml:2:10: extends: expected the name of one strategy file, such as base.yaml, not ")


@pytest.mark.parametrize(
    ("wanted", "said"),
    [
        ("bse.yaml", "'bse.yaml': no such file; did you mean 'base.yaml'? There: base.yaml, empty.yaml, list.yaml"),
        ("zzz", "'zzz': no such file. There: base.yaml, empty.yaml, list.yaml"),
        ("no/base.yaml", "'no/base.yaml': no such file; there is no folder no"),
        ("base.yaml/x", "'base.yaml/x': cannot be read: Not a directory"),
        (".", "'.': this is a folder; give a strategy file"),
        ("latin", "'latin': this is not UTF-8 text (byte 7)"),
        ("empty.yaml", "'empty.yaml': the file is empty; a strategy starts with"),
        ("list.yaml", "'list.yaml': the file is not a mapping of keys to values;"),
        ("loop", "'loop': cannot be read: Too many levels of symbolic links"),
        ("x" * 300, f"'{'x' * 56}...: cannot be read: File name too long"),
    ],
)
def test_a_base_that_cannot_be_read_is_told_where_it_is_named(wanted: str, said: str) -> None:
    Path("latin").write_bytes(b"name: \xff")
    os.symlink("loop", "loop")
    told = refused(base="a: 1", empty="# nothing", list="- a", child=f"name: x\nextends: {wanted}")
    assert told.startswith(f"child.yaml:2:10: extends {said}")


def test_what_is_wrong_inside_a_base_is_told_there() -> None:
    assert refused(base="a: 1\na: 2", child="extends: base.yaml").startswith("base.yaml:2:1: the key 'a' is repeated")
    assert refused(base="a: 1\nb: ${x}", child="extends: base.yaml").startswith("base.yaml:2:4: unknown param 'x'")


def test_a_name_that_is_too_long_is_no_traceback_for_the_strategy_either() -> None:
    assert refused(name="x" * 300).endswith(": cannot be read: File name too long")
    assert refused(name="a\0b").endswith(": cannot be read: embedded null byte")


def test_a_long_file_cut_inside_a_character_is_still_too_long() -> None:
    said = refused(child="a: x" + "é" * 500_000)
    assert said.startswith("child.yaml: the file is over 1,000,000 bytes")


def test_all_files_together_have_a_limit() -> None:
    many = "a: [" + "1, " * 26_000 + "]"
    said = refused(base=many, child=f"extends: base.yaml\n{many}")
    assert said == "child.yaml: more than 50,000 values with those of the files it extends"


PARAMS = """\
params: {n: 20, low: 30.5, small: 1e-7, name: up, yes: true, many: [A, 2, false]}
x: VALUE
"""


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("${n}", 20),
        ("${low}", 30.5),
        ("${name}", "up"),
        ("${yes}", True),
        ("${many}", ["A", 2, False]),
        ("rsi < ${n}", "rsi < 20"),
        ("rsi < ${low} or dip < -${n}%", "rsi < 30.5 or dip < -20%"),
        ("${n}${n}", "2020"),
        ("'${n} '", "20 "),
        ("${name}_${yes}", "up_true"),
        ("a ${small}", "a 1e-07"),
        ("$${n}", "${n}"),
        ("a $${n} and ${n}", "a ${n} and 20"),
        ("$$${n}", "$${n}"),
        ("$${", "${"),
        ("cost $n {n} $", "cost $n {n} $"),
        ("[a, ['${n}'], {b: '${many}'}]", ["a", [20], {"b": ["A", 2, False]}]),
    ],
)
def test_params_are_written_in(text: str, value: Any) -> None:
    found = data(child=PARAMS.replace("VALUE", text))
    assert found == {"x": value}
    assert repr(found["x"]) == repr(value)  # True is not 1


def test_texts_of_params_are_pasted_as_they_are() -> None:
    long = "x" * 2_500
    params = f"params: {{a: '$${{b}}', c: ['$${{'], long: {long}}}\n"
    found = data(child=params + "x: ${a}\ny: <${a}>\nz: ${c}\nl: ${long}")
    assert found == {"x": "${b}", "y": "<${b}>", "z": ["${"], "l": long}


def test_a_list_is_written_in_anew_at_every_place() -> None:
    found = data(child="params: {l: [A]}\nx: ${l}\ny: ${l}")
    assert found["x"] is not found["y"]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("${nam}", "unknown param 'nam'; did you mean 'name'? Known: n, low, small, name, yes, many"),
        ("${N} ${n}", "unknown param 'N'; did you mean 'n'? Known: n, low"),
        ("rsi < ${n", "the ${ in '${n' is never closed by }; write $${ for a plain ${"),
        ("${", "the ${ in '${' is never closed by }; write $${ for a plain ${"),
        ("${}", "a param's name is letters, digits and _, not ''; write $${ for a plain ${"),
        ("${ n }", "a param's name is letters, digits and _, not ' n '; write $${ for a plain ${"),
        ("${n ${n}", "a param's name is letters, digits and _, not 'n ${n'; write $${ for a plain ${"),
        ("a ${many}", "'many' is a list and cannot be part of a text; let ${many} stand alone"),
        ("$${many} ${many}", "'many' is a list and cannot be part of a text; let ${many} stand alone"),
    ],
)
def test_params_that_cannot_be_written_in(text: str, said: str) -> None:
    assert refused(child=PARAMS.replace("VALUE", text)).startswith(f"child.yaml:2:4: {said}")


def test_every_mistake_is_told_in_the_order_of_the_files() -> None:
    written(base="# one\na: ${x}\nb: 1\n", child="extends: base.yaml\nk: [1, '${z}']\nb: ${y}\n")
    with pytest.raises(ConfigError) as error:
        read()
    assert [said.split(".", 2)[1] for said in (error.value.first, *error.value.others)] == [
        "yaml:2:8: unknown param 'z'",
        "yaml:3:4: unknown param 'y'",
        "yaml:2:4: unknown param 'x'",
    ]


def test_a_key_cannot_hold_params() -> None:
    said = refused(child="params: {n: 1}\nx: [{'a${n}': 1}]")
    assert said == "child.yaml:2:6: a key cannot hold params: write 'a${n}' out; they are for values"


@pytest.mark.parametrize(
    ("params", "said"),
    [
        ("[1]", "1:9: params: expected a mapping of names to values, such as {fast: 20}, not [1]"),
        ("5", "1:9: params: expected a mapping"),
        ("null", "1:9: params: expected a mapping"),
        ("{a: {b: 1}}", "1:13: params.a: expected a number, text, true or false, or a list of these, not {'b': 1}"),
        ("{a: null}", "1:13: params.a: expected a number, text, true or false, or a list of these, not None"),
        ("{a: [1, [2]]}", "1:13: params.a: expected a number, text, true or false, or a list of these, not [1, [2]]"),
        ("{a: 1, b: '${a}'}", "1:19: params.b: a param may not refer to params, as '${a}' does; write $${ for"),
        ("{a: ['${b']}", "1:13: params.a: a param may not refer to params, as '${b' does"),
        ("{1st: 1}", "1:10: a param's name is letters, digits and _, at most 80 of them, not '1st'"),
        ("{a-b: 1}", "1:10: a param's name is letters"),
        ("{'': 1}", "1:10: a param's name is letters"),
        ('{"a\\n": 1}', "1:10: a param's name is letters"),
        (f"{{{'a' * 81}: 1}}", "1:10: a param's name is letters"),
        ("{" + ", ".join(f"a{n}: 1" for n in range(1001)) + "}", "1:9: params: at most 1,000 are allowed, not 1,001"),
    ],
)
def test_params_are_names_with_plain_values(params: str, said: str) -> None:
    assert refused(child=f"params: {params}\nx: ${{nothing}}").startswith(f"child.yaml:{said}")


def test_a_param_inside_brackets_without_quotes_is_told_to_use_them() -> None:
    said = refused(child="params: {n: 1}\nx: {window: ${n}}")
    assert said.startswith("child.yaml:2:14: this is not valid YAML")
    assert said.endswith("; inside { } or [ ] put ${name} in quotes: '${name}'")
    assert "quotes" not in refused(child="x: [window {n: 1}]")


def test_the_child_says_what_the_params_of_its_base_are() -> None:
    written(
        base="params: {fast: 10, slow: 50}\nx: ${fast}\ny: ${slow}\n",
        child="extends: base.yaml\nparams: {fast: 20, own: 1}\nz: ${slow} ${own}\n",
    )
    source = read()
    assert source.document.value == {"x": 20, "y": 50, "z": "50 1"}
    assert source.locate(("x",)) == "base.yaml:2:4"
    assert source.via_params == {("x",): "fast", ("y",): "slow", ("z",): "slow, own"}


def test_the_params_behind_a_value_are_named() -> None:
    written(child="params: {a: 1, l: [A, B]}\nx: [0, '${a}']\ny: ${l}\nz: ${a} ${a} $${l}\nw: $${a}\nv: 1\n")
    assert read().via_params == {
        ("x", 1): "a",
        ("y",): "l",
        ("y", 0): "l",
        ("y", 1): "l",
        ("z",): "a",
    }


def test_unused_params_are_listed_with_their_place() -> None:
    written(base="params: {b: 1, used: 2}\nx: ${c}\n")
    written(child="extends: base.yaml\nparams:\n  c: 1\n  d: 2\nx: $${d} ${used}")
    source = read()
    assert source.unused_params == ("b", "c", "d")
    assert source.locate(("params", "d"), key=True) == "child.yaml:4:3"
    assert source.locate(("params", "b"), key=True) == "base.yaml:1:10"
    assert source.order(("params", "d")) < source.order(("params", "b"))
    written(child="x: 1")
    assert read().unused_params == ()


def test_overrides_come_after_the_merge_and_before_the_params() -> None:
    files = {
        "base": "params: {fast: 10}\ns: {a: {window: '${fast}'}, b: '${fast}'}\n",
        "child": "extends: base.yaml\nparams: {fast: 15}\n",
    }
    assert data(**files) == {"s": {"a": {"window": 15}, "b": 15}}
    assert data("params.fast=20", **files) == {"s": {"a": {"window": 20}, "b": 20}}
    assert data("params.fast=up", **files) == {"s": {"a": {"window": "up"}, "b": "up"}}
    assert data("s.b=7", **files) == {"s": {"a": {"window": 15}, "b": 7}}
    assert data("params.slow=50", "s.b=${slow}", **files) == {"s": {"a": {"window": 15}, "b": 50}}
    assert data("s.b=['${fast}', 'x${fast}']", **files)["s"]["b"] == [15, "x15"]
    source = read("params.fast=20", "s.b=${fast}", "params.odd=1")
    assert source.locate(("s", "a", "window")) == "base.yaml:2:17"
    assert source.locate(("s", "b")) == "--set s.b=${fast}"
    assert source.locate(("params", "fast")) == "--set params.fast=20"
    assert source.locate(("params", "odd")) == "--set params.odd=1"
    assert source.via_params == {("s", "a", "window"): "fast", ("s", "b"): "fast"}
    assert source.unused_params == ("odd",)


@pytest.mark.parametrize(
    ("override", "said"),
    [
        ("extends=base.yaml", "extends cannot be set; write it in the strategy file"),
        ("extends.x=1", "extends cannot be set"),
        ("extends[0]=1", "extends cannot be set"),
        ("params=5", "params: expected a mapping of names to values"),
        ("params.a.b=1", "'b' does not exist there; there is nothing below it"),
        ("params.new.b=1", "params.new: expected a number, text, true or false"),
        ("params.a=${b}", "params.a: a param may not refer to params"),
        ("x=${b}", "unknown param 'b'. Known: a"),
        ("y.${a}=1", "a key cannot hold params"),
        ("l.٢=1", "'٢' does not exist there; there is an item from 0 to 0"),
        ("l.²=1", "'²' does not exist there; there is an item from 0 to 0"),
        ("l." + "9" * 5000 + "=1", "'999"),
    ],
)
def test_overrides_that_cannot_be(override: str, said: str) -> None:
    told = refused(override, child="params: {a: 1}\nx: ${a}\nl: [1]\n")
    assert told.startswith(f"--set {override}: {said}")


def test_an_override_of_many_steps_is_refused() -> None:
    assert refused(".".join("x" * 51) + "=1", child="x: 1").endswith("nested too deep; 50 levels are allowed")


def test_an_override_owns_all_below_it_and_above_it_what_it_made() -> None:
    written(child="a: {b: {c: 1}}\nd: 1\n")
    source = read("a.b={c: 2}", "e.f.g=1")
    assert source.locate(("a", "b", "c"), key=True) == "--set a.b={c: 2}"
    assert source.locate(("a",)) == "child.yaml:1:4"
    assert source.locate(("e", "f")) == "--set e.f.g=1"
    assert source.locate(("e", "missing")) == "--set e.f.g=1"
    assert read("a.b.c=2", "a={b: {c: 3}}").locate(("a", "b", "c")) == "--set a={b: {c: 3}}"


def test_what_is_pasted_is_limited() -> None:
    head = f"params: {{p: {'x' * 500}, l: [{'A, ' * 9_999}A]}}\n"
    assert len(data(child=head + "x: ${p}${p}${p}${p}")["x"]) == 2_000
    said = refused(child=head + "x: ${p}${p}${p}${p}.")
    assert said == "child.yaml:2:4: with its params written in, this is over 2,000 characters: 2,001"
    assert len(data(child=head + f"x: $${{{'y' * 3_000}")["x"]) == 3_002  # nothing is pasted, only the escape undone
    for text in ["'a${p}'", "${p}", "${l}"]:
        said = refused(child=head + "x:\n" + f"- {text}\n" * 2_001)
        assert "params write over 1,000,000 characters into this file" in said


def test_a_flood_of_mistakes_ends(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[str] = []  # looking for the nearest name is slow, so it is not done for mistakes that are not told

    def noted(what: str, name: str, known: Any) -> str:
        asked.append(name)
        return what

    monkeypatch.setattr("engine.config.compose.unknown", noted)
    written(child="x:\n" + "- ${nothing}\n" * 1_000)
    with pytest.raises(ConfigError) as error:
        read()
    assert len(error.value.others) == 49
    assert len(asked) == 50
    written(child="".join(f"a${{{n}}}: 1\n" for n in range(100)))
    with pytest.raises(ConfigError) as error:
        read()
    assert len(error.value.others) == 49


def test_a_source_survives_pickling() -> None:
    written(base=BASE, child=CHILD + "params: {a: 1}\ntitle: no ${a}\n")
    source = read("params.b=1")
    again = pickle.loads(pickle.dumps(source))
    assert again == source
    assert again.locate(("market", "start")) == "base.yaml:4:10"
    assert (again.via_params, again.unused_params) == ({("title",): "a"}, ("b",))


def test_a_whole_strategy_from_a_base_and_params() -> None:
    written(
        base=(
            "name: base\nparams: {low: 30, window: 14}\nmarket: {universe: [A, B]}\n"
            "signals:\n  heat: {use: rsi, of: A, window: '${window}'}\n"
            "rules:\n  - name: cool\n    when: heat < ${low}\n    hold: {A: 1}\n"
        ),
        child="extends: base.yaml\nname: child\nparams: {low: 25}\n",
    )
    config = load_config("child.yaml", ["params.window=20"])
    assert config.name == "child"
    assert config.rules[0].when == "heat < 25"
    assert config.signals["heat"].model_dump()["window"] == 20
    with pytest.raises(ConfigError) as error:
        load_config("child.yaml", ["params.window=wide"])
    assert (
        str(error.value)
        == "base.yaml:5:35: signals.heat.window: expected a whole number, not 'wide' (from the param window)"
    )
