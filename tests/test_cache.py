"""The cache gives back exactly what was built, for exactly the version asked for, and never gets in the way."""

import os
from collections.abc import Callable
from pathlib import Path

import platformdirs
import pytest

from engine.cache import cache_folder, cached_bytes

CONTENT = bytes(range(256)) * 4


class Builder:
    """Counts how often it had to work."""

    def __init__(self, content: bytes = CONTENT) -> None:
        self.content = content
        self.runs = 0

    def __call__(self) -> bytes:
        self.runs += 1
        return self.content


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    chosen = tmp_path / "not" / "there" / "yet"
    monkeypatch.setenv("BACKTEST_CACHE", str(chosen))
    return chosen


def test_builds_once_and_then_reads(folder: Path) -> None:
    builder = Builder()
    assert cached_bytes("bundle.js", "1", builder) == CONTENT
    assert cached_bytes("bundle.js", "1", builder) == CONTENT
    assert builder.runs == 1


def test_empty_content_is_content(folder: Path) -> None:
    builder = Builder(b"")
    assert [cached_bytes("nothing", "1", builder) for _ in range(2)] == [b"", b""]
    assert builder.runs == 1


def test_names_do_not_share_content(folder: Path) -> None:
    cached_bytes("one", "1", Builder(b"one"))
    assert cached_bytes("two", "1", Builder(b"two")) == b"two"
    assert cached_bytes("one", "1", Builder(b"other")) == b"one"


def test_another_version_is_built_anew_and_replaces_the_file(folder: Path) -> None:
    cached_bytes("bundle.js", "1", Builder(b"old"))
    assert cached_bytes("bundle.js", "2", Builder(b"new")) == b"new"
    assert [path.name for path in folder.iterdir()] == ["bundle.js"]
    assert cached_bytes("bundle.js", "2", Builder(b"never built")) == b"new"


@pytest.mark.parametrize(
    "damage",
    [
        pytest.param(lambda _: b"", id="emptied"),
        pytest.param(lambda _: b"garbage", id="garbage shorter than a digest"),
        pytest.param(lambda _: b"garbage" * 1000, id="garbage"),
        pytest.param(lambda stored: stored[:-1], id="cut short"),
        pytest.param(lambda stored: stored[:-1] + b"x", id="one byte changed"),
        pytest.param(lambda stored: b"x" + stored[1:], id="one byte of the digest changed"),
        pytest.param(lambda stored: stored + stored, id="written twice"),
    ],
)
def test_a_damaged_file_is_built_anew_and_repaired(folder: Path, damage: Callable[[bytes], bytes]) -> None:
    builder = Builder()
    cached_bytes("bundle.js", "1", builder)
    path = folder / "bundle.js"
    path.write_bytes(damage(path.read_bytes()))
    assert cached_bytes("bundle.js", "1", builder) == CONTENT
    assert cached_bytes("bundle.js", "1", builder) == CONTENT
    assert builder.runs == 2


def test_a_folder_that_cannot_be_made_only_costs_time(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    in_the_way = tmp_path / "file"
    in_the_way.write_text("no folder")
    monkeypatch.setenv("BACKTEST_CACHE", str(in_the_way / "cache"))
    builder = Builder()
    assert [cached_bytes("bundle.js", "1", builder) for _ in range(2)] == [CONTENT, CONTENT]
    assert builder.runs == 2
    assert in_the_way.read_text() == "no folder"


def test_a_full_disk_leaves_no_draft_behind(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(source: Path, target: Path) -> None:
        raise OSError("no space left on device")

    monkeypatch.setattr(os, "replace", fail)
    assert cached_bytes("bundle.js", "1", Builder()) == CONTENT
    assert list(folder.iterdir()) == []


def test_a_folder_in_the_file_s_place_is_left_alone(folder: Path) -> None:
    (folder / "bundle.js" / "inside").mkdir(parents=True)
    assert cached_bytes("bundle.js", "1", Builder()) == CONTENT
    assert [path.name for path in folder.iterdir()] == ["bundle.js"]
    assert (folder / "bundle.js" / "inside").is_dir()


def test_the_file_appears_whole(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """When the draft takes the file's place it is complete and closed, and lies in the same folder."""
    replace = os.replace
    sizes = []

    def watch(source: Path, target: Path) -> None:
        sizes.append((source.parent == target.parent, source.stat().st_size, target.exists()))
        replace(source, target)

    monkeypatch.setattr(os, "replace", watch)
    cached_bytes("bundle.js", "1", Builder())
    assert sizes == [(True, (folder / "bundle.js").stat().st_size, False)]
    assert sizes[0][1] > len(CONTENT)


def test_what_the_builder_raises_passes_through(folder: Path) -> None:
    def fail() -> bytes:
        raise OSError("no source to build from")

    with pytest.raises(OSError, match="no source to build from"):
        cached_bytes("bundle.js", "1", fail)
    assert not folder.exists()


@pytest.mark.parametrize("chosen", [None, ""])
def test_the_platform_chooses_the_folder_unless_the_user_does(
    monkeypatch: pytest.MonkeyPatch, chosen: str | None
) -> None:
    monkeypatch.delenv("BACKTEST_CACHE", raising=False)
    if chosen is not None:
        monkeypatch.setenv("BACKTEST_CACHE", chosen)
    assert cache_folder() == platformdirs.user_cache_path("sector-rotation-backtest")
