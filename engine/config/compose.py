"""What a strategy file takes from elsewhere: the files it `extends`, and the `params` written into its texts.

`extends: base.yaml` names a file relative to the one that says it, which may extend another in turn. Mappings merge
key by key; a list or a single value of the file that extends replaces the base's. A mapping whose `use` is not the
base's replaces it as well, because fields of two different blocks mean nothing together. Both are compared as written,
before params are filled in.

`params: {fast: 20}` gives names to values: a text that is `${fast}` and nothing else becomes the value, with its type;
inside a longer text the value is pasted. `$${` writes `${`. What was pasted is not read again.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path as FilePath
from typing import Any, NamedTuple

from engine.blocks import Mistake
from engine.config.yaml12 import MAX_BYTES, MAX_NODES, Document, Path, Place, parse
from engine.errors import ConfigError, nearest, unknown

MAX_FILES = 10  # from a strategy to the last file it extends
MAX_PARAMS = 1_000
MAX_TEXT = 2_000  # characters of a text with params in it
MAX_MISTAKES = 50  # after so many, what is wrong is clear

_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]{0,79}")
_ESCAPE = "$${"
_MARK = re.compile(r"\$\$\{|\$\{([^}]*)(\}?)")
_PLAIN = "write $${ for a plain ${"


class Composed(NamedTuple):
    """One document made of a chain of files; `Place.file` counts in `names`, the strategy's own file first."""

    names: tuple[str, ...]
    document: Document


@dataclass(frozen=True)
class _File:
    path: FilePath
    called: str  # as the file that extends it writes it
    document: Document


def compose(path: FilePath) -> Composed:
    """A strategy file laid over the files it extends. Raises ConfigError for anything unreadable."""
    files = [_File(path, path.name, _read(path, os.fspath(path)))]
    while "extends" in files[-1].document.value:
        files.append(_base(files))
        if sum(len(file.document.values) for file in files) > MAX_NODES:
            raise ConfigError(f"{os.fspath(path)}: more than {MAX_NODES:,} values with those of the files it extends")
    *above, merged = (file.document for file in files)
    for document in reversed(above):
        merged = _laid_over(document, merged)
    return Composed(tuple(os.fspath(file.path) for file in files), merged)


def _base(files: list[_File]) -> _File:
    """The file that the last of `files` extends."""
    last = files[-1]
    wanted = last.document.value.pop("extends")
    place = last.document.values["extends",]
    where = f"{os.fspath(last.path)}:{place.line}:{place.column}"
    if not isinstance(wanted, str) or not wanted.strip() or not wanted.isprintable():
        expected = "expected the name of one strategy file, such as base.yaml"
        raise ConfigError(f"{where}: extends: {expected}, not {_short(wanted)}")
    path = last.path.parent / wanted
    chain = " -> ".join([*(file.called for file in files), wanted])
    real = os.path.realpath(path)  # other spellings, links among them, are the same file
    for file in files:
        if os.path.realpath(file.path) == real:
            same = "" if file.called == wanted else f" (the same file as {file.called})"
            raise ConfigError(f"{where}: extends goes in a circle: {chain}{same}; a chain ends at a file without it")
    if len(files) == MAX_FILES:
        raise ConfigError(f"{where}: extends: a chain is at most {MAX_FILES} files long, not {chain}")
    read = _read(path, f"{where}: extends {_short(wanted)}", len(files), [file.path for file in files])
    return _File(path, wanted, read)


def _read(path: FilePath, said: str, number: int = 0, reading: Iterable[FilePath] = ()) -> Document:
    """Read one file; `said` starts a message on the file as a whole."""
    document = parse(_text(path, said, reading), os.fspath(path), number)
    if not isinstance(document.value, dict):
        what = "is empty" if document.value is None else "is not a mapping of keys to values"
        raise ConfigError(f"{said}: the file {what}; a strategy starts with name, market and rules")
    return document


