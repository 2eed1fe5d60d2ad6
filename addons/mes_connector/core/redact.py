"""Takes secrets out of a text before it is logged or stored as an error; finds no others."""

import re

MASK = "***"

_PATTERNS = (
    re.compile(r"whsec_[A-Za-z0-9+/=_-]+"),
    re.compile(r"(?<=v1,)[A-Za-z0-9+/]{16,}={0,2}"),
    re.compile(r'(?P<key>\b(?:bearer|authorization:\s*basic)\s+)[^\s"\',;]+', re.IGNORECASE),
    # The user of a URL stays, its password goes; up to the last @, which a password may hold.
    re.compile(r'(?<=://)(?P<user>[^\s/:@]*):[^\s/"\']*(?=@)'),
    re.compile(
        r'(?P<key>["\']?\b(?:password|secret|api[_-]?key|token)["\']?\s*[=:]\s*["\']?)[^\s"\'&,;}]+',
        re.IGNORECASE,
    ),
)


def redact(text: str) -> str:
    """Return the text with secrets, bearer keys, signatures and passwords replaced by a mask."""
    for pattern in _PATTERNS:
        text = pattern.sub(_mask, text)
    return text


def _mask(match):
    kept = match.groupdict()
    if "user" in kept:
        return f"{kept['user']}:{MASK}"
    return f"{kept.get('key', '')}{MASK}"
