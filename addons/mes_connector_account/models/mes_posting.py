"""Gives the connector's postings their value and their day in the books; which moves are posted is not said here."""

from datetime import timedelta
from zoneinfo import ZoneInfo

from odoo import api, fields, models
from odoo.tools import format_date

from odoo.addons.mes_connector.core import errors
from odoo.addons.mes_connector.core.states import LockedPeriod, ScrapCost


class MesPosting(models.AbstractModel):
    _inherit = "mes.posting"

    # -- the day -----------------------------------------------------------------------------------------------------

    @api.model
    def _posting_date(self, order, at):
        day = self._local_day(order, at)
        open_day = self._first_open_day(order, day)
        if open_day == day:
            return super()._posting_date(order, at)
        if order._mes_plant().mes_locked_period == LockedPeriod.PARK.value:
            raise errors.error("period_closed", f"{day} is locked.", waiting_for=f"period:{day:%Y-%m}")
        return at + (open_day - day)

    @api.model
    def _local_day(self, order, at):
        """The calendar day of a time (naive UTC) where the plant is."""
        zone = order._mes_plant().partner_id.tz or order.company_id.partner_id.tz or "UTC"
        return at.replace(tzinfo=ZoneInfo("UTC")).astimezone(ZoneInfo(zone)).date()

    @api.model
    def _first_open_day(self, order, day):
        """``day``, or the first one after the locks that cover it."""
        locks = order.company_id._get_lock_date_violations(day, sale=False, purchase=False, tax=False)
        return max(lock for lock, _field in locks) + timedelta(days=1) if locks else day

    # -- posting -----------------------------------------------------------------------------------------------------

    def _do(self, order, moves, at):
        date = self._posting_date(order, at)
        day = self._local_day(order, date)
        # A counter-move has no order to take its name from, which the journal needs.
        moves.filtered(lambda move: not move.reference).reference = order.name
        done = super()._do(order, moves.with_context(force_period_date=day), at).with_env(moves.env)
        if date != at:
            done.mes_happened_at = at
        self._follow_average(done, date)
        if done.production_id:
            order._mes_post_labor(day)
        return done

    def _do_scrap(self, order, scrap, at):
        date = self._posting_date(order, at)
        super()._do_scrap(order, scrap.with_context(force_period_date=self._local_day(order, date)), at)
        if date != at:
            scrap.move_ids.mes_happened_at = at
        self._follow_average(scrap.move_ids, date)

    def _follow_average(self, moves, date):
        """Average costs follow dates: compute them anew where moves, or prices that people set, are later than this."""
        products = moves.product_id.filtered(lambda product: product.cost_method == "average")
        later = [("product_id", "in", products.ids), ("date", ">", date), ("company_id", "=", self.env.company.id)]
        valued = [("state", "=", "done"), "|", ("is_in", "=", True), ("is_out", "=", True)]
        # sudo: set prices are read by accountants only.
        prices = self.env["product.value"].sudo()._read_group([*later, ("move_id", "=", False)], ["product_id"])
        found = [*self.env["stock.move"]._read_group([*later, *valued], ["product_id"]), *prices]
        products.browse({product.id for (product,) in found})._update_standard_price()

    def _close(self, order):
        result = super()._close(order)
        ends = [end for end in order.workorder_ids.time_ids.mapped("date_end") if end]
        day = self._local_day(order, max(ends, default=fields.Datetime.now()))
        order._mes_post_labor(self._first_open_day(order, day))
        return result

    # -- value -------------------------------------------------------------------------------------------------------

    @api.model
    def _value_receipt(self, order, consumed, finished):
        self.env["mes.order.value"]._price(order, finished)

    @api.model
    def _value_scrap(self, order, scrap):
        is_made = scrap.product_id in order.move_finished_ids.product_id
        scrap.mes_paid_by_order = is_made and order._mes_plant().mes_scrap_cost == ScrapCost.GOOD_PIECES.value
        return super()._value_scrap(order, scrap)

    def _effect(self, kind, line, **more):
        happened_at = line.move_id.mes_happened_at
        if happened_at:
            order = line.move_id._mes_order() or line.move_id.origin_returned_move_id._mes_order()
            day = self._local_day(order, happened_at) if order else happened_at.date()
            more["note"] = self.env._(
                "Happened on %(day)s, which is locked; posted on %(posted)s.",
                day=format_date(self.env, day),
                posted=format_date(self.env, line.move_id.date),
            )
        return super()._effect(kind, line, **more)
