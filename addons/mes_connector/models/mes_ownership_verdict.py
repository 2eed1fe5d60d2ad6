"""Carries out what a rule says of a change that nobody puts to its owner: refuses it, or flags it once it is made."""

from functools import partial

from markupsafe import Markup

from odoo import api, models
from odoo.exceptions import UserError

from ..core import errors
from ..core.ownership import Owner, OwnershipMode
from ..handlers.base import is_reported

FLAGGED = "mes_connector.ownership_flags"


class MesOwnership(models.AbstractModel):
    _inherit = "mes.ownership"

    def _meet(self, decision, record, place, what, *, actor=None, change=""):
        """Do what the decision says to a change that cannot be put to the owner any more: refuse it or flag it.

        :param record: what is changed; a model without records, for one that is made
        :param what: the field or step, in words
        :param change: old and new value, in words, where there are such
        """
        if decision.mode is None:
            return
        rule = decision.rule
        values = {
            "what": what,
            "record": record._mes_owned_label() if record else record._description,
            "owner": self._owner_in_words(rule, place),
            "rule": rule.name,
        }
        text = self.env._("%(what)s of %(record)s is owned by %(owner)s (ownership rule “%(rule)s”).", **values)
        if decision.mode is OwnershipMode.FLAG:
            self._flag(rule, place, record, (text, change or what), actor or self._actor())
        elif is_reported(self.env):
            raise errors.error("not_owner", text)
        else:
            raise UserError(self._refusal(text, rule, place))

    def _owner_in_words(self, rule, place):
        if rule.owner is Owner.PLANT and place.plant:
            # sudo: whoever is refused may know by whom.
            plant = self.env["stock.warehouse"].sudo().browse(place.plant)
            return self.env._("the plant %s", plant.name)
        return self.env["mes.ownership.rule"]._owner_label(rule)

    def _refusal(self, text, rule, place):
        """The refusal ``text`` with what somebody can do who was refused."""
        company = self.env["res.company"].browse(place.company or self.env.company.id)
        return self.env._(
            "%(text)s\n\nWhat to do: have it done by %(owner)s. If that cannot be, ask the data steward (%(steward)s),"
            " who may change the rule.",
            text=text,
            owner=self._owner_in_words(rule, place),
            steward=self.env["mes.case"]._find_steward(company, place.plant).sudo().name,  # sudo: a name.
        )

    # -- flags -------------------------------------------------------------------------------------------------------

    def _flag(self, rule, place, record, words, actor):
        """Note a change against a rule; its case is written once, when the transaction ends."""
        callbacks = self.env.cr.precommit
        noted = callbacks.data.get(FLAGGED)
        if noted is None:
            noted = callbacks.data[FLAGGED] = {}
            callbacks.add(partial(self._raise_flags, noted))
        text, change = words
        _place, _text, _actor, _record, changes = noted.setdefault(
            (rule.id, record._name, record.id), (place, text, actor, record, [])
        )
        # What a message changed stands in the order's timeline; a plant would fill its chatter.
        if not is_reported(self.env):
            changes.append(change)

    @api.model
    def _raise_flags(self, noted):
        for (rule_id, _model, _id), (place, text, actor, record, changes) in noted.items():
            order = record.exists() and record._mes_owned_order()
            self.env["mes.case"]._raise_for_rule(rule_id, place, text, actor.system, order=order)
            if changes:
                self._show(order or record.exists(), Markup("<br/>").join([text, *changes]))

    def _show(self, record, body):
        """Write on the record itself that it was changed against a rule."""
        if record and "message_ids" in record._fields:
            # sudo: whoever changes a record may leave a note there.
            record.sudo().message_post(body=body, author_id=self.env.user.partner_id.id)
