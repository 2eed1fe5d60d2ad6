"""Doorway on the manufacturing order: its figures in money, and its labor in the journal, each cost once."""

from collections import defaultdict

from odoo import Command, api, fields, models


class MrpProduction(models.Model):
    _inherit = "mrp.production"

    mes_currency_id = fields.Many2one(related="company_id.currency_id", string="Company currency")
    mes_value_consumed = fields.Monetary("Consumed", compute="_compute_mes_value", currency_field="mes_currency_id")
    mes_value_labor = fields.Monetary("Labor", compute="_compute_mes_value", currency_field="mes_currency_id")
    mes_value_received = fields.Monetary("Received", compute="_compute_mes_value", currency_field="mes_currency_id")
    mes_value_in_progress = fields.Monetary(
        "Work in progress",
        compute="_compute_mes_value",
        currency_field="mes_currency_id",
        help="Consumed and labor, less received. Of a closed order: its variance.",
    )
    mes_labor_move_ids = fields.One2many(
        "account.move", "mes_labor_production_id", "Labor entries", groups="account.group_account_readonly"
    )

    @api.depends("move_raw_ids.value", "move_finished_ids.value", "scrap_ids.state", "workorder_ids.duration")
    def _compute_mes_value(self):
        value = self.env["mes.order.value"]
        for order in self:
            order.mes_value_consumed = value._consumed(order)
            order.mes_value_labor = value._labor(order)
            order.mes_value_received = value._received(order)
            order.mes_value_in_progress = order.mes_value_consumed + order.mes_value_labor - order.mes_value_received

    def _post_labour(self):
        # Odoo would post all of it again with each posting of a part (traps 3 and 19).
        ours = self.filtered("mes_phase")
        for order in ours:
            order._mes_post_labor(fields.Date.context_today(order))
        return super(MrpProduction, self - ours)._post_labour()

    def _mes_post_labor(self, day):
        """Bring into the journal what the time on the order has cost and no entry has brought there yet.

        The order's account takes it from the expense accounts of the work centers, as Odoo does when an order ends.

        :param day: date of the entry
        """
        account = self.production_location_id.valuation_account_id
        if self.product_id.with_company(self.company_id).valuation != "real_time" or not account:
            return
        # sudo: whoever applies a report need not have accounting rights.
        posted = self.sudo().mes_labor_move_ids.line_ids.grouped("account_id")
        currency = self.company_id.currency_id
        costs = self._mes_labor_costs()
        due = {
            one: currency.round(costs.get(one, 0.0) + sum(posted[one].mapped("balance") if one in posted else ()))
            for one in {*costs, *posted} - {account}
        }
        due = {one: amount for one, amount in due.items() if not currency.is_zero(amount)}
        if due:
            due[account] = -sum(due.values())
            entry = self.env["account.move"].sudo().create(self._mes_labor_values(due, day))
            entry._post()
            logs = self.workorder_ids.time_ids.filtered(lambda log: log.date_end and not log.account_move_line_id)
            logs.account_move_line_id = entry.line_ids[:1]

    def _mes_labor_costs(self):
        """``{expense account: cost of the time so far}``."""
        costs, product = defaultdict(float), self.product_id.with_company(self.company_id)
        expense = product.product_tmpl_id.get_product_accounts()["expense"]
        for workorder in self.workorder_ids:
            costs[workorder.workcenter_id.expense_account_id or expense] += workorder._cal_cost()
        return costs

    def _mes_labor_values(self, due, day):
        name = self.env._("%s - Labour", self.name)
        journal = self.product_id.with_company(self.company_id).product_tmpl_id.get_product_accounts()["stock_journal"]
        return {
            "journal_id": journal.id,
            "date": day,
            "ref": name,
            "move_type": "entry",
            "mes_labor_production_id": self.id,
            "line_ids": [
                Command.create({"name": name, "balance": -amount, "account_id": account.id})
                for account, amount in due.items()
            ],
        }
