"""Judges changes by the ownership rules: who acts, what the deciding rule says, and that it is carried out.

Facts. A person, an import, an RPC call and a scheduled action act as Odoo; a user who is the account of a system acts
as that system, with ``sudo()`` too, since that keeps the user. What a message does acts as its sender, by an object in
the context that no caller from outside can forge. Values that Odoo computes do not pass ``write`` and are nobody's
change. Rules and accounts are kept in memory by their version, which each transaction asks for once: what it judges by
is what its snapshot holds, whatever other workers and older transactions see.
"""

from odoo import api, models, tools
from odoo.fields import Domain
from odoo.tools import SQL

from ..core.order_machine import OrderEvent
from ..core.ownership import FREE, MOVES, ODOO, TRANSACTION, WHOLE, Actor, OwnershipMode, Place, RuleSet
from ..handlers.base import is_reported

#: Context key of who acts, where it is not the user; its value is an ``Actor``.
ACTING = "mes_acting"
#: Under which name a transaction keeps the version of the rules and accounts that it sees.
VERSION = "mes_connector.ownership_version"
#: What an edit of a planned value of a released order is to the phase table.
CHANGE = OrderEvent.CHANGE.value


class MesOwnership(models.AbstractModel):
    _name = "mes.ownership"
    _description = "Ownership"

    @api.model
    def _rules(self):
        return self._rules_of(self._version())

    @api.model
    @tools.ormcache("version")
    def _rules_of(self, version):
        # sudo: all rules judge, whoever writes; not the archived ones, whatever the context of who asks first.
        rules = self.env["mes.ownership.rule"].sudo().with_context(active_test=True).search(Domain.TRUE)
        return RuleSet(rule._as_rule() for rule in rules)

    @api.model
    def _actors(self):
        """Actors by system, and by user for the users that are the account of a system."""
        return self._actors_of(self._version())

    @api.model
    @tools.ormcache("version")
    def _actors_of(self, version):
        # sudo: whoever writes need not read the registry.
        systems = self.env["mes.system"].sudo().search(Domain.TRUE)
        by_system = {system.id: Actor(system.id, frozenset(system.plant_ids.ids)) for system in systems}
        return by_system, {one.account_user_id.id: by_system[one.id] for one in systems if one.account_user_id}

    @api.model
    def _version(self):
        """What tells the rules and accounts that this transaction sees from those that others see."""
        known = self.env.cr.cache
        if VERSION not in known:
            self.env["mes.ownership.rule"].flush_model()
            self.env["mes.system"].flush_model(["account_user_id", "plant_ids"])
            ((known[VERSION],),) = self.env.execute_query(
                SQL(
                    """SELECT md5(concat(
                        (SELECT string_agg(concat_ws(' ', xmin, ctid), ',' ORDER BY id) FROM mes_ownership_rule),
                        (SELECT string_agg(concat_ws(' ', s.id, s.account_user_id, ARRAY(
                                SELECT p.stock_warehouse_id FROM %s p WHERE p.mes_system_id = s.id ORDER BY 1
                            )), ',' ORDER BY s.id) FROM mes_system s)))""",
                    SQL.identifier(self.env["mes.system"]._fields["plant_ids"].relation),
                )
            )
        return known[VERSION]

    @api.model
    def _forget(self):
        """Look at the rules and accounts anew, since this transaction changed them."""
        self.env.cr.cache.pop(VERSION, None)

    @api.model
    def _system_actor(self, system):
        return self._actors()[0][system.id]

    @api.model
    def _actor(self):
        """Who acts in this environment."""
        acting = self.env.context.get(ACTING)
        if isinstance(acting, Actor):
            return acting
        return self._actors()[1].get(self.env.uid, ODOO)

    @api.model
    def _order_place(self, order):
        """Where an order is; None for one that never met a plant."""
        # sudo: whoever moves stock need not read orders.
        order = order.sudo()
        if not order.mes_phase:
            return None
        return Place(order.mes_phase, order._mes_plant().id, order.company_id.id)

    # -- values ------------------------------------------------------------------------------------------------------

    @api.model
    def _named(self, model, vals):
        """The fields in ``vals`` that some rule may own; empty in nearly all cases, at no cost."""
        names = model.MES_OWNED.intersection(vals)
        if is_reported(self.env):
            # The rule for the step decided already; these are what booking it means.
            names -= model.MES_BOOKED
        return names & model._mes_ownable() if names and self._concerns(model, names) else frozenset()

    def _concerns(self, model, names):
        # While modules are loaded nobody acts.
        if not self.env.registry.ready:
            return False
        rules = self._rules()
        return rules.concerns(model._name, names) or (
            self._is_plan(model) and rules.concerns(TRANSACTION, frozenset((CHANGE,)))
        )

    def _is_plan(self, model):
        """Whether a change of such records is a change of the order, as people make them."""
        return bool(model.MES_ORDERS) and not is_reported(self.env)

    def _decide(self, model, name, place):
        rules, actor = self._rules(), self._actor()
        decision = rules.decide(model._name, name, place, actor)
        if decision is FREE and self._is_plan(model) and (place.phase, OrderEvent.CHANGE) in MOVES:
            decision = rules.decide(TRANSACTION, CHANGE, place, actor)
        return decision

    @api.model
    def _judge_write(self, records, vals, names):
        """What of ``vals`` may be written now: pairs of records and values; the rest is put to its owner.

        :param names: fields to judge, from ``_named``
        :raises UserError: the rule blocks it
        :raises IntegrationError: the same, for a message
        """
        kept = {}
        for record in records:
            kept.setdefault(self._withheld(record, vals, names), []).append(record.id)
        return [
            (records.browse(ids), {name: value for name, value in vals.items() if name not in withheld})
            for withheld, ids in kept.items()
        ]

    def _withheld(self, record, vals, names):
        place = record._mes_place()
        if place is None:
            return frozenset()
        proposed, requests = {}, self.env["mes.change.request"]
        for name in sorted(names):
            decision = self._decide(record, name, place)
            if decision.mode is None or not self._differs(record, name, vals[name]):
                continue
            if decision.mode is OwnershipMode.PROPOSE:
                proposed.setdefault(decision.rule, []).append(name)
            else:
                change = requests._describe(record, {name: vals[name]})["change"]
                self._meet(decision, record, place, record._fields[name].string, change=change)
        for rule, parts in proposed.items():
            requests._propose(rule, place, record, {name: vals[name] for name in parts})
        return frozenset(name for parts in proposed.values() for name in parts)

    def _differs(self, record, name, value):
        field = record._fields[name]
        now, then = (field.convert_to_cache(one, record, validate=False) for one in (record[name], value))
        return set(now) != set(then) if field.type == "many2many" else now != then

    @api.model
    def _judge_translation(self, record, name):
        """A translation is a value too, but none that can wait for its owner."""
        place = self._named(record, (name,)) and record._mes_place()
        if place:
            self._meet(self._decide(record, name, place), record, place, record._fields[name].string)

    @api.model
    def _judge_whole(self, records, what):
        """Refuse or flag what is done to whole records, such as deleting them."""
        # What booking a report does to the parts of an order was decided with its step.
        if (records.MES_ORDERS and is_reported(self.env)) or not self._concerns(records, frozenset()):
            return
        for record in records:
            place = record._mes_place()
            if place is not None:
                self._meet(self._decide(record, WHOLE, place), record, place, what)

    # -- steps of orders ---------------------------------------------------------------------------------------------

    @api.model
    def _judge_step(self, order, event, message=None):
        """Judge a step of the life cycle before it is taken; what the table does not allow, it says itself.

        :raises UserError: the rule blocks it
        :raises IntegrationError: ``not_owner``; ``owner_asked`` while the owner of the step has not agreed
        """
        # A change is judged by its values; what is booked by hand in paper mode stands in for the plant.
        if event is OrderEvent.CHANGE or (message is None and is_reported(self.env)):
            return
        actor = self._system_actor(message.system_id) if message else self._actor()
        decision, place = self._decide_step(order, event, actor)
        if decision.mode is OwnershipMode.PROPOSE and message:
            self.env["mes.change.request"]._require_consent(decision.rule, event, message)
        else:
            self._meet(decision, order, place, self._step_label(event), actor=actor)

    @api.model
    def _ask(self, orders, event, note=""):
        """The orders with which a person may go on; for the others, the owner of the step is asked."""
        event, asked = OrderEvent(event), orders.browse()
        for order in orders:
            decision, place = self._decide_step(order, event, self._actor())
            if decision.mode is OwnershipMode.PROPOSE:
                order._mes_require_taker(event)
                self.env["mes.change.request"]._propose_step(decision.rule, place, order, event, note=note)
                asked |= order
        return orders - asked

    def _decide_step(self, order, event, actor):
        place = self._order_place(order)
        if place is None or (place.phase, event) not in MOVES:
            return FREE, place
        return self._rules().decide(TRANSACTION, event.value, place, actor), place

    def _step_label(self, event):
        return dict(self.env["mes.ownership.rule"]._fields["transaction"]._description_selection(self.env))[event.value]
