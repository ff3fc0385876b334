"""The signature over a body that comes in or goes out.

Decided here: the hex HMAC-SHA256 over `timestamp.body`, and the headers that carry it. Not decided here: which are trusted.
"""

import hashlib
import hmac

TIMESTAMP, SIGNATURE = "X-Slakeeper-Timestamp", "X-Slakeeper-Signature"


def signature(secret: str, timestamp: str, body: bytes) -> str:
    """What stands in the header: `v1=` and the digest."""
    return "v1=" + hmac.new(secret.encode(), timestamp.encode() + b"." + body, hashlib.sha256).hexdigest()
