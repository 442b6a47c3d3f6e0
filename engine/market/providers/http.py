"""A polite client: one request at a time, paced, bounded in time and size, retried with growing pauses.

Whatever the network or a server does is one `ProviderError` that names provider, series and chunk and says what to try.
"""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any

import requests
from urllib3.exceptions import DecodeError, HTTPError, ReadTimeoutError

from engine.errors import ProviderError

ANSWERED = 200
NOT_FOUND = 404
TOO_MANY = 429
SERVER_FAILED = 500
REFUSED = (401, 403)
TIMED_OUT = (408, 504)
MEGABYTE = 1024 * 1024
PIECE = 64 * 1024

LATER = "wait a few minutes and run the same command again; what is stored is not fetched again"
BLOCKED = (
    "the site took this for a robot: wait an hour and run the same command again from a home or office connection "
    "(data centres are often refused), or import files with `backtest data import`"
)
MOVED = "the site may have moved: try another base address, or a newer version of this program and of jugaad-data"


class TimedOutError(ProviderError):
    """No complete answer in time; a shorter chunk may be answered."""


class NotThereError(ProviderError):
    """The address is not known to the server (HTTP 404): for a file of one day, there is none."""


class Form(dict[str, str]):
    """A body to send as a form, as pages do, not as JSON."""


class PassingError(Exception):
    """Something that may be gone at the next attempt: what happened, and the pause asked for. For clients alone."""

    def __init__(self, what: str, pause_s: float | None = None) -> None:
        super().__init__(what)
        self.pause_s = pause_s


@dataclass(frozen=True)
class Limits:
    """How fast, how long, how large and how often; seconds unless named otherwise."""

    pause_s: float = 1.0  # between the starts of two requests: at most one a second
    connect_s: float = 10.0
    read_s: float = 30.0  # for the whole answer, and for any silence in it
    attempts: int = 4
    first_wait_s: float = 2.0  # doubled after each attempt, less up to half of it by chance
    longest_wait_s: float = 120.0  # a server that asks for more is left alone instead
    max_bytes: int = 10 * MEGABYTE


@dataclass
class Client:
    """Sends requests through one session. Time and chance come from outside, so that tests need neither."""

    session: requests.Session
    limits: Limits = Limits()
    sleep: Callable[[float], None] = time.sleep
    clock: Callable[[], float] = time.monotonic
    chance: random.Random = field(default_factory=random.Random)
    last_body: bytes = b""
    """What was answered last, for those who ask what shape it has."""
    _last_start: float | None = None

    def send(self, method: str, url: str, about: str, body: Any = None) -> bytes:
        """The body of the answer to one request, with status 200. `about` begins every message.

        Raises TimedOutError at once when an answer does not come in time: asking for less helps more than asking again.
        Raises ProviderError for all else, after some attempts where it may pass.
        """
        for attempt in range(1, self.limits.attempts + 1):
            self._pace()
            try:
                self.last_body = self._once(method, url, about, body)
                return self.last_body
            except PassingError as trouble:
                if attempt == self.limits.attempts:
                    raise ProviderError(f"{about}: {trouble}, {attempt} times in a row; {LATER}") from trouble
                self.sleep(self._wait(attempt, trouble.pause_s, about))
        raise AssertionError("there is at least one attempt")

    def once(self, method: str, url: str, about: str) -> None:
        """One paced request without a second attempt, for what can be done without. Raises ProviderError."""
        self._pace()
        try:
            self._once(method, url, about, None)
        except PassingError as trouble:
            raise ProviderError(f"{about}: {trouble}; {LATER}") from trouble

    def _pace(self) -> None:
        if self._last_start is not None:
            left = self._last_start + self.limits.pause_s - self.clock()
            if left > 0:
                self.sleep(left)
        self._last_start = self.clock()

    def _wait(self, attempt: int, asked_s: float | None, about: str) -> float:
        wait = self.limits.first_wait_s * 2.0 ** (attempt - 1) * self.chance.uniform(0.5, 1.0)
        wait = max(wait, asked_s or 0.0)
        if wait > self.limits.longest_wait_s:
            raise ProviderError(
                f"{about}: the server asks to be left alone for {wait:.0f} seconds; run the same command again after "
                "that, what is stored is not fetched again"
            )
        return wait

    def _once(self, method: str, url: str, about: str, body: Any) -> bytes:
        started = self.clock()
        with _told(about), self._open(method, url, body) as answer:
            refuse_status(answer.status_code, answer.headers, about)
            content = bytearray()
            # What has come so far, not blocks of a size: a trickle would keep the loop waiting within every block.
            while piece := answer.raw.read1(PIECE, decode_content=True):
                content += piece
                if len(content) > self.limits.max_bytes:
                    raise too_large(about, self.limits)
                if self.clock() - started > self.limits.read_s:
                    raise requests.ReadTimeout
            return bytes(content)

    def _open(self, method: str, url: str, body: Any) -> requests.Response:
        times = (self.limits.connect_s, self.limits.read_s)
        how = {"data" if isinstance(body, Form) else "json": body}
        return self.session.request(method, url, timeout=times, stream=True, allow_redirects=False, **how)


