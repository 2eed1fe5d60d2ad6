"""The tree follows its rules, and each rule can fail: a bad sample beside each."""

import pytest
from architecture import budgets, imports, literals
from architecture.source import ROOT, Source, python_files
from mes_connector_core import states

SOURCES = list(python_files(ROOT))
ENUMS = (states.InboxState, states.OutboxState, states.OrderPhase, states.SystemState, states.CaseState, states.Outcome)
STATES = frozenset(member.value for enum in ENUMS for member in enum)
TEXT_SUFFIXES = {".py", ".xml", ".csv", ".js", ".scss", ".sql"}

RULES = {
    "rooms": imports.room_violations,
    "odoo": imports.odoo_violations,
    "core": imports.core_violations,
    "bridges": lambda source: imports.bridge_violations(source.path, source.text),
    "lengths": budgets.length_violations,
    "parameters": budgets.parameter_violations,
    "openings": budgets.opening_violations,
    "docstrings": budgets.docstring_violations,
    "annotations": budgets.annotation_violations,
    "literals": lambda source: literals.literal_violations(source, STATES),
}


def broken(rule, path, text):
    return [str(violation) for violation in RULES[rule](Source(path, text))]


@pytest.mark.parametrize("rule", RULES)
def test_the_tree_follows_its_rules(rule):
    found = [str(violation) for source in SOURCES for violation in RULES[rule](source)]
    assert not found, "\n".join(found)


def test_the_connector_names_no_bridge_in_its_data():
    paths = [path for path in (ROOT / "addons/mes_connector").rglob("*") if path.suffix in TEXT_SUFFIXES]
    found = [
        str(violation)
        for path in paths
        for violation in imports.bridge_violations(path.relative_to(ROOT).as_posix(), path.read_text(encoding="utf-8"))
    ]
    assert paths
    assert found == []


CORE = "addons/mes_connector/core/x.py"
MODEL = "addons/mes_connector/models/mes_x.py"
OWN = 'class X:\n    _name = "mes.x"\n    def f(self):\n        '


@pytest.mark.parametrize(
    ("rule", "path", "text"),
    [
        ("rooms", CORE, "from ..models import mes_system"),
        ("rooms", "addons/mes_connector/handlers/x.py", "from ..models.mes_system import MesSystem"),
        ("rooms", "addons/mes_connector/transports/x.py", "from odoo.addons.mes_connector.models import x"),
        ("rooms", "addons/mes_connector/attic/x.py", ""),
        ("odoo", "addons/mes_connector/transports/x.py", "from odoo import models"),
        ("odoo", "addons/mes_connector/gateway/runner.py", "import odoo.sql_db"),
        ("odoo", "simulator/x.py", "from mes_connector_core import states"),
        ("odoo", "simulator/x.py", "import odoo"),
        ("core", CORE, "import requests"),
        ("core", CORE, "import odoo"),
        ("core", CORE, "import time"),
        ("core", CORE, "from .. import vault"),
        ("core", "addons/x_bridge/core/y.py", "from odoo.addons.mes_connector.core import states"),
        ("core", CORE, "from datetime import datetime\nnow = datetime.now()"),
        ("bridges", "addons/mes_connector/views/x.xml", "<a>quality_bridge.x</a>"),
        ("lengths", "tools/x.py", "x = 1\n" * 401),
        ("lengths", "tools/x.py", "def f():\n" + "    x = 1\n" * 60),
        ("lengths", "tools/x.py", "class C:\n" + "    x = 1\n" * 250),
        ("lengths", "tests/x.py", "def test_f():\n" + "    x = 1\n" * 40),
        ("lengths", "addons/mes_connector/controllers/x.py", "class C:\n    def f(self):\n" + "        x = 1\n" * 20),
        ("lengths", MODEL, 'class C:\n    _inherit = ["mrp.production"]\n' + "x = 1\n" * 149),
        ("parameters", "tools/x.py", "def f(a, b, c, d, e, g): pass"),
        ("parameters", "tools/x.py", "class C:\n    def f(self, a, b, c, d, e, g): pass"),
        ("openings", "tools/x.py", "import os"),
        ("openings", "tools/x.py", '"""No full stop"""'),
        ("docstrings", CORE, "def f(): pass"),
        ("docstrings", CORE, 'class C:\n    """A."""\n    def f(self): pass'),
        ("annotations", "addons/mes_connector/gateway/x.py", "def f(a) -> int: pass"),
        ("annotations", CORE, "def f(a: int): pass"),
    ],
)
def test_each_rule_can_fail(rule, path, text):
    assert len(broken(rule, path, text)) == 1


@pytest.mark.parametrize(
    "statement",
    [
        "message.state == 'parked'",
        "'dead' != message['state']",
        "message.state in ('parked', InboxState.DEAD)",
        "order.mes_phase == 'released'",
        "order.mes_phase = 'completed'",
        "order.write({'mes_phase': 'posted'})",
        "move(from_phase='released')",
        "search([('state', '=', 'parked')])",
        "search([('inbox_ids.state', 'in', ['parked'])])",
        "Domain('mes_phase', '!=', 'cancelled')",
        "answer_outcome = 'accepted'",
        "execute(\"UPDATE x SET a = 1 WHERE state IN ('pending', 'dead')\")",
        "state = fields.Selection([('parked', 'Parked')])",
        "self.state == 'done'",
        "self.state = 'pending'",
    ],
)
def test_state_literals_are_found(statement):
    assert broken("literals", MODEL, OWN + statement)


def test_defaults_and_indexes_of_our_models_are_found():
    text = 'class X:\n    _name = "mes.x"\n    state = fields.Selection(S, default="pending")\n'
    assert broken("literals", MODEL, text)
    assert broken("literals", MODEL, text.replace('S, default="pending"', "\"x WHERE state = 'waiting'\""))


@pytest.mark.parametrize(
    "statement",
    [
        "order.state == 'done'",
        "order.state not in ('done', 'cancel', 'to_close')",
        "move.write({'state': 'draft'})",
        "search([('state', 'in', ('confirmed', 'progress', 'done'))])",
        "message.state == InboxState.PARKED.value",
        "message.code == 'accepted'",
        "effect.kind == 'received'",
        "open(path)",
        "status = 'released'",
    ],
)
def test_what_is_no_state_of_ours_is_left_alone(statement):
    assert broken("literals", MODEL, OWN + statement) == []


@pytest.mark.parametrize(
    ("rule", "path", "text"),
    [
        ("rooms", "addons/mes_connector/tests/x.py", "from ..models import mes_system"),
        ("rooms", "addons/mes_connector/models/x.py", "from ..core import states\nfrom ..transports import TRANSPORTS"),
        ("odoo", imports.ODOO_SINK, "import odoo"),
        ("core", CORE, "import json\nimport jsonschema_rs\nfrom . import states\nfrom .errors import error"),
        ("lengths", MODEL, 'class C:\n    _name = "mes.x"\n    _inherit = "mail.thread"\n' + "x = 1\n" * 300),
        ("parameters", "tools/x.py", "def f(a, b, c, d, e, *, g): pass"),
        ("openings", "addons/x/__manifest__.py", "{}"),
        ("docstrings", CORE, "def _f(): pass\nclass _C:\n    def f(self): pass"),
    ],
)
def test_what_the_rules_allow(rule, path, text):
    assert broken(rule, path, text) == []
