"""What a system shows of its gate and the buttons that steer it; the gate itself is mes.gate."""

from odoo import fields, models
from odoo.exceptions import AccessError

from ..core import states

STEERERS = ("mes_connector.group_mes_supervisor", "mes_connector.group_mes_integrator")


class MesSystem(models.Model):
    _inherit = "mes.system"

    rate_limit = fields.Integer(
        "Messages per minute", tracking=True, help="The most that is sent to the system; 0: as fast as it takes them."
    )
    breaker_state = fields.Selection(
        states.selection(states.BreakerState), "Circuit breaker", compute="_compute_gate", compute_sudo=True
    )
    breaker_failures = fields.Integer("Failures in a row", compute="_compute_gate", compute_sudo=True)
    next_probe_at = fields.Datetime("Next probe", compute="_compute_gate", compute_sudo=True)

    _rate_limit_positive = models.Constraint("CHECK (rate_limit >= 0)", "A rate limit is 0 or more messages a minute.")

    def _compute_gate(self):
        gates = {gate.system_id: gate for gate in self.env["mes.gate"]._of(self)}
        for system in self:
            breaker = gates.get(system, self.env["mes.gate"])._breaker()
            system.breaker_state = breaker.state.value
            system.breaker_failures = breaker.failures
            is_open = breaker.state is states.BreakerState.OPEN
            system.next_probe_at = is_open and breaker.until.replace(microsecond=0)

    def action_probe_now(self):
        """Let the probe of an open circuit breaker go at once.

        :raises AccessError: the caller is neither supervisor nor integrator
        """
        self._gates_to_steer()._probe_now()

    def action_close_breaker(self):
        """Close the circuit breaker: everything that waits is sent, whether the system is back or not.

        :raises AccessError: the caller is neither supervisor nor integrator
        """
        self._gates_to_steer()._close()

    def _gates_to_steer(self):
        self.check_access("read")
        if not any(map(self.env.user.has_group, STEERERS)) and not self.env.su:
            raise AccessError(self.env._("Only supervisors and integrators may steer what is sent to a system."))
        # sudo: rights were checked above, and gates are only written through their doors.
        return self.env["mes.gate"].sudo()._of(self)
