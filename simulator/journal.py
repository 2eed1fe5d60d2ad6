"""The flight recorder: everything seen and sent, in memory for `GET /log` and as JSON lines on disk; judges nothing."""

import json
import threading
from datetime import datetime, timezone
from enum import Enum
from pathlib import Path
from typing import Any


class Entry(str, Enum):
    """What a line of the journal is about."""

    RECEIVED = "received"
    RECEIVED_AGAIN = "received_again"
    NOT_TAKEN = "not_taken"
    SENT = "sent"
    LOST = "lost"
    TROUBLE = "trouble"


class Journal:
    """Appends entries; safe to use from several threads. Without a folder it only remembers."""

    def __init__(self, folder: Path | None = None, name: str = "plant") -> None:
        self._lock = threading.Lock()
        self._entries: list[dict[str, Any]] = []
        self._file = None
        if folder is not None:
            folder.mkdir(parents=True, exist_ok=True)
            self._file = (folder / f"{name}.jsonl").open("a", encoding="utf-8")

    def write(self, entry: Entry, **fields: Any) -> None:
        """Record one entry; when this returns it has left the process."""
        now = datetime.now(timezone.utc).isoformat(timespec="milliseconds")
        line = {"at": now, "entry": entry.value, **fields}
        with self._lock:
            self._entries.append(line)
            if self._file is not None and not self._file.closed:
                self._file.write(json.dumps(line) + "\n")
                self._file.flush()

    def entries(self) -> list[dict[str, Any]]:
        with self._lock:
            return list(self._entries)

    def close(self) -> None:
        with self._lock:
            if self._file is not None:
                self._file.close()
