"""Doorway on Odoo's wizard for work in progress: orders that are posted in parts count with what is left in them.

Odoo takes everything picked and all time, and credits the stock for it: of such an order the components have left the
stock already, and its receipts have taken their part.
"""

from odoo import Command, models


class MrpAccountWipAccounting(models.TransientModel):
    _inherit = "mrp.account.wip.accounting"

    def _get_line_vals(self, productions=False, date=False):
        productions = productions or self.env["mrp.production"]
        ours = productions.filtered("mes_phase")
        if not ours:
            return super()._get_line_vals(productions, date)
        components, overhead, total = (command[2] for command in super()._get_line_vals(productions - ours, date))
        lines = [components, overhead, *self._mes_lines(ours, date)]
        names = ", ".join(productions.mapped("name"))
        total["label"] = self.env._("Manufacturing WIP - %(orders)s", orders=names)
        total["debit"] = sum(line.get("credit", 0.0) - line.get("debit", 0.0) for line in lines)
        return [Command.create(line) for line in (*lines, total)]

    def _mes_lines(self, orders, date):
        """One line per account that holds what was consumed and worked and no piece has taken yet."""
        value, amounts = self.env["mes.order.value"], {}
        for order in orders:
            account = order.production_location_id.valuation_account_id.id or self._get_overhead_account()
            amounts[account] = amounts.get(account, 0.0) + value._in_progress(order, date or None)
        return [
            {
                "label": self.env._("WIP - Orders of plants"),
                # Less than nothing: pieces were received before all their components were reported.
                "credit" if amount >= 0 else "debit": abs(amount),
                "account_id": account,
            }
            for account, amount in amounts.items()
        ]
