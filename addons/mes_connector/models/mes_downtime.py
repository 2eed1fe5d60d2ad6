"""Stops of work centers as the plant reports them: each owns one productivity log of Odoo, closed by the stop's own id.

Several stops of one work center may be open at once, and Odoo's *unblock* ends all of them with whatever else runs
(trap 28); so it is never called. The work center is blocked while one is open.
"""

from datetime import timedelta

from odoo import api, fields, models
from odoo.exceptions import AccessError

from ..core import errors


class MesDowntime(models.Model):
    _name = "mes.downtime"
    _description = "Downtime"
    _order = "started_at desc, id desc"

    name = fields.Char("Stop", required=True, readonly=True, help="The id the plant gave it.")
    system_id = fields.Many2one("mes.system", required=True, readonly=True, ondelete="restrict")
    company_id = fields.Many2one("res.company", required=True, readonly=True)
    plant_id = fields.Many2one("stock.warehouse", "Plant", readonly=True)
    workcenter_id = fields.Many2one("mrp.workcenter", "Work center", required=True, readonly=True, index=True)
    log_id = fields.Many2one("mrp.workcenter.productivity", "Time log", readonly=True, ondelete="set null")
    loss_id = fields.Many2one("mrp.workcenter.productivity.loss", "Loss", required=True, readonly=True)
    reason = fields.Char(readonly=True, help="Code of the plant.")
    equipment = fields.Char(readonly=True, help="What the crosswalk makes of the plant's code, else that code.")
    text = fields.Text("Explanation", readonly=True)
    production_id = fields.Many2one("mrp.production", "Order", readonly=True, index="btree_not_null")
    started_at = fields.Datetime(required=True, readonly=True)
    ended_at = fields.Datetime(readonly=True, index=True)
    ended_by_id = fields.Many2one(
        "res.users", "Ended by", readonly=True, help="Who ended it by hand, until the plant says when it was over."
    )
    duration = fields.Float("Minutes", related="log_id.duration", help="Working time of the work center lost.")
    case_id = fields.Many2one("mes.case", readonly=True)

    _once = models.UniqueIndex("(system_id, name)", "The plant has used this id for another stop.")

    @api.model
    def _start(self, command, center):
        """Book the begin of a stop and let its end through if it came first.

        :return: the stop; an empty one when it is known
        :raises Parked: ``unmapped_code``
        """
        data, message = command.data, command.message
        if self._find(command):
            return self.browse()
        loss = self.env["mes.resolver"]._loss(data.get("reason"))
        values = {
            "name": data["downtime"],
            "system_id": command.system.id,
            "company_id": message.company_id.id,
            "plant_id": message.plant_id.id,
            "workcenter_id": center.id,
            "loss_id": loss.id,
            "production_id": self._named_order(command).id,
            "started_at": command.at,
        }
        values.update({name: data.get(name) for name in ("reason", "text")})
        values["equipment"] = self.env["mes.resolver"]._equipment(data.get("equipment"))
        values["log_id"] = self.env["mrp.workcenter.productivity"].create(self._log_values(values, message)).id
        self.env["mes.inbox.message"]._resume_parked(
            message.ordering_key, ["too_early"], self._waited_for(data["downtime"])
        )
        return self.create(values)

    @api.model
    def _end(self, command, center):
        """Book the end of a stop; what is known better by now replaces what its begin said.

        :return: the stop; an empty one when its end is known
        :raises Parked: ``too_early`` before the begin has arrived; ``unmapped_code``
        """
        data, downtime = command.data, self._find(command)
        if not downtime or downtime.workcenter_id != center:
            raise errors.error(
                "too_early",
                f"No stop {data['downtime']} of {center.code} has begun.",
                waiting_for=self._waited_for(data["downtime"]),
            )
        if downtime.ended_at and not downtime.ended_by_id:
            return self.browse()
        values = {name: data[name] for name in ("reason", "equipment", "text") if name in data}
        if "reason" in values:
            values["loss_id"] = self.env["mes.resolver"]._loss(values["reason"]).id
        if "equipment" in values:
            values["equipment"] = self.env["mes.resolver"]._equipment(values["equipment"])
        downtime.write(dict(values, ended_by_id=False))
        downtime._close(max(command.at, downtime.started_at))
        return downtime

    def _close(self, end):
        self.ended_at = end
        self.log_id.write({"date_end": end, "loss_id": self.loss_id.id})
        self.case_id.action_close()

    def _find(self, command):
        return self.search([("system_id", "=", command.system.id), ("name", "=", command.data["downtime"])])

    def _waited_for(self, name):
        return f"downtime:{name}"

    def _named_order(self, command):
        reference = command.data.get("order")
        orders = self.env["mrp.production"]
        return self.env["mes.resolver"]._search_order(command.system, reference) if reference else orders

    def _log_values(self, values, message):
        """Values of the log: nobody's time, and no work order's, whose costs a stop must not raise."""
        return {
            "workcenter_id": values["workcenter_id"],
            "company_id": values["company_id"],
            "loss_id": values["loss_id"],
            "description": values["text"] or values["reason"] or values["name"],
            "date_start": values["started_at"],
            "user_id": False,
            "mes_inbox_id": message.id,
        }

    def _minutes(self):
        return round((self.ended_at - self.started_at).total_seconds() / 60, 2)

    # -- never ended -------------------------------------------------------------------------------------------------

    @api.model
    def _raise_overdue(self):
        """Give a case to each stop that is open for longer than its plant allows.

        A system of several plants may not say in which one it was: then the least patient of them counts.
        """
        now = fields.Datetime.now()
        for downtime in self.search([("ended_at", "=", False), ("case_id", "=", False)], limit=1000):
            plants = downtime.plant_id or downtime.system_id.plant_ids
            hours = min(plants.mapped("mes_downtime_hours"), default=None)
            if hours is not None and downtime.started_at + timedelta(hours=hours) <= now:
                downtime.case_id = self.env["mes.case"]._raise_for_downtime(downtime)

    def action_end(self):
        """End stops that the plant has not ended; its own end, should it still come, is taken instead.

        :raises AccessError: the user is no supervisor
        """
        if not self.env.su and not self.env.user.has_group("mes_connector.group_mes_supervisor"):
            raise AccessError(self.env._("Only supervisors end stops by hand."))
        # sudo: stops are only written through their doors; the door was just passed.
        for downtime in self.filtered(lambda one: not one.ended_at).sudo():
            downtime.ended_by_id = self.env.user
            downtime._close(fields.Datetime.now())

    def action_open_work_center(self):
        self.ensure_one()
        return {
            "type": "ir.actions.act_window",
            "res_model": "mrp.workcenter",
            "res_id": self.workcenter_id.id,
            "view_mode": "form",
        }
