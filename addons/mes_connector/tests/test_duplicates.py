"""Labelled streams of reports through the inbox into posting: what was posted twice, and what was held wrongly.

The streams are the repository's, written apart from the detector, and its core is judged on them at full length; here
they pass intake, turns, crosswalk, posting and stock. Where the addon stands alone they are not there.
"""

import importlib
import logging
import os
import sys
import unittest
from collections import Counter
from pathlib import Path

from odoo.tests import new_test_user, tagged

from ..core.states import InboxState
from .common import MesCase

_logger = logging.getLogger(__name__)

ROOT = Path(__file__).resolve().parents[3]
#: Events of each stream; `make duplicates` asks for 2,000.
SIZE = int(os.environ.get("MES_DUPLICATES_SIZE", "200"))
EVENTS_OF_AN_ORDER = 50
SEED = 4001
LEAST_RECALL, LEAST_RECALL_OF_PRESSES, MOST_FALSE_HOLDS = 0.99, 0.98, 0.005
SUSPECTED = ("suspected_duplicate", "suspected_unit_shift")
PLENTY = 1_000_000
STAND_INS = ("/standby", *(f"/station-{number}" for number in range(1, 5)))


@tagged("post_install", "-at_install", "mes")
@unittest.skipUnless((ROOT / "tests" / "duplicates").is_dir(), "the labelled streams are not part of the addon")
class TestLabelledDuplicates(MesCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.system.holds_suspects = True
        cls.plant.mes_auto_post = False
        kilogram = cls.env.ref("uom.product_uom_kgm")
        cls.steel, cls.glue = cls.make_product("STEEL", "lot", kilogram), cls.make_product("GLUE", "lot", kilogram)
        cls.counted = cls.make_product("GBX-200", "serial", cls.gearbox.uom_id)
        cls.make_bom(cls.counted)
        cls.add_stock(cls.screw, PLENTY)
        for code in ("operator-1", "operator-2"):
            new_test_user(cls.env, code, groups="mrp.group_mrp_user").mes_operator_code = code

    def stream(self, name):
        """The labelled events of as many orders as the size asks for, about orders that are released here."""
        sys.path.insert(0, str(ROOT))
        try:
            stream = importlib.import_module(f"tests.duplicates.{name}")
        finally:
            sys.path.remove(str(ROOT))
        labelled = stream.generate(SEED, max(4, -(-SIZE // EVENTS_OF_AN_ORDER)))
        references, numbers = {}, Counter()
        reports = [one.event["data"] for one in labelled]
        counted = {data["order"] for data in reports if any(item.get("serials") for item in data.get("items", ()))}
        for one in labelled:
            self.adopt(one.event["data"], references, counted)
            self.renumber(one.event, numbers)
        self.fill(reports)
        return stream, labelled

    def adopt(self, data, references, counted):
        """Let an event be about an order of this database; the orders ``counted`` make serial numbers."""
        told = data.get("order")
        # A resend may share its data with what was said first.
        if told in references.values():
            return
        if told and told not in references:
            product = self.counted if told in counted else self.gearbox
            references[told] = self.release(5000, product=product).mes_reference
        if told:
            data["order"] = references[told]

    def renumber(self, event, numbers):
        """Senders that stand in for another begin anywhere in the streams; here they keep the contract: from 1 on."""
        if event.get("sequence") and event["source"].endswith(STAND_INS):
            key = (event["source"], event["data"]["order"])
            numbers[key] += 1
            event["sequence"] = numbers[key]

    def fill(self, reports):
        """Stock of every lot that is taken from."""
        products = {one.default_code: one for one in (self.gear, self.oil, self.steel, self.glue)}
        items = [item for data in reports for item in (data, *data.get("items", ())) if item.get("product") in products]
        for code, name in sorted({(item["product"], item["lot"]) for item in items}):
            lots = self.env["stock.lot"].search([("name", "=", name), ("product_id", "=", products[code].id)])
            lot = lots or lots.create({"name": name, "product_id": products[code].id})
            self.env["stock.quant"]._update_available_quantity(products[code], self.stock, PLENTY, lot_id=lot)

    def judge(self, name, least_recall):
        stream, labelled = self.stream(name)
        messages = {message.event_id: message for message in self.tell([one.event for one in labelled])}
        resends = sum(one.kind in stream.RESENDS for one in labelled)
        posted = self.posted(labelled, messages)
        twice = {fact: times for fact, times in posted.items() if times > 1}
        never = [fact for fact, times in posted.items() if not times]
        found = resends - sum(times - 1 for times in twice.values())
        _logger.info(
            "duplicates: %s: %s messages, %s of %s resends held, %s of %s facts held",
            *(name, len(labelled), found, resends, len(never), len(posted)),
        )
        self.assertGreaterEqual(found / resends, least_recall, twice)
        self.assertLessEqual(len(never) / len(posted), MOST_FALSE_HOLDS, never)
        self.assertStock(messages.values())

    def posted(self, labelled, messages):
        """How often each fact was posted, by the id of the event that said it first, whichever event came through."""
        posted = Counter()
        for one in labelled:
            message = messages[one.event["id"]]
            if message.event_type in self.env["mes.suspicion"]._watched_types():
                is_posted = message.state == InboxState.DONE.value
                self.assertTrue(is_posted or message.code in SUSPECTED, f"{one.kind} {message.code} {message.text}")
                posted[one.original_id or message.event_id] += is_posted
        return posted

    def tell(self, events):
        messages = self.env["mes.inbox.message"]
        for start in range(0, len(events), 25):
            messages |= self.deliver(*events[start : start + 25])
            self.look_again()
            self.env.flush_all()
            self.env.invalidate_all()
        return messages

    def look_again(self):
        """What a lane does with what is parked for want of something that may have come by now."""
        inbox, dispatcher = self.env["mes.inbox.message"], self.env["mes.dispatcher"]
        parked = inbox.search([("state", "=", InboxState.PARKED.value), ("code", "not in", SUSPECTED)], order="id")
        for message in parked.sorted(lambda one: (one.ordering_key, one.source, one.sequence, one.id)):
            if message.state == InboxState.PARKED.value:
                dispatcher._apply(message)
        self.drain()

    def assertStock(self, messages):
        """What was posted, and nothing of what was held, is in stock."""
        undone = {message._envelope().data["reverses"] for message in messages if "reversed" in message.event_type}
        in_stock = Counter()
        for message in messages:
            if message.state == InboxState.DONE.value and message.event_id not in undone:
                data = message._envelope().data
                items = data["items"] if message.event_type == "mes.production.reported.v1" else ()
                in_stock.update({item.get("lot"): item["quantity"]["value"] for item in items if item.get("lot")})
        # What is reported as scrap comes in and goes out.
        lots = self.env["stock.lot"].search([("product_id", "=", self.gearbox.id), ("product_qty", "!=", 0)])
        self.assertEqual({lot.name: lot.product_qty for lot in lots}, dict(in_stock))

    def test_the_stream_of_the_generator(self):
        self.judge("generator", LEAST_RECALL)

    def test_the_stream_of_the_virtual_plant(self):
        self.judge("plant", LEAST_RECALL_OF_PRESSES)
