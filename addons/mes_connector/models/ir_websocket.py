"""Doorway on the websocket: lets a screen follow the phase of an order its user may read."""

import re

from odoo import models

#: Channel name as the order screen subscribes to it.
ORDER_CHANNEL = re.compile(r"mes_connector\.order_(\d+)")


class IrWebsocket(models.AbstractModel):
    _inherit = "ir.websocket"

    def _build_bus_channel_list(self, channels):
        wanted = [int(match[1]) for channel in channels if (match := ORDER_CHANNEL.fullmatch(channel))]
        channels = [channel for channel in channels if not ORDER_CHANNEL.fullmatch(channel)]
        if wanted and self.env.user._is_internal():
            orders = self.env["mrp.production"].browse(wanted).exists()
            channels.extend(orders._filtered_access("read"))
        return super()._build_bus_channel_list(channels)
