"""Works both queues of a database in one process and writes down each statement about them: its text, its plan and the
pages it touched; compares nothing.

python statement_log.py DATABASE SYSTEM EVENTS OUTPUT (with ODOO_RC and PYTHONPATH of a stack, and PGOPTIONS that load
auto_explain): stores each event of the JSON file EVENTS ({"warm_up": [...], "noted": [...]}) as SYSTEM, works it and
delivers what came of it before the next; writes the statements of the noted ones to OUTPUT.
"""

import json
import sys
from pathlib import Path

from odoo import SUPERUSER_ID, api
from odoo.modules.registry import Registry
from odoo.sql_db import Cursor
from odoo.tools import SQL, config

#: Statements about other tables are posting: Odoo's work, not the queue's.
OURS = "mes_"
PACKAGE = "mes_connector"
QUEUES = ("mes.inbox.message", "mes.outbox.message")
MEDIA_TYPE = "application/cloudevents+json"


class Recorder:
    """Notes what the server tells of each statement: its plan, and those of the checks it caused."""

    def __init__(self):
        self.statements = []
        self.is_noting = False

    def install(self):
        """From now on each statement of this process is followed by a look at the server's notices."""
        execute_plainly = Cursor.execute

        def execute(cursor, query, params=None, **options):
            cursor.connection.notices = []
            try:
                return execute_plainly(cursor, query, params, **options)
            finally:
                if self.is_noting:
                    self._note(query, cursor.connection.notices)

        Cursor.execute = execute

    def _note(self, query, notices):
        template = query.code if isinstance(query, SQL) else str(query)
        for notice in notices:
            _head, is_plan, body = notice.partition("plan:\n")
            if not is_plan:
                continue
            told = json.loads(body)
            if OURS in told["Query Text"]:
                # A statement of ours is named without its values; a foreign key's check is the server's own.
                is_check = "FROM ONLY" in told["Query Text"]
                text = told["Query Text"] if is_check else template
                self.statements.append({"by": _caller(), "text": text, "plan": told["Plan"]})


def _caller():
    """The nearest method of the connector that led here."""
    frame = sys._getframe()
    while frame:
        if PACKAGE in frame.f_code.co_filename:
            return f"{Path(frame.f_code.co_filename).stem}.{frame.f_code.co_name}"
        frame = frame.f_back
    return ""


class Player:
    """Stores and works events of one system."""

    def __init__(self, database, system):
        self._registry = Registry(database)
        self._system = system

    def play(self, event):
        """Stores the event and has it worked and answered."""
        self._run(lambda env: self._store(env, event))
        for queue in QUEUES:
            while self._run(lambda env, queue=queue: env["mes.lane"]._run(queue)).next_in == 0:
                continue

    def _run(self, work):
        with self._registry.cursor() as cr:
            return work(api.Environment(cr, SUPERUSER_ID, {}))

    def _store(self, env, event):
        caller, _secrets = env["mes.identity"]._load_caller(self._system)
        _is_batch, readings = env["mes.intake"]._read(caller, json.dumps(event).encode(), MEDIA_TYPE)
        (result,) = env["mes.intake"]._store(caller, readings)
        if result["status"] != "stored":
            raise SystemExit(f"{event['type']}: {result}")


def main(database, system, events, output):
    """Plays the events and reports."""
    config.parse_config(["-d", database], setup_logging=True)
    recorder, player = Recorder(), Player(database, system)
    # Loaded with the registry. How fast the machine is must not decide which statements there are.
    sys.modules["odoo.addons.mes_connector.models.mes_dispatcher"].GROUP_SECONDS = 60
    recorder.install()
    todo = json.loads(Path(events).read_text())
    for event in todo["warm_up"]:
        player.play(event)
    recorder.is_noting = True
    for event in todo["noted"]:
        player.play(event)
    Path(output).write_text(json.dumps(recorder.statements))


if __name__ == "__main__":
    main(*sys.argv[1:])
