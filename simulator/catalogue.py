"""What the plant knows of the ERP's master data and stock: the last revision of each, as sent; acts on nothing."""

import threading
from typing import Any

from .messages import Event

#: The property that names a thing, by the type of the event that tells of it.
KEYS = {
    "mes.product.published.v1": "product",
    "mes.bom.published.v1": "bom",
    "mes.routing.published.v1": "routing",
    "mes.work_center.published.v1": "work_center",
    "mes.reason_code.published.v1": "reason",
    "mes.equipment.published.v1": "equipment",
    "mes.lot.published.v1": "lot_key",
    "mes.inventory.availability.changed.v1": "availability_key",
    "mes.material.shortage.detected.v1": "order",
}


class Catalogue:
    """Keeps the latest of each thing by its key; safe to use from several threads."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._known: dict[str, dict[str, dict[str, Any]]] = {type_: {} for type_ in KEYS}

    def take(self, event: Event) -> bool:
        """Keep what an event says, unless a later revision is known; False when it is about something else.

        A tombstone is kept too, so that a snapshot that comes late does not revive what is gone.
        """
        if event["type"] not in KEYS:
            return False
        key, said = event["data"].get(KEYS[event["type"]]), event["data"]
        with self._lock:
            known = self._known[event["type"]].get(key)
            if known is None or said.get("revision", 0) >= known.get("revision", 0):
                self._known[event["type"]][key] = said
        return True

    def pages(self) -> dict[str, dict[str, Any]]:
        """By type and key, what is there; what was deleted is left out."""
        with self._lock:
            return {
                type_: {key: said for key, said in things.items() if not said.get("is_deleted")}
                for type_, things in self._known.items()
            }