def _text(path: FilePath, said: str, reading: Iterable[FilePath]) -> str:
    try:
        if path.is_dir():
            raise ConfigError(f"{said}: this is a folder; give a strategy file such as configs/midcap_rotation.yaml")
        with path.open("rb") as file:
            raw = file.read(MAX_BYTES + 1)
        # A file that is too long may be cut inside a character; its length is then what to speak of.
        return raw.decode("utf-8-sig", "strict" if len(raw) <= MAX_BYTES else "replace")
    except FileNotFoundError as error:
        raise ConfigError(f"{said}: no such file{_beside(path, reading)}") from error
    except UnicodeDecodeError as error:
        raise ConfigError(f"{said}: this is not UTF-8 text (byte {error.start + 1})") from error
    except OSError as error:
        raise ConfigError(f"{said}: cannot be read: {error.strerror}") from error
    except ValueError as error:
        raise ConfigError(f"{said}: cannot be read: {error}") from error


def _beside(path: FilePath, reading: Iterable[FilePath]) -> str:
    """What stands where a missing file was looked for, without the files that are being read already."""
    folder = path.parent
    if not folder.is_dir():
        return f"; there is no folder {os.fspath(folder)}"
    names = sorted(item.name for item in set(folder.glob("*.y*ml")).difference(reading))
    return f"{nearest(path.name, names) or '.'} There: {', '.join(names[:20])}" if names else ""


def _laid_over(child: Document, base: Document) -> Document:
    """Both in one, each part with the place it came from."""
    replaced: set[Path] = set()
    value = _merged(child.value, base.value, (), replaced)

    def kept(table: dict[Path, Place]) -> dict[Path, Place]:
        return {
            path: place
            for path, place in table.items()
            if not any(path[:end] in replaced for end in range(1, len(path)))
        }

    return Document(value, kept(base.values) | child.values, kept(base.keys) | child.keys)


def _merged(child: Any, base: Any, path: Path, replaced: set[Path]) -> Any:
    """`child` over `base`; the paths where nothing of the base is left are added to `replaced`."""
    both = isinstance(child, dict) and isinstance(base, dict)
    if not both or ("use" in child and child["use"] != base.get("use")):
        replaced.add(path)
        return child
    return base | {
        key: _merged(value, base[key], (*path, key), replaced) if key in base else value for key, value in child.items()
    }


class Filled(NamedTuple):
    """Data with their params written in: the names behind each path, the names behind none, and what went wrong."""

    value: dict[str, Any]
    via: dict[Path, str]
    unused: tuple[str, ...]
    mistakes: tuple[Mistake, ...]


def fill_in(data: dict[str, Any]) -> Filled:
    """The data without `params`, each `${name}` in a text replaced by what `params` says."""
    rest = {key: value for key, value in data.items() if key != "params"}
    params = data.get("params", {})
    if wrong := tuple(_param_mistakes(params)):
        return Filled(rest, {}, (), wrong)
    filler = _Filler({name: _unescaped(value) for name, value in params.items()})
    value = filler.value(rest, ())
    unused = tuple(name for name in params if name not in filler.used)
    return Filled(value, filler.via, unused, tuple(filler.mistakes))


def _param_mistakes(params: Any) -> Iterator[Mistake]:
    if not isinstance(params, dict):
        said = f"params: expected a mapping of names to values, such as {{fast: 20}}, not {_short(params)}"
        yield Mistake(("params",), said)
    elif len(params) > MAX_PARAMS:
        yield Mistake(("params",), f"params: at most {MAX_PARAMS:,} are allowed, not {len(params):,}")
    else:
        for name, value in params.items():
            if not _NAME.fullmatch(name):
                said = f"a param's name is letters, digits and _, at most 80 of them, not {_short(name)}"
                yield Mistake(("params", name), said, key=True)
            elif said := _wrong_with(value):
                yield Mistake(("params", name), f"params.{name}: {said}")


def _wrong_with(param: Any) -> str:
    for item in param if isinstance(param, list) else [param]:
        if not isinstance(item, str | int | float):
            return f"expected a number, text, true or false, or a list of these, not {_short(param)}"
        if isinstance(item, str) and any(mark.group() != _ESCAPE for mark in _MARK.finditer(item)):
            return f"a param may not refer to params, as {_short(item)} does; {_PLAIN}"
    return ""


