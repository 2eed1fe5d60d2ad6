"""The connector's world with money: categories by cost method, accounts on locations, prices and rates."""

from datetime import datetime, timedelta

from odoo.tests import new_test_user

from odoo.addons.mes_connector.tests.common import MesCase


class MoneyCase(MesCase):
    """An hour of Assembly costs 60, of the test bench 30, of a person 20; a gearbox takes 10 + 2 x 5 + 8 x 0.1 + 1."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.company, cls.clock = cls.env.company, datetime(2026, 11, 22, 10)
        cls.production_account = cls.make_account("MES1", "Production", "asset_current")
        cls.scrap_account = cls.make_account("MES2", "Scrap", "expense")
        cls.labor_account = cls.make_account("MES3", "Labor", "expense")
        cls.gearbox.with_company(cls.company).property_stock_production.valuation_account_id = cls.production_account
        cls.env["stock.location"].search([("usage", "=", "inventory")]).valuation_account_id = cls.scrap_account
        cls.assembly.write({"costs_hour": 60, "mes_costs_hour_person": 20, "expense_account_id": cls.labor_account.id})
        cls.bench.write({"costs_hour": 30, "expense_account_id": cls.labor_account.id})
        cls.prices = {cls.housing: 10.0, cls.gear: 5.0, cls.screw: 0.1, cls.oil: 4.0}
        for name in ("op-1", "op-2"):
            new_test_user(cls.env, name, "base.group_user").mes_operator_code = name

    @classmethod
    def make_account(cls, code, name, account_type):
        return cls.env["account.account"].create({"code": code, "name": name, "account_type": account_type})

    def value_by(self, method, valuation="real_time"):
        """Give all products a category; the gearbox and what other cost methods need keep their own price."""
        category = self.env["product.category"].create(
            {"name": method, "property_cost_method": method, "property_valuation": valuation}
        )
        products = self.gearbox | self.housing | self.gear | self.screw | self.oil
        products.categ_id = category
        for product, price in self.prices.items():
            product.standard_price = price
        self.gearbox.standard_price = 25.0 if method == "standard" else 0.0
        self.price_long_ago(products)
        self.stock_account = self.gearbox.product_tmpl_id.get_product_accounts()["stock_valuation"]

    def price_long_ago(self, products):
        """Odoo values by dates, also a price that was set: these were set before the plant reported anything."""
        self.env["product.value"].search([("product_id", "in", products.ids)]).date = "2026-01-01 00:00:00"

    def event(self, event_type, order, **data):
        # One after the other: what happens in one second Odoo values in the order of its ids.
        self.clock += timedelta(seconds=1)
        return {**super().event(event_type, order, **data), **self.stamp(data)}

    def stamp(self, data):
        return {"time": data.get("envelope", {}).get("time", f"{self.clock:%Y-%m-%dT%H:%M:%SZ}")}

    def work(self, order, pieces, lot, *, minutes=12, index=0, receive=True):
        """One increment: both operations with their components and minutes, then the pieces."""
        lots = {product: self.lots[product][index % 2] for product in (self.housing, self.gear, self.oil)}
        self.assertDone(
            self.consume(order, {(self.housing, lots[self.housing]): pieces, (self.gear, lots[self.gear]): 2 * pieces}),
            self.send(
                "operation.confirmed",
                order,
                operation="10",
                work_center="ASM1",
                good=self.quantity(pieces),
                minutes={"machine": minutes},
                final=False,
                operators=["op-1", "op-2"],
            ),
            self.consume(order, {(self.oil, lots[self.oil]): pieces / 4}, operation="20"),
            self.confirm_bench(order, pieces, minutes / 2),
        )
        if receive:
            self.assertDone(self.report(order, pieces, lot))

    def confirm_bench(self, order, pieces, minutes):
        return self.send(
            "operation.confirmed",
            order,
            operation="20",
            work_center="TST1",
            good=self.quantity(pieces),
            minutes={"machine": minutes},
            final=False,
        )

    def scrap(self, order, pieces, lot):
        return self.send(
            "scrap.reported", order, product="GBX-100", quantity=self.quantity(pieces), lot=lot, reason="dented"
        )

    def entries(self, account):
        """Journal lines of an account."""
        return self.env["account.move.line"].search([("account_id", "=", account.id), ("parent_state", "=", "posted")])

    def balance(self, account):
        return round(sum(self.entries(account).mapped("balance")), 2)

    def assertMoney(self, amount, expected, message=""):
        self.assertAlmostEqual(amount, expected, delta=0.011, msg=message)
