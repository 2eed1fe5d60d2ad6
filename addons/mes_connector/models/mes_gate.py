"""Gates: the stored side of each system's circuit breaker and rate limit; when they open and close is core's.

Lanes of several hosts meet on these rows. Who changes one locks the table before it reads: PostgreSQL takes the
snapshot of a transaction after that lock, so nobody decides on what another has just changed, and nobody conflicts.
"""

from odoo import api, fields, models
from odoo.tools import SQL

from ..core import gate, states
from ..core.gate import Breaker
from ..core.redact import redact
from ..core.states import BreakerState, Direction, OutboxState, PauseKind, SystemState

BREAKER_CASE, GONE = "breaker_open", "endpoint_gone"
#: What a message waits with whose system failed: it need not wait any longer than the system.
SYSTEM_CODES = ("unreachable", "system_busy", "technical")
#: The database's clock, the same for all hosts; not its transaction's, which may have waited for a lock.
CLOCK = SQL("clock_timestamp() AT TIME ZONE 'UTC'")


class MesGate(models.Model):
    _name = "mes.gate"
    _description = "Gate of a System"
    _log_access = False
    _rec_name = "system_id"

    system_id = fields.Many2one("mes.system", required=True, readonly=True, ondelete="cascade")
    state = fields.Selection(
        states.selection(BreakerState),
        "Circuit breaker",
        required=True,
        readonly=True,
        default=BreakerState.CLOSED.value,
    )
    failures = fields.Integer("Failures in a row", readonly=True)
    until = fields.Datetime("Next probe", readonly=True, help="Nothing is sent before.")
    free_at = fields.Datetime("Rate limit until", readonly=True, help="When the rate limit lets the next message go.")

    _one_per_system = models.UniqueIndex("(system_id)", "A system has one gate.")

    # -- what is asked on the way ------------------------------------------------------------------------------------

    @api.model
    def _open_systems(self, kind):
        """Query for the ids of the systems that messages may be sent to over ``kind`` now.

        :param kind: core ``TransportKind``
        """
        return self._systems(kind, SQL("coalesce(greatest(gate.until, gate.free_at) <= %s, TRUE)", CLOCK))

    @api.model
    def _opens_in(self, kind, queue):
        """Seconds until the first gate opens behind which messages wait; None when there is none.

        :param queue: the outbox's model
        """
        rows = self.env.execute_query(
            SQL(
                """SELECT extract(epoch FROM min(greatest(gate.until, gate.free_at)) - %s)::float FROM mes_gate gate
                    WHERE gate.system_id IN (%s) AND EXISTS (
                            SELECT 1 FROM %s m WHERE m.system_id = gate.system_id AND %s)""",
                CLOCK,
                self._systems(kind, SQL("greatest(gate.until, gate.free_at) > %s", CLOCK)),
                SQL.identifier(queue._table),
                queue._is_due("m"),
            )
        )
        seconds = rows[0][0]
        return seconds if seconds is None else max(seconds, 0.0)

    def _systems(self, kind, condition):
        self.env["mes.system"].flush_model(["state", "transport"])
        self.flush_model()
        return SQL(
            """SELECT system.id FROM mes_system system LEFT JOIN mes_gate gate ON gate.system_id = system.id
                WHERE system.state = %s AND system.transport = %s AND %s""",
            SystemState.ACTIVE.value,
            kind.value,
            condition,
        )

    @api.model
    def _of(self, systems):
        """The gates of ``systems``; one that was never needed does not exist."""
        return self.search([("system_id", "in", systems.ids)])

    @api.model
    def _watch(self, system):
        """Whether a delivery to ``system`` must be let through first, and whether a good outcome changes anything."""
        breaker = self._of(system)._breaker()
        return bool(system.rate_limit) or breaker.state is not BreakerState.CLOSED, not breaker.is_quiet

    def _breaker(self):
        """The core's ``Breaker``; a closed one for a gate that does not exist."""
        if not self:
            return Breaker()
        return Breaker(BreakerState(self.state), self.failures, self.until or None)

    # -- what deliveries change --------------------------------------------------------------------------------------

    @api.model
    def _let_through(self, system_id, count):
        """Let up to ``count`` messages go to a system now, one of them as its probe, all under its rate limit.

        The first call of its transaction, which is committed before anything is sent.

        :return: ``(number of messages, token of the probe or None)``; number 0 when nothing may go now
        """
        self._lock()
        system = self.env["mes.system"].browse(system_id)
        row, now = self._make(system), self._now()
        breaker = row._breaker()
        if breaker.is_shut(now) or (row.free_at and row.free_at > now):
            return 0, None
        probe = None
        if breaker.state is not BreakerState.CLOSED:
            breaker = gate.probe(breaker, now)
            count, probe = 1, breaker.until
            row._store(breaker)
        if system.rate_limit:
            count = min(count, system.rate_limit)
            row.free_at = gate.take_tokens(row.free_at or None, system.rate_limit, count, now)
        return count, probe

    @api.model
    def _note(self, messages, result, outcomes=(), probe=None):
        """Take an outcome into account: for the breaker of the system, and for routes that are gone.

        The first call of its transaction.

        :param messages: the outbox rows that left together
        :param result: core ``SendResult`` of the request
        :param outcomes: that of each message, when a route is gone
        :param probe: token of the probe, when that is what was sent
        """
        self._lock()
        row, now = self._make(messages.system_id), self._now()
        before = row._breaker()
        breaker = gate.after(before, result, now, probe)
        if breaker != before:
            row._store(breaker)
        if breaker.state is BreakerState.OPEN and breaker != before:
            row._hold_back(messages, (breaker.until - now).total_seconds(), result)
        elif breaker.state is BreakerState.CLOSED and before.state is not BreakerState.CLOSED:
            row._let_go()
        for message, outcome in zip(messages, outcomes, strict=bool(outcomes)):
            if outcome.code == GONE:
                self._pause_route(message, outcome)

    def _hold_back(self, failed, seconds, result):
        """What waits for the system waits for the gate, and no longer; a short wait it asked for needs nobody.

        A failed probe keeps its own wait when others can take its turn: it may be its own fault.
        """
        others = SQL(
            "SELECT 1 FROM mes_outbox_message o WHERE o.system_id = %s AND o.state IN %s AND NOT o.id = ANY(%s)",
            self.system_id.id,
            failed._values(failed.DUE),
            failed.ids,
        )
        mine = SQL("m.next_attempt_at > %s AND (NOT m.id = ANY(%s) OR NOT EXISTS (%s))", self.until, failed.ids, others)
        self._end_waits(self.until, mine)
        if seconds >= gate.FIRST_OPEN_SECONDS:
            self.env["mes.case"]._raise_for_system(self.system_id, BREAKER_CASE, redact(result.detail))

    def _let_go(self):
        """The system is back: what waited for it goes at once, and its case is closed."""
        self._end_waits(None, SQL("TRUE"))
        self.env["mes.case"]._close_for_system(self.system_id, BREAKER_CASE)
        self.env["mes.lane"]._wake("mes.outbox.message")

    def _end_waits(self, moment, condition):
        queue = self.env["mes.outbox.message"]
        queue.flush_model()
        self.env.cr.execute(
            SQL(
                """UPDATE mes_outbox_message m SET next_attempt_at = %s
                    WHERE m.system_id = %s AND m.state = %s AND m.code IN %s AND %s""",
                moment,
                self.system_id.id,
                OutboxState.WAITING.value,
                SYSTEM_CODES,
                condition,
            ),
            # Another lane may be writing an outcome of its own; then all of this is done again.
            log_exceptions=False,
        )
        queue.invalidate_model(["next_attempt_at"])

    def _pause_route(self, message, result):
        """Hold back what is sent of this event type to the system, until somebody resumes it."""
        scope = {
            "company_id": message.company_id.id,
            "system_id": message.system_id.id,
            "event_type": message.event_type,
            "direction": Direction.OUT.value,
        }
        pauses = self.env["mes.pause"]
        if not pauses._in_force(**scope):
            reason = redact(result.detail)
            pauses._begin(PauseKind.PAUSE, reason, code=GONE, **scope)
            self.env["mes.case"]._raise_for_system(message.system_id, GONE, reason, message.event_type)

    # -- people ------------------------------------------------------------------------------------------------------

    def _probe_now(self):
        """Let the probes of open breakers go at once; a closed one has none, and one that is out already is enough."""
        for row in self.filtered(lambda one: one.state == BreakerState.OPEN.value):
            row._store(gate.hasten(row._breaker(), self._now()))
            row._end_waits(None, SQL("TRUE"))
            self.env["mes.lane"]._wake("mes.outbox.message")

    def _close(self):
        """Send again as if nothing had happened."""
        for row in self.filtered(lambda one: one.state != BreakerState.CLOSED.value):
            row._store(gate.close(row._breaker()))
            row._let_go()

    # -- rows --------------------------------------------------------------------------------------------------------

    def _lock(self):
        self.env.cr.execute("LOCK TABLE mes_gate IN SHARE ROW EXCLUSIVE MODE")

    def _now(self):
        return self.env.execute_query(SQL("SELECT %s", CLOCK))[0][0]

    def _make(self, system):
        return self._of(system) or self.create({"system_id": system.id})

    def _store(self, breaker):
        self.write({"state": breaker.state.value, "failures": breaker.failures, "until": breaker.until})
