"""The plant's book of stops: a pure fold over the downtime events that count; no order's work is booked here."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from .messages import Event, EventType


def keep_stops(events: Iterable[Event]) -> dict[str, dict[str, Any]]:
    """Each stop by its name: where, since and until when, and its minutes; one that was not ended has no end."""
    stops: dict[str, dict[str, Any]] = {}
    for event in events:
        if event["type"] in (EventType.DOWNTIME_STARTED, EventType.DOWNTIME_ENDED):
            data, end = event["data"], event["type"] == EventType.DOWNTIME_ENDED
            stop = stops.setdefault(data["downtime"], {"work_center": data["work_center"], "reason": data["reason"]})
            stop["to" if end else "from"] = event["time"]
    for stop in stops.values():
        if "from" in stop and "to" in stop:
            lasted = datetime.fromisoformat(stop["to"]) - datetime.fromisoformat(stop["from"])
            stop["minutes"] = round(lasted.total_seconds() / 60, 2)
    return stops
