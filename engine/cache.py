"""Bytes that are slow to make, kept in the user's cache folder; losing them costs only time."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from tempfile import NamedTemporaryFile

APPLICATION = "sector-rotation-backtest"
FOLDER_VARIABLE = "BACKTEST_CACHE"
DIGEST_SIZE = hashlib.sha256().digest_size


def cached_bytes(name: str, version: str, build: Callable[[], bytes]) -> bytes:
    """What `build` returns, made once per `version` and kept in the file `name` (a plain file name).

    One file per name: a newer version replaces the older one. A file that is missing, damaged or of another
    version is made anew. A folder that cannot be read or written is no error, `build` then runs every time;
    whatever `build` itself raises passes through.
    """
    path = cache_folder() / name
    kept = _read(path, version)
    if kept is None:
        kept = build()
        with suppress(OSError):
            _write(path, _digest(version, kept) + kept)
    return kept


def cache_folder() -> Path:
    """$BACKTEST_CACHE if it is set, else the platform's cache folder of this user. It need not exist yet."""
    chosen = os.environ.get(FOLDER_VARIABLE)
    if chosen:
        return Path(chosen)
    from platformdirs import user_cache_path  # noqa: PLC0415  20 ms that a chosen folder does not need

    return user_cache_path(APPLICATION)


def _read(path: Path, version: str) -> bytes | None:
    """The kept bytes, or None unless they carry the digest of exactly this version and content."""
    try:
        stored = path.read_bytes()
    except OSError:
        return None
    digest, content = stored[:DIGEST_SIZE], stored[DIGEST_SIZE:]
    return content if digest == _digest(version, content) else None


def _write(path: Path, stored: bytes) -> None:
    """All or nothing: another process sees the old file or the new one, never half of one."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with NamedTemporaryFile(dir=path.parent, prefix=path.name, delete=False) as draft:
        written = Path(draft.name)
        try:
            draft.write(stored)
            draft.close()
            os.replace(written, path)
        except OSError:
            written.unlink(missing_ok=True)
            raise


def _digest(version: str, content: bytes) -> bytes:
    return hashlib.sha256(version.encode() + b"\0" + content).digest()
