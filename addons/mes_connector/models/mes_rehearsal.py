"""What would become of events now, for the echo endpoint: they are applied as ever, and the caller undoes it all."""

from odoo import api, models

from ..core import errors

#: Words of the echo endpoint.
REHEARSED = {
    errors.Disposition.DONE: "accept",
    errors.Disposition.REJECT: "reject",
    errors.Disposition.EXPIRE: "reject",
    errors.Disposition.DISCARD: "reject",
    errors.Disposition.PARK: "park",
    errors.Disposition.WAIT: "wait",
}


class MesDispatcher(models.AbstractModel):
    _inherit = "mes.dispatcher"

    @api.model
    def _rehearse(self, caller, readings):
        """What would become of ``readings`` now, one after the other; the caller rolls everything back.

        :return: one dict per event: ``id``, ``would``, ``code``, ``text``, ``effects``
        """
        results = []
        for reading, stored in zip(readings, self.env["mes.intake"]._store(caller, readings), strict=True):
            if reading.error:
                results.append(self._rehearsed(reading.event_id, "reject", reading.error.code, str(reading.error)))
                continue
            if stored["status"] == "conflict":
                conflict = errors.error("identity_conflict")
                results.append(self._rehearsed(reading.event_id, "reject", conflict.code, str(conflict)))
                continue
            message = self.env["mes.inbox.message"].search([("uuid", "=", stored["message"])])
            if stored["status"] == "stored":
                self._apply(message)
            would = (
                "duplicate" if stored["status"] == "duplicate" else REHEARSED[errors.CODES[message.code].disposition]
            )
            effects = [self.env["mes.effect"]._to_wire(effect) for effect in message.effect_ids]
            text = message.text or errors.CODES[message.code].text if message.code else ""
            results.append(self._rehearsed(reading.event_id, would, message.code or "", text, effects))
        return results

    def _rehearsed(self, event_id, would, code, text, effects=()):
        return {"id": event_id, "would": would, "code": code, "text": text, "effects": list(effects)}
