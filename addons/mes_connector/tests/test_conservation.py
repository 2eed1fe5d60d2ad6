"""The conservation laws on real orders, both ways: seeded streams of reports against a ledger of what was accepted."""

import logging
import os
import random
from collections import Counter
from contextlib import closing

from odoo.tests import tagged

from ..core.states import InboxState, ToleranceMode
from .common import MesCase

_logger = logging.getLogger(__name__)

#: Two streams of each kind; `make conservation` asks for more.
SEEDS = range(3, 3 + int(os.environ.get("MES_CONSERVATION_SEEDS", "2")))
RELEASED, PERCENT = 20, 10
LIMIT = RELEASED * (1 + PERCENT / 100)
#: Gears beyond the share of the pieces that are beyond the order.
GEARS = 2 * LIMIT * (1 + PERCENT / 100)
LOTS = ("GEAR-20-A", "GEAR-20-B")
#: What a law may answer; anything else is a fault of ours.
LAWFUL_ANSWERS = {"over_delivery", "over_consumption", "component_shortage", "too_early", "not_reversible"}


class Books:
    """What was accepted, added up: pieces by lot, scrap by lot, gears by lot."""

    def __init__(self):
        self.made, self.scrapped, self.gears = Counter(), Counter(), Counter()

    def book(self, kind, lot, quantity, sign=1):
        if kind == "scrap":
            self.scrapped[lot] += sign * quantity
        counter = self.gears if kind in ("consume", "give_back") else self.made
        counter[lot] += (-sign if kind == "give_back" else sign) * quantity


@tagged("post_install", "-at_install", "mes")
class TestConservation(MesCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.plant.write(
            {
                "mes_over_delivery_percent": PERCENT,
                "mes_consumption_percent": PERCENT,
                "mes_consumption_mode": ToleranceMode.REJECT.value,
            }
        )

    def say(self, order, kind, lot, quantity):
        if kind == "produce":
            return self.report(order, quantity, lot)
        if kind == "scrap":
            return self.send(
                "scrap.reported", order, product="GBX-100", quantity=self.quantity(quantity), lot=lot, reason="dented"
            )
        item = {"product": "GEAR-20", "quantity": self.quantity(quantity), "lot": lot}
        event_type = "material.consumed" if kind == "consume" else "material.returned"
        return self.send(event_type, order, items=[item])

    def undo(self, order, message):
        return self.send("posting.reversed", order, reverses=message.event_id, reason="miscounted")

    def assertBooks(self, order, books):
        made, scrapped = sum(books.made.values()), sum(books.scrapped.values())
        self.assertLessEqual(made, LIMIT)
        self.assertEqual((order.mes_qty_good, order.mes_qty_scrapped), (made - scrapped, scrapped))
        self.assertEqual(order.qty_produced, made)
        self.assertGreaterEqual(min(books.gears.values(), default=0), 0)
        self.assertLessEqual(sum(books.gears.values()), GEARS)
        for lot in self.lots[self.gear]:
            self.assertEqual(self.on_hand(self.gear, lot), 1000 - books.gears[lot.name], lot.name)
        lots = self.env["stock.lot"].search([("product_id", "=", self.gearbox.id)])
        in_stock = {lot.name: lot.product_qty for lot in lots if lot.product_qty}
        self.assertEqual(in_stock, dict(+(books.made - books.scrapped)))

    def any_stream(self, seed):
        """Reports at random, lawful or not, and reversals of any of them: what is accepted keeps the laws."""
        rng, order, books, accepted, refused = random.Random(seed), self.release(quantity=RELEASED), Books(), [], 0
        for _step in range(14):
            if accepted and rng.random() < 0.25:
                said, message = rng.choice(accepted)
                answer, sign = self.undo(order, message), -1
            else:
                kind = rng.choice(("produce", "scrap", "consume", "consume", "give_back"))
                said = (kind, rng.choice(LOTS) if kind in ("consume", "give_back") else "F1", rng.randint(1, 16))
                answer, sign = self.say(order, *said), 1
            if answer.code == "accepted":
                books.book(*said, sign)
                accepted += [(said, answer)] if sign > 0 else []
            elif answer.code != "already":
                self.assertIn(answer.code, LAWFUL_ANSWERS, answer.text)
                refused += 1
                if answer.state == InboxState.PARKED.value:
                    answer.action_discard("not in this stream")
            self.assertBooks(order, books)
        return len(accepted), refused

    def lawful_stream(self, seed):
        """What a plant that keeps the laws reports, some of it said wrongly and undone: all of it is accepted."""
        rng, order, books, accepted = random.Random(seed), self.release(quantity=RELEASED), Books(), 0
        for _step in range(10):
            back = [lot for lot in LOTS if books.gears[lot]]
            rooms = {
                "produce": int(LIMIT) - 1 - sum(books.made.values()),
                "scrap": int(LIMIT) - 1 - sum(books.made.values()),
                "consume": int(2 * RELEASED * (1 + PERCENT / 100)) - sum(books.gears.values()),
                "give_back": books.gears[back[0]] if back else 0,
            }
            kind = rng.choice([kind for kind, room in rooms.items() if room > 0])
            lot = {"consume": rng.choice(LOTS), "give_back": back[0] if back else ""}.get(kind, "F1")
            said = (kind, lot, rng.randint(1, min(9, rooms[kind])))
            message = self.say(order, *said)
            self.assertDone(message)
            books.book(*said)
            accepted += 1
            if rng.random() < 0.3:
                self.assertDone(self.undo(order, message))
                books.book(*said, -1)
                accepted += 1
            self.assertBooks(order, books)
        self.assertDone(self.report(order, 1, "F2"))
        self.assertDone(self.complete(order, order.mes_qty_good, order.mes_qty_scrapped))
        self.assertEqual(order.state, "done")
        return accepted, 0

    def play(self, stream):
        """Play ``stream`` with each seed, each on the stock as it was; reports accepted and refused."""
        accepted, refused = 0, 0
        for seed in SEEDS:
            with self.subTest(seed=seed), closing(self.env.cr.savepoint()):
                counts = stream(seed)
                accepted, refused = accepted + counts[0], refused + counts[1]
        _logger.info(
            "conservation: %s: %s streams, %s accepted, %s refused", stream.__name__, len(SEEDS), accepted, refused
        )
        return accepted, refused

    def test_no_accepted_stream_breaks_a_law(self):
        accepted, refused = self.play(self.any_stream)
        self.assertTrue(accepted and refused, "the streams are of both kinds")

    def test_a_lawful_stream_is_accepted_whole(self):
        accepted, refused = self.play(self.lawful_stream)
        self.assertEqual((bool(accepted), refused), (True, 0))
