"""When an object is told to a system again, by its content's hash and what came before; building it is the shell's."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field

from .envelope import canonical_json


@dataclass(frozen=True)
class Snapshot:
    """One object as it is now: its key on the wire and all there is to say of it.

    ``missing`` are the sentences that name what keeps it from being said whole; it is not said at all then. ``is_last``
    is for what nobody needs any more: this is told, and nothing after it.
    """

    key: str
    data: dict = field(default_factory=dict, hash=False)
    missing: tuple[str, ...] = ()
    is_last: bool = False


@dataclass(frozen=True)
class Told:
    """What a system was last told of an object; revision 0: nothing yet."""

    content_hash: str = ""
    revision: int = 0
    is_deleted: bool = False


def content_hash(data: Mapping) -> str:
    """Return the SHA-256 of some content as canonical JSON, in hexadecimal: equal for equal content."""
    return hashlib.sha256(canonical_json(dict(data)).encode()).hexdigest()


def next_told(told: Told, data: Mapping, is_deleted: bool = False, is_forced: bool = False) -> Told | None:
    """Return what a system is to be told of an object, or None when it knows that already.

    Told again only by force, the same content keeps its revision: a receiver that has it sees a repetition. What was
    never told is not told to be gone.
    """
    new_hash = content_hash(data)
    if (new_hash, is_deleted) == (told.content_hash, told.is_deleted):
        return told if is_forced and told.revision else None
    if is_deleted and not told.revision:
        return None
    return Told(new_hash, told.revision + 1, is_deleted)


def document(data: Mapping, told: Told) -> dict:
    """Return the data of the event that tells it."""
    return {
        **data,
        "content_hash": told.content_hash,
        "revision": told.revision,
        "is_deleted": told.is_deleted,
    }