def _unescaped(param: Any) -> Any:
    if isinstance(param, list):
        return [_unescaped(item) for item in param]
    return param.replace(_ESCAPE, "${") if isinstance(param, str) else param


class _CannotFillError(ValueError):
    """What is wrong with one text."""


class _Filler:
    """Writes params into data; a text that cannot be filled in is noted and left as it is."""

    def __init__(self, params: dict[str, Any]) -> None:
        self.params = params
        self.via: dict[Path, str] = {}
        self.used: set[str] = set()
        self.mistakes: list[Mistake] = []
        self.room = MAX_BYTES  # characters that may still be written in, over the whole file

    def value(self, value: Any, path: Path) -> Any:
        """The same data with every text below it filled in."""
        if len(self.mistakes) >= MAX_MISTAKES:
            return value
        if isinstance(value, dict):
            for key in value:
                if "${" in key:
                    said = f"a key cannot hold params: write {_short(key)} out; they are for values"
                    self._note(Mistake((*path, key), said, key=True))
            return {key: self.value(below, (*path, key)) for key, below in value.items()}
        if isinstance(value, list):
            return [self.value(below, (*path, place)) for place, below in enumerate(value)]
        return self._text(value, path) if isinstance(value, str) and "${" in value else value

    def _note(self, mistake: Mistake) -> None:
        if len(self.mistakes) < MAX_MISTAKES:
            self.mistakes.append(mistake)

    def _text(self, text: str, path: Path) -> Any:
        marks = list(_MARK.finditer(text))
        try:
            names = [self._name(mark) for mark in marks]
            whole = marks[0].group() == text and names[0]
            value = self._whole(whole) if whole else self._pasted(text, marks)
        except _CannotFillError as error:
            self._note(Mistake(path, str(error)))
            return text
        said = ", ".join(dict.fromkeys(name for name in names if name))
        below = [(*path, place) for place in range(len(value))] if isinstance(value, list) else []
        self.via.update(dict.fromkeys([path, *below] if said else [], said))
        self.used.update(names)
        return value

    def _name(self, mark: re.Match[str]) -> str:
        """The param that a mark asks for; nothing for the escape."""
        if mark.group() == _ESCAPE:
            return ""
        name, closed = mark.groups()
        if not closed:
            raise _CannotFillError(f"the ${{ in {_short(mark.group())} is never closed by }}; {_PLAIN}")
        if not _NAME.fullmatch(name):
            raise _CannotFillError(f"a param's name is letters, digits and _, not {_short(name)}; {_PLAIN}")
        if name not in self.params:
            raise _CannotFillError(unknown("param", name, self.params))
        return str(name)

    def _whole(self, name: str) -> Any:
        value = self.params[name]
        self._spend(len(str(value)))
        return list(value) if isinstance(value, list) else value

    def _pasted(self, text: str, marks: list[re.Match[str]]) -> str:
        pieces, at = [], 0
        for mark in marks:
            pieces += [text[at : mark.start()], self._written(self._name(mark))]
            at = mark.end()
        pieces.append(text[at:])
        size = sum(map(len, pieces))
        if size > MAX_TEXT and any(mark.group() != _ESCAPE for mark in marks):
            raise _CannotFillError(f"with its params written in, this is over {MAX_TEXT:,} characters: {size:,}")
        self._spend(size)
        return "".join(pieces)

    def _written(self, name: str) -> str:
        if not name:
            return "${"
        value = self.params[name]
        if isinstance(value, list):
            raise _CannotFillError(f"{name!r} is a list and cannot be part of a text; let ${{{name}}} stand alone")
        return str(value).lower() if isinstance(value, bool) else str(value)

    def _spend(self, size: int) -> None:
        # Aliases and params multiply: without a limit a small file could fill the memory.
        if size > self.room:
            raise _CannotFillError(f"params write over {MAX_BYTES:,} characters into this file")
        self.room -= size


def _short(value: Any) -> str:
    text = repr(value)
    return text if len(text) <= 60 else text[:57] + "..."
