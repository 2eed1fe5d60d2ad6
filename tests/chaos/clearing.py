"""What a supervisor does when the storm is over: retries what died, decides about what nobody can book."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field

from tools.stack.process import StackError, wait_until
from tools.stack.rpc import Rpc

from .world import World

REASON = "There is no such order; the plant had typed it by hand."
#: The code of the only messages that were meant to need a decision.
UNKNOWN_ORDER = "unknown_order"
ROUNDS = 3
SETTLE_SECONDS = 1800
#: What waits for nothing any more is looked at again by itself, sooner than this.
LOOK_AGAIN_SECONDS = 60
INBOX, OUTBOX = "mes.inbox.message", "mes.outbox.message"
PARKED = [["state", "=", "parked"]]


@dataclass
class Clearing:
    """Rounds of a supervisor's work over the public API, until nothing waits for a person.

    `stuck` names what was parked although all that it could wait for had come.
    """

    world: World
    is_settled: Callable[[], object]
    retried: int = 0
    discarded: int = 0
    stuck: list[str] = field(default_factory=list)

    def run(self) -> None:
        """Raises StackError when the queues do not come to rest."""
        for _round in range(ROUNDS):
            wait_until(self.is_settled, "the queues to come to rest", timeout=SETTLE_SECONDS)
            if not self._decide():
                return

    def _decide(self) -> bool:
        """One round; False when there was nothing to decide."""
        desk = self.world.person("supervisor")
        dead = desk.search(INBOX, [["state", "=", "dead"]])
        failed = desk.search(OUTBOX, [["state", "in", ["dead", "refused", "expired"]]])
        strays = desk.search(INBOX, [*PARKED, ["code", "=", UNKNOWN_ORDER]])
        # What is parked behind a dead message goes on by itself when that one has had its turn.
        stuck = [] if dead else self._left_parked(desk)
        if strays:
            desk.call(INBOX, "action_discard", strays, reason=REASON)
        if dead or stuck:
            desk.call(INBOX, "action_retry", dead or stuck)
        if failed:
            desk.call(OUTBOX, "action_resend", failed)
        self.discarded += len(strays)
        self.retried += len(dead) + len(stuck) + len(failed)
        return bool(strays or dead or stuck or failed)

    def _left_parked(self, desk: Rpc) -> list[int]:
        """What is parked without a reason, and does not go on by itself in good time."""
        fields = ["event_type", "ordering_key", "sequence", "code", "waiting_for"]
        domain = [*PARKED, ["code", "!=", UNKNOWN_ORDER]]
        with suppress(StackError):
            wait_until(lambda: not desk.search(INBOX, domain), "parked messages to go on", timeout=LOOK_AGAIN_SECONDS)
        left = desk.read(INBOX, domain, fields)
        self.stuck += [f"parked for good: {row}" for row in left]
        return [row["id"] for row in left]
