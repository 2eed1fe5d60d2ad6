"""Kills the process at the start of an operation of the order that the system parameter names."""

import os
import signal

from odoo import models

PARAMETER = "test_mes_poison.order"


class MesHandlerOperationStarted(models.AbstractModel):
    _inherit = "mes.handler.operation.started"

    def _handle(self, command):
        if command.data["order"] == self.env["ir.config_parameter"].get_param(PARAMETER):
            os.kill(os.getpid(), signal.SIGKILL)
        return super()._handle(command)