def browser_session(referer: str) -> requests.Session:
    """A session with the headers of a browser, which the exchanges' sites ask for, that comes from a page."""
    session = requests.Session()
    session.headers.update(
        {
            "User-Agent": "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0",
            "Accept": "*/*",
            "Accept-Language": "en-IN,en;q=0.9",
            "Referer": referer,
        }
    )
    return session


@contextmanager
def _told(about: str) -> Iterator[None]:
    """What goes wrong on the way, in the words of this file; the order is that of their kinship."""
    try:
        yield
    except requests.ConnectTimeout as error:
        raise PassingError("the server cannot be reached") from error
    except (requests.Timeout, ReadTimeoutError) as error:
        raise too_late(about) from error
    except (
        requests.exceptions.InvalidURL,
        requests.exceptions.InvalidSchema,
        requests.exceptions.MissingSchema,
    ) as error:
        raise ProviderError(f"{about}: the address is none ({error}); check the base address") from error
    except requests.exceptions.SSLError as error:
        raise ProviderError(
            f"{about}: the server's certificate is not trusted; check clock, proxy and address"
        ) from error
    except DecodeError as error:
        raise PassingError("the answer was compressed and cannot be unpacked") from error
    except (requests.RequestException, HTTPError, OSError) as error:
        raise PassingError(f"the connection failed ({type(error).__name__})") from error


def too_large(about: str, limits: Limits) -> ProviderError:
    """More than any history has."""
    return ProviderError(
        f"{about}: the answer is larger than {limits.max_bytes // MEGABYTE} MB, which no index history is; check the "
        "address and run the same command again"
    )


def too_late(about: str) -> TimedOutError:
    """No answer, or not the whole of it, in time."""
    return TimedOutError(f"{about}: no complete answer in time, even for a chunk this short; {LATER}")


def refuse_status(status: int, headers: Mapping[str, str], about: str) -> None:
    """Raise what any status but 200 means."""
    if status == ANSWERED:
        return
    if status in REFUSED:
        raise ProviderError(f"{about}: refused (HTTP {status}); {BLOCKED}")
    if status == TOO_MANY:
        raise PassingError("too many requests (HTTP 429)", _retry_after(headers))
    if status in TIMED_OUT:
        raise too_late(about)
    if status >= SERVER_FAILED:
        raise PassingError(f"the server failed (HTTP {status})", _retry_after(headers))
    if status == NOT_FOUND:
        raise NotThereError(f"{about}: HTTP 404 instead of an answer; {MOVED}")
    to = f" to {headers['Location'][:100]}" if "Location" in headers else ""
    raise ProviderError(f"{about}: HTTP {status}{to} instead of an answer; {MOVED}")


def _retry_after(headers: Mapping[str, str]) -> float | None:
    """Seconds that the server asks to wait, written as a number or as a date; None where it says nothing usable."""
    said = headers.get("Retry-After", "").strip()
    if said.isdecimal() and said.isascii():
        return float(said[:9])
    try:
        then = parsedate_to_datetime(said)
    except ValueError:
        return None
    then = then if then.tzinfo else then.replace(tzinfo=UTC)
    return max(0.0, (then - datetime.now(UTC)).total_seconds())
