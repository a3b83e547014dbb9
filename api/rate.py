"""How often one address may ask: a token bucket for each, held in memory and bounded in number."""

from __future__ import annotations

import ipaddress
import threading
from collections import OrderedDict

from keys.errors import Unavailable

#: Addresses that are remembered; the one that asked longest ago is forgotten first.
MOST_KNOWN = 10_000
#: Challenges that one address may ask for at once, and then each second.
BURST, PER_SECOND = 60, 1.0


def _network(address: str) -> str:
    """Return whose address it is: of IPv6 one holder has 2**64 (RFC 6177), so its network counts as one."""
    try:
        found = ipaddress.ip_address(address)
    except ValueError:
        return address
    return address if found.version == 4 else str(ipaddress.ip_network((found, 64), strict=False))


class Rate:
    """``burst`` requests at once from one address, then ``per_second`` each second."""

    def __init__(self, burst: int = BURST, per_second: float = PER_SECOND) -> None:
        self._burst = burst
        self._per_second = per_second
        self._known: OrderedDict[str, tuple[float, float]] = OrderedDict()
        self._lock = threading.Lock()

    def take(self, address: str, at: float) -> None:
        """Count one request of ``address`` at ``at`` (monotonic seconds), or raise Unavailable (``signin.rate``)."""
        address = _network(address)
        with self._lock:
            left, before = self._known.pop(address, (float(self._burst), at))
            left = min(self._burst, left + max(0.0, at - before) * self._per_second)
            enough = left >= 1
            self._known[address] = (left - 1 if enough else left, at)
            if len(self._known) > MOST_KNOWN:
                self._known.popitem(last=False)
        if not enough:
            raise Unavailable(
                "signin.rate",
                "Terlalu sering meminta masuk dari tempat ini.",
                allowed="Tunggu sebentar, lalu coba lagi.",
                retry_after=int((1 - left) / self._per_second) + 1,
            )
