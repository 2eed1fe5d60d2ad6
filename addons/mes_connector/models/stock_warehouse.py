"""Doorway: a plant is a warehouse; its integration rules live on it."""

from odoo import fields, models

from ..core.states import (
    BackflushTime,
    LockedPeriod,
    PostingPolicy,
    ReceiptSource,
    ScrapCost,
    ShortageMode,
    ToleranceMode,
    selection,
)


class StockWarehouse(models.Model):
    _inherit = "stock.warehouse"

    mes_auto_release = fields.Boolean(
        "Release orders when confirmed",
        help="Confirming a manufacturing order of this plant also releases it to the plant's systems.",
    )
    mes_release_reserved = fields.Boolean(
        "Release only with components",
        help="An order is released when all its components are reserved. One that is released when it is confirmed "
        "waits for a person otherwise.",
    )
    mes_auto_post = fields.Boolean(
        "Post completed orders",
        default=True,
        help="A completed order is posted by itself as soon as nothing of it waits. Otherwise a person posts it.",
    )
    mes_case_owner_id = fields.Many2one(
        "res.users", "Owner of cases", help="Gets what could not be posted in this plant. Empty: the system's owner."
    )
    mes_posting_policy = fields.Selection(
        selection(PostingPolicy),
        "Posting",
        required=True,
        default=PostingPolicy.AS_REPORTED.value,
        help="As reported: consumption, scrap and receipts move the stock with each report. On completion: reports are "
        "collected and move the stock when the plant completes the order.",
    )
    mes_receipt_source = fields.Selection(
        selection(ReceiptSource),
        "Finished pieces are received by",
        required=True,
        default=ReceiptSource.PRODUCTION_REPORTED.value,
        help="The report that puts finished pieces into stock; the other one is informative.",
    )
    mes_backflush_time = fields.Selection(
        selection(BackflushTime),
        "Components nobody reports",
        required=True,
        default=BackflushTime.AT_COMPLETION.value,
        help="When components that no report named are consumed by their share of the bill of materials.",
    )
    mes_backflush_tracked = fields.Boolean(
        "Also lots and serial numbers",
        help="Consumes tracked components nobody reported by estimation, from what is reserved; flagged as estimated.",
    )
    mes_over_delivery_percent = fields.Float(
        "Over-delivery (%)", help="How much more than ordered the plant may report; beyond it a report is rejected."
    )
    mes_consumption_percent = fields.Float(
        "Consumption tolerance (%)", help="How much more than the bill of materials a report may consume."
    )
    mes_consumption_mode = fields.Selection(
        selection(ToleranceMode),
        "Beyond the tolerance",
        required=True,
        default=ToleranceMode.FLAG.value,
        help="Accept: it is booked. Flag: it is booked, and the supervisor gets a case. Reject: nothing is booked, and "
        "the plant is told.",
    )
    mes_shortage_mode = fields.Selection(
        selection(ShortageMode),
        "Consumed but not in stock",
        required=True,
        default=ShortageMode.PARK.value,
        help="Park: the report waits until the stock is corrected. Flag: it is booked, the stock goes negative, and "
        "the supervisor gets a case.",
    )
    mes_scrap_cost = fields.Selection(
        selection(ScrapCost),
        "Scrapped pieces are paid by",
        required=True,
        default=ScrapCost.SCRAP_ACCOUNT.value,
        help="Good pieces: the cost stays with the order. Scrap account: the planned cost of the pieces goes there.",
    )
    mes_locked_period = fields.Selection(
        selection(LockedPeriod),
        "Reports of a locked period",
        required=True,
        default=LockedPeriod.NEXT_OPEN_DAY.value,
        help="Next open day: posted on the first day that is not locked, with a note. Park: waits for finance.",
    )
    mes_estimate_times = fields.Boolean(
        "Estimate missing times",
        help="When an order is posted, operations without any time get the expected one, flagged.",
    )
    mes_downtime_hours = fields.Float(
        "A stop is overdue after (hours)",
        default=24.0,
        help="A stop of a work center that the plant has not ended by then gets a case.",
    )

    mes_second_person = fields.Boolean(
        "Crosswalk needs a second person",
        help="What a code means here counts, or ends, only after another person has approved it.",
    )

    _mes_percent = models.Constraint(
        "CHECK (mes_over_delivery_percent >= 0 AND mes_consumption_percent >= 0)", "A tolerance is zero or more."
    )
