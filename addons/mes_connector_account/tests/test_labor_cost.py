"""What reported time costs: each minute once, people beside the work center, at the rate of where it was (trap 21)."""

from odoo.tests import tagged

from .common import MoneyCase


@tagged("post_install", "-at_install", "mes")
class TestLaborCost(MoneyCase):
    def spend(self, order, minutes, center="ASM1", **data):
        self.assertDone(
            self.send(
                "operation.confirmed",
                order,
                operation="10",
                work_center=center,
                good=self.quantity(1),
                minutes=minutes,
                final=False,
                **data,
            )
        )
        return order.workorder_ids[0]._cal_cost()

    def test_two_operators_in_one_hour_cost_two_person_hours_and_one_of_the_machine(self):
        cost = self.spend(self.release(), {"machine": 60}, operators=["op-1", "op-2"])
        self.assertMoney(cost, 60 + 2 * 20)

    def test_labor_minutes_alone_are_costed_each(self):
        cost = self.spend(self.release(), {"labor": 120}, operators=["op-1", "op-2"])
        self.assertMoney(cost, 2 * 60 + 2 * 20)

    def test_minutes_that_end_at_the_same_time_are_added(self):
        order = self.release()
        self.spend(order, {"machine": 30})
        self.assertMoney(self.spend(order, {"setup": 10, "machine": 20}), 60)

    def test_an_alternative_work_center_costs_its_own_rate(self):
        order = self.release()
        self.spend(order, {"machine": 60})
        self.assertMoney(self.spend(order, {"machine": 60}, center="TST1"), 60 + 30)

    def test_labor_of_others_costs_people_only(self):
        order = self.release()
        self.spend(order, {"machine": 60}, operators=["op-1"])
        period = {"from": "2026-11-22T08:00:00Z", "to": "2026-11-22T08:30:00Z"}
        self.assertDone(self.send("labor.reported", order, operation="10", operator="op-2", **period))
        self.assertMoney(order.workorder_ids[0]._cal_cost(), 60 + 20 + 10)

    def test_a_stop_costs_the_order_nothing(self):
        order = self.release()
        cost = self.spend(order, {"machine": 60})
        self.env.ref("mrp.block_reason1").mes_code = "BREAKDOWN"
        data = {"downtime": "s1", "work_center": "ASM1", "reason": "BREAKDOWN"}
        for fact, clock in (("started", "08"), ("ended", "12")):
            event = self.event(f"downtime.{fact}", order, **data)
            event.update(time=f"2026-11-22T{clock}:00:00Z", data=data)
            self.assertDone(self.deliver(event))
        self.assertMoney(order.workorder_ids[0]._cal_cost(), cost)
