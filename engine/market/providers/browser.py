"""The polite client as a browser: the same manners through curl, whose handshake Yahoo does not take for a robot's."""

from __future__ import annotations

from typing import Any

from curl_cffi import CurlError, CurlOpt
from curl_cffi.requests import Session
from curl_cffi.requests import exceptions as faults

from engine.errors import ProviderError
from engine.market.providers.http import Client, Limits, PassingError, refuse_status, too_large, too_late

TOO_LARGE, GARBLED = 63, 61  # curl's own numbers


def browser(limits: Limits) -> Any:
    """A session that looks like a browser and lets no answer grow too large."""
    return Session(impersonate="chrome", curl_options={CurlOpt.MAXFILESIZE_LARGE: limits.max_bytes})


class Browser(Client):
    """`Client` over a curl session; pauses, attempts and messages are the same."""

    session: Any

    def _once(self, method: str, url: str, about: str, body: Any) -> bytes:
        times = (self.limits.connect_s, self.limits.read_s)
        try:
            answer = self.session.request(method, url, json=body, timeout=times, allow_redirects=False)
        except faults.Timeout as error:
            raise too_late(about) from error
        except faults.SSLError as error:
            raise ProviderError(
                f"{about}: the server's certificate is not trusted; check clock, proxy and address"
            ) from error
        except CurlError as error:
            if error.code == TOO_LARGE:
                raise too_large(about, self.limits) from error
            if error.code == GARBLED:
                raise PassingError("the answer was compressed and cannot be unpacked") from error
            raise PassingError(f"the connection failed ({type(error).__name__})") from error
        refuse_status(answer.status_code, answer.headers, about)
        content = bytes(answer.content)
        if len(content) > self.limits.max_bytes:
            raise too_large(about, self.limits)
        return content
