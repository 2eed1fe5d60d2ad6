"""Books an order by hand while its plant is in paper mode: what was used up, returned, made or scrapped, and when."""

from odoo import Command, fields, models
from odoo.exceptions import UserError

from ..core import states
from ..core.states import ReportKind


class MesPaperBook(models.TransientModel):
    _name = "mes.paper.book"
    _description = "Book by Hand"

    production_id = fields.Many2one("mrp.production", "Order", required=True, readonly=True)
    company_id = fields.Many2one(related="production_id.company_id")
    at = fields.Datetime("Happened at", required=True, default=fields.Datetime.now)
    line_ids = fields.One2many("mes.paper.book.line", "book_id", "What happened")

    def action_book(self):
        """Post the lines, kind by kind, in the order things happen: used up, returned, made, scrapped."""
        self.ensure_one()
        if not self.line_ids:
            raise UserError(self.env._("Name what happened, line by line."))
        posting = self.env["mes.posting"]
        reports = []
        for kind in (ReportKind.CONSUMED, ReportKind.RETURNED, ReportKind.RECEIVED, ReportKind.SCRAPPED):
            of_kind = self.line_ids.filtered(lambda line: line.kind == kind.value)  # noqa: B023
            for workorder, lines in of_kind.grouped("workorder_id").items():
                booked = tuple(line._line() for line in lines)
                reports.append(posting.Report(kind, booked, workorder, lines[0].reason or ""))
        self.production_id._mes_book_by_hand(reports, self.at)

    def action_fill_components(self):
        """Put the components that are still to be used up into the lines, to be corrected by hand."""
        self.ensure_one()
        moves = self.production_id.move_raw_ids.filtered(lambda move: move.state not in ("done", "cancel"))
        rows = [
            {
                "kind": ReportKind.CONSUMED.value,
                "product_id": line.product_id.id,
                "lot_id": line.lot_id.id,
                "quantity": line.quantity_product_uom,
                "workorder_id": self.production_id._mes_workorder_of(line.move_id).id,
            }
            for line in moves.move_line_ids
            if line.quantity
        ]
        self.line_ids = [Command.create(row) for row in rows]
        action = self.env["ir.actions.act_window"]._for_xml_id("mes_connector.mes_paper_book_action")
        return dict(action, res_id=self.id)


class MesPaperBookLine(models.TransientModel):
    _name = "mes.paper.book.line"
    _description = "Line of Booking by Hand"

    book_id = fields.Many2one("mes.paper.book", required=True, ondelete="cascade")
    kind = fields.Selection(states.selection(ReportKind), required=True, default=ReportKind.RECEIVED.value)
    product_id = fields.Many2one("product.product", required=True)
    tracking = fields.Selection(related="product_id.tracking")
    lot_id = fields.Many2one("stock.lot", domain="[('product_id', '=', product_id)]")
    quantity = fields.Float(required=True, digits="Product Unit")
    uom_id = fields.Many2one(related="product_id.uom_id")
    workorder_id = fields.Many2one(
        "mrp.workorder", "Operation", domain="[('production_id', '=', parent.production_id)]"
    )
    reason = fields.Char()

    _positive = models.Constraint("CHECK (quantity > 0)", "A quantity is more than zero.")

    def _line(self):
        self.ensure_one()
        if self.tracking != "none" and not self.lot_id:
            raise UserError(self.env._("%s is tracked: name its lot or serial number.", self.product_id.display_name))
        return self.env["mes.posting"].Line(self.product_id, self.quantity, self.lot_id)
