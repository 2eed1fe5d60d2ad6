"""The whole ownership matrix over every door: web_save, JSON-2, XML-RPC, import and event, for each ownable field.

The cells are generated from the doorways, not listed: a field that joins them is tested, or fails for want of a value.
"""

import json
import xmlrpc.client
from contextlib import contextmanager
from datetime import timedelta
from unittest.mock import patch

from odoo import Command, fields
from odoo.tests import HttpCase, tagged
from odoo.tools import mute_logger

from ..core.messages import HandlerResult
from ..core.ownership import Owner, OwnershipMode
from ..core.states import InboxState
from ..handlers.base import REPORTED
from .common import MesCase

#: Where fields that booking a report writes are decided by the rule for the step.
BOOKED_DOORS = {"event"}
#: Who logs what Odoo itself refuses.
LOGS = (
    "odoo.http",
    "odoo.addons.rpc",
    "odoo.addons.rpc.controllers.xmlrpc",
    "odoo.sql_db",
    "odoo.addons.mes_connector.models.mes_dispatcher",
)
DOORS = ("web_save", "json2", "xmlrpc", "load", "event")


class OwnershipCase(MesCase):
    """MesCase with one record of each model that rules can own, and an ERP that owns them."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        values = {"name": "Head office", "code": "head-office", "kind": "erp", "plant_ids": cls.plant.ids}
        cls.erp = cls.env["mes.system"].create(values)
        cls.rules = cls.env["mes.ownership.rule"]

    def make_records(self):
        """``{model: record}`` of every model that rules can own."""
        order = self.release(quantity=10)
        byproduct = self.env["mrp.bom.byproduct"].create(
            {"bom_id": self.bom.id, "product_id": self.screw.id, "product_qty": 1}
        )
        records = (
            order,
            order.workorder_ids[0],
            order.move_raw_ids[0],
            self.gearbox.product_tmpl_id,
            self.gearbox,
            self.bom,
            self.bom.bom_line_ids[0],
            byproduct,
            self.bom.operation_ids[0],
            self.assembly,
            self.env["mrp.workcenter.productivity.loss"].search([], limit=1),
            self.env["stock.scrap.reason.tag"].create({"name": "Bent"}),
            self.lots[self.housing][0],
        )
        return {record._name: record for record in records}

    def own(self, model, field_name=None, mode=OwnershipMode.BLOCK, **values):
        """A rule by which the head office owns a field."""
        field = self.env["ir.model.fields"]._get(model, field_name) if field_name else self.env["ir.model.fields"]
        values = {"owner": Owner.SYSTEM.value, "system_id": self.erp.id, **values}
        return self.rules.create(dict(values, res_model=model, field_id=field.id, mode=mode.value))

    def case_of(self, rule):
        return self.env["mes.case"].search([("fingerprint", "=like", f"not_owner|rule {rule.id}|%")])

    def other_value(self, record, name):
        """A value that the field does not have now, as ``write`` takes it."""
        field, value = record._fields[name], record[name]
        if field.type in ("many2one", "many2many"):
            return self.other_record(record, name)
        return {
            "char": lambda: f"Other {name}",
            "boolean": lambda: not value,
            "float": lambda: value + 1,
            "integer": lambda: value + 1,
            "datetime": lambda: (value or fields.Datetime.now()) + timedelta(days=1),
            "selection": lambda: next(key for key in field.get_values(self.env) if key != value),
        }[field.type]()

    def other_record(self, record, name):
        comodel = self.env[record._fields[name].comodel_name].with_context(active_test=False)
        other = comodel.search([("id", "not in", record[name].ids)], limit=1)
        self.assertTrue(other, f"no value for {record._name}.{name}")
        return [Command.set(other.ids)] if record._fields[name].type == "many2many" else other.id

    @contextmanager
    def events_write(self, record, vals):
        """Let the next acknowledgements write ``vals``, as the handler of a bridge would."""

        def handle(handler, _command):
            record.with_env(handler.env).write(vals)
            return HandlerResult()

        with patch.object(self.registry["mes.handler.order.acknowledged"], "_handle", handle):
            yield

    def acknowledge(self, order):
        return self.send("order.acknowledged", order, revision=order.mes_revision, accepted=True)


@tagged("post_install", "-at_install", "mes")
class TestOwnershipDoors(OwnershipCase, HttpCase):
    def setUp(self):
        super().setUp()
        colours = [Command.create({"name": name}) for name in ("Red", "Blue")]
        colour = self.env["product.attribute"].create({"name": "Colour", "value_ids": colours})
        line = {"attribute_id": colour.id, "value_ids": [Command.set(colour.value_ids.ids)]}
        self.env["product.template"].create({"name": "Lid", "attribute_line_ids": [Command.create(line)]})
        self.env["res.company"].create({"name": "Another"})
        self.bom.copy()
        self.records = self.make_records()
        self.order = self.records["mrp.production"]
        self.admin = self.env.ref("base.user_admin")
        self.admin.write({"password": "admin", "tz": "UTC"})
        expiry = fields.Datetime.now() + timedelta(days=1)
        self.key = self.env["res.users.apikeys"].with_user(self.admin)._generate("rpc", "test", expiry)
        self.authenticate("admin", "admin")

    # -- the doors: each writes one value and returns the refusal, if any --------------------------------------------

    def write_by(self, door, record, name, value):
        with mute_logger(*LOGS):
            refusal = getattr(self, f"by_{door}")(record, name, value)
        self.env.invalidate_all()
        return refusal

    def by_web_save(self, record, name, value):
        args = [[record.id], {name: self.plain(value)}, {}]
        return self.call_kw(record._name, "web_save", args).get("error", {}).get("data", {}).get("message")

    def call_kw(self, model, method, args):
        payload = {"params": {"model": model, "method": method, "args": args, "kwargs": {}}}
        return self.url_open(f"/web/dataset/call_kw/{model}/{method}", json=payload).json()

    def by_json2(self, record, name, value):
        body = {"ids": record.ids, "vals": {name: self.plain(value)}}
        headers = {"Authorization": f"Bearer {self.key}"}
        response = self.url_open(f"/json/2/{record._name}/write", json=body, headers=headers)
        return None if response.ok else response.json()["message"]

    def by_xmlrpc(self, record, name, value):
        call = (self.env.cr.dbname, self.admin.id, "admin", record._name, "write")
        try:
            self.xmlrpc_object.execute_kw(*call, [record.ids, {name: self.plain(value)}])
        except xmlrpc.client.Fault as fault:
            return fault.faultString
        return None

    def by_load(self, record, name, value):
        field = record._fields[name]
        if field.type == "many2many":
            value = ",".join(map(str, value[0][2]))
        header = f"{name}/.id" if field.relational else name
        result = self.call_kw(record._name, "load", [[".id", header], [[str(record.id), str(self.plain(value))]]])
        return "\n".join(message["message"] for message in result["result"]["messages"]) or None

    def by_event(self, record, name, value):
        with self.events_write(record, {name: value}):
            message = self.acknowledge(self.order)
        return None if message.state == InboxState.DONE.value else message.text

    def plain(self, value):
        """As it travels in JSON."""
        if isinstance(value, list):
            return [[int(kind), *rest] for kind, *rest in value]
        return fields.Datetime.to_string(value) if hasattr(value, "isoformat") else value

    # -- the matrix --------------------------------------------------------------------------------------------------

    def cells(self):
        """Every model, field and door; each field of each model that has a doorway."""
        for model in self.rules._owned_models():
            record = self.records[model]
            for name in sorted(record._mes_ownable()):
                for door in DOORS:
                    yield record, name, door

    def own_everything(self, mode):
        return {
            (model, name): self.own(model, name, mode)
            for model, record in self.records.items()
            for name in record._mes_ownable()
        }

    def is_booking(self, record, name, door):
        return door in BOOKED_DOORS and name in record.MES_BOOKED

    def test_block(self):
        rules, count = self.own_everything(OwnershipMode.BLOCK), 0
        for record, name, door in self.cells():
            if self.is_booking(record, name, door):
                reported = self.env["mes.ownership"].with_context(mes_reported=REPORTED)
                self.assertFalse(reported._named(record, {name}), "decided by the rule for the step")
                continue
            with self.subTest(model=record._name, field=name, door=door):
                before, value = record[name], self.other_value(record, name)
                refusal = self.write_by(door, record, name, value)
                self.assertIn(rules[record._name, name].name, refusal or "written")
                self.assertEqual(record[name], before)
                count += 1
        self.assertEqual({model for model, _name in rules}, set(self.rules._owned_models()))
        self.assertGreater(count, 300)

    def test_propose(self):
        rules = self.own_everything(OwnershipMode.PROPOSE)
        requests = self.env["mes.change.request"]
        for record, name, door in self.cells():
            if self.is_booking(record, name, door):
                continue
            with self.subTest(model=record._name, field=name, door=door):
                before, value = record[name], self.other_value(record, name)
                refusal = self.write_by(door, record, name, value)
                self.assertFalse(refusal)
                self.assertEqual(record[name], before)
                request = requests.search([("rule_id", "=", rules[record._name, name].id)])
                self.assertEqual(list(request.proposed), [name])
                request.unlink()

    def test_flag(self):
        """A flag lets every value pass, through every door; what Odoo itself refuses is not held against the rule."""
        rules, written = self.own_everything(OwnershipMode.FLAG), {}
        for record, name, door in self.cells():
            if self.is_booking(record, name, door):
                continue
            with self.subTest(model=record._name, field=name, door=door):
                rule, value = rules[record._name, name], self.other_value(record, name)
                undo = self.cr.savepoint()
                refusal = self.write_by(door, record, name, value)
                self.assertNotIn(rule.name, refusal or "")
                if not refusal:
                    self.assertFlagged(rule, record, door)
                    written.setdefault((record._name, name), set()).add(door)
                undo.close(rollback=True)
                self.env.invalidate_all()
                self.env.cr.precommit.clear()
        missing = {cell for cell in rules if cell not in written}
        self.assertLess(len(missing), len(rules) / 4, missing)
        self.assertEqual({model for model, _name in written}, set(self.rules._owned_models()))

    def assertFlagged(self, rule, record, door):
        self.env.flush_all()
        self.env.cr.precommit.run()
        case = self.case_of(rule)
        self.assertIn(rule.name, case.text)
        order = record._mes_owned_order()
        self.assertEqual(case.production_id, order)
        if order:
            # What a message changed stands in the timeline.
            self.assertEqual(rule.name in "".join(order.message_ids.mapped("body")), door != "event")

    def test_the_owner_writes_through_every_door(self):
        self.own("product.template", "name")
        self.erp.account_user_id = self.admin
        template = self.records["product.template"]
        for door in ("web_save", "json2", "xmlrpc", "load"):
            with self.subTest(door=door):
                self.assertFalse(self.write_by(door, template, "name", f"By {door}"))
                self.assertEqual(template.name, f"By {door}")
        self.rules.search([("res_model", "=", "product.template")]).system_id = self.system
        self.assertFalse(self.write_by("event", template, "name", "By event"))
        self.assertEqual(template.name, "By event")
        self.assertIn("North MES", self.write_by("json2", template, "name", "No more"))

    def test_what_nobody_owns_is_written(self):
        template = self.records["product.template"]
        for door in DOORS:
            self.assertFalse(self.write_by(door, template, "name", f"By {door}"))
            self.assertEqual(template.name, f"By {door}")

    def test_a_context_from_outside_is_no_other_actor(self):
        rule = self.own("product.template", "name")
        template = self.records["product.template"]
        context = {"mes_acting": self.erp.id, "mes_reported": True, "install_mode": True, "import_file": True}
        body = {"ids": template.ids, "vals": {"name": "Forged"}, "context": context}
        headers = {"Authorization": f"Bearer {self.key}"}
        with mute_logger("odoo.http"):
            response = self.url_open("/json/2/product.template/write", json=body, headers=headers)
        self.assertIn(rule.name, json.dumps(response.json(), ensure_ascii=False))
        self.env.invalidate_all()
        self.assertEqual(template.name, "GBX-100")
