"""What the queue's statements cost beside a journal of settled rows: fills it, has events worked, compares; it judges
nothing.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from simulator.messages import Event
from tools.stack.paths import PYTHON
from tools.stack.process import Process, StackError

from ..workshop import BENCH, BenchOrder
from .site import Site

#: The tables that grow with each message.
JOURNAL = ("mes_inbox_message", "mes_outbox_message", "mes_attempt", "mes_effect")
EVENTS_PER_ORDER = 14
#: All but empty: enough that no table of the journal is read whole because it is no more than a page or two.
FEW = 100
# Each session of the program tells the plan of each of its statements, with the pages it touched.
AUTO_EXPLAIN = {
    "session_preload_libraries": "auto_explain",
    "auto_explain.log_min_duration": "0",
    "auto_explain.log_analyze": "on",
    "auto_explain.log_buffers": "on",
    "auto_explain.log_timing": "off",
    "auto_explain.log_format": "json",
    "auto_explain.log_level": "notice",
    "auto_explain.log_nested_statements": "on",
    "client_min_messages": "notice",
}
#: Who finds, claims and fences a message, or asks when there is something to do, as senders of statements begin.
FINDING = (
    "mes_queue_mixin.",
    "mes_claim.",
    "mes_gate.",
    "mes_inbox_parking._looks_due",
    "mes_message_mixin._fence",
    "mes_outbox_delivery._lock_due",
    "mes_inbox_message._before",
)

_ORDER = f"(i / {EVENTS_PER_ORDER})"
_SHARED = {
    "id": "{base} + i",
    "ordering_key": f"'OLD/' || {_ORDER}",
    "shard": f"mod({_ORDER}, 64)",
    "production_id": f"1000000 + {_ORDER}",
    "event_id": "gen_random_uuid()",
    "correlation_id": "gen_random_uuid()",
    "create_date": "now() - (rows - i) * interval '1 second'",
}
#: What differs from row to row, by table; everything else is as in a row that was really worked.
_DIFFERENT = {
    "mes_inbox_message": {
        **_SHARED,
        "uuid": "gen_random_uuid()",
        "sequence": f"mod(i, {EVENTS_PER_ORDER}) + 1",
        "content_hash": "md5(i::text) || md5((-i)::text)",
        "received_at": "now() - (rows - i) * interval '1 second'",
    },
    "mes_outbox_message": {**_SHARED, "answers_id": "{inbox} + i", "causation_id": "gen_random_uuid()"},
    "mes_attempt": {"id": "{base} + i", "inbox_id": "{inbox} + i"},
    "mes_effect": {"id": "{base} + i", "inbox_id": "{inbox} + i", "production_id": f"1000000 + {_ORDER}"},
}
_MODEL_ROW = {
    "mes_inbox_message": "state = 'done' AND sequence > 0",
    "mes_outbox_message": "answers_id IS NOT NULL",
    "mes_attempt": "inbox_id IS NOT NULL",
    "mes_effect": "true",
}


@dataclass
class Cost:
    """What one statement of the connector did: how often, pages touched, and how the journal's tables were read."""

    count: int = 0
    buffers: int = 0
    reads: set[str] = field(default_factory=set)


@dataclass(frozen=True)
class Log:
    """The statements about a number of messages, in and out, by who sent them and their text."""

    messages: int
    costs: dict[tuple[str, str], Cost]

    def per_message(self, of: tuple[str, ...] = ("",)) -> float:
        """Pages touched per message by the statements whose sender begins with one of the names."""
        return sum(cost.buffers for (by, _text), cost in self.costs.items() if by.startswith(of)) / self.messages


@dataclass
class Journal:
    """A copy of the site's database, whose journal can be filled."""

    site: Site
    database: str

    def query(self, statement: str, parameters: tuple = ()) -> list[tuple]:
        """Runs a statement in the copy."""
        return self.site.stack.server.query(statement, parameters, self.database)

    def fill(self, rows: int) -> None:
        """Adds settled messages with their answers, attempts and effects: `rows` of each."""
        bases = {table: self._last(table) for table in JOURNAL}
        for table in JOURNAL:
            with self._without_indexes(table):
                self._fill(table, rows, base=bases[table], inbox=bases["mes_inbox_message"])

    def _last(self, table: str) -> int:
        return self.query(f"SELECT nextval(pg_get_serial_sequence('{table}', 'id'))")[0][0]

    @contextmanager
    def _without_indexes(self, table: str) -> Iterator[None]:
        """Many rows are written much faster when the indexes are made anew afterwards."""
        listed = self.query(
            """SELECT indexrelid::regclass::text, pg_get_indexdef(indexrelid) FROM pg_index
                WHERE indrelid = %s::regclass AND NOT indisprimary""",
            (table,),
        )
        for name, _definition in listed:
            self.query(f"DROP INDEX {name}")
        yield
        for _name, definition in listed:
            self.query(f"SET maintenance_work_mem = '256MB'; {definition}")

    def _fill(self, table: str, rows: int, **numbers: int) -> None:
        known = "SELECT column_name FROM information_schema.columns WHERE table_name = %s"
        columns = [name for (name,) in self.query(known, (table,))]
        different = {name: text.format(**numbers) for name, text in _DIFFERENT[table].items()}
        # Orders of this size would take hours to make, so the rows point at orders that do not exist.
        self.query(
            f"""SET session_replication_role = replica;
                INSERT INTO {table} ({", ".join(columns)})
                SELECT {", ".join(different.get(name, f"model.{name}") for name in columns)}
                  FROM (SELECT * FROM {table} WHERE {_MODEL_ROW[table]} ORDER BY id LIMIT 1) AS model,
                       (SELECT {rows} AS rows) AS wanted, generate_series(1, {rows}) AS i;
                SELECT setval(pg_get_serial_sequence('{table}', 'id'), {numbers["base"]} + {rows})"""
        )

    def work(self, name: str, orders: list[BenchOrder]) -> Log:
        """Has the events of the orders worked, those of the first to warm up, and reads what the rest cost."""
        self.query("VACUUM ANALYZE")
        warm_up, *noted = (order.events() for order in orders)
        events = [event for row in noted for event in row]
        found = self._run(name, {"warm_up": warm_up, "noted": events})
        return Log(len(events) + self._count_sent(orders[1:]), _sum_up(found))

    def _count_sent(self, orders: list[BenchOrder]) -> int:
        """Messages that were sent about orders since their release."""
        statement = """SELECT count(*) FROM mes_outbox_message
                        WHERE ordering_key = ANY(%s) AND event_type <> 'mes.order.released.v1'"""
        return self.query(statement, ([order.name for order in orders],))[0][0]

    def _run(self, name: str, todo: dict[str, list[Event]]) -> list[dict]:
        stack, folder = self.site.stack, self.site.stack.folder
        events, output, log = (folder / f"{name}.{kind}" for kind in ("events.json", "statements.json", "log"))
        events.write_text(json.dumps(todo))
        options = " ".join(f"-c {key}={value}" for key, value in AUTO_EXPLAIN.items())
        program = Path(__file__).with_name("statement_log.py")
        process = Process(
            "The statement log",
            [PYTHON, program, self.database, BENCH.system, events, output],
            log=log,
            env=stack.odoo.environment(PGOPTIONS=options),
            cwd=folder,
        ).start()
        try:
            status = process.wait(300)
        finally:
            process.stop()
        if status:
            raise StackError(f"the statement log ended with status {status}\n{process.tail()}")
        return json.loads(output.read_text())


@contextmanager
def copied(site: Site, order: BenchOrder) -> Iterator[Journal]:
    """A copy of the site's database for the time of the block, with a few settled messages, which are like those of the
    order; the site's hosts must be down.
    """
    journal = Journal(site, f"{site.stack.database}_journal")
    server = site.stack.server
    server.drop_database(journal.database)
    server.create_database(journal.database, site.stack.database)
    for table in JOURNAL:
        # `work` vacuums before it counts; who does it meanwhile keeps what is dead in the indexes, and it is counted.
        journal.query(f"ALTER TABLE {table} SET (autovacuum_enabled = false)")
    try:
        journal.work("first", [order])
        journal.fill(FEW)
        yield journal
    finally:
        server.drop_database(journal.database)


def _sum_up(statements: list[dict]) -> dict[tuple[str, str], Cost]:
    costs: dict[tuple[str, str], Cost] = {}
    for statement in statements:
        cost = costs.setdefault((statement["by"], " ".join(statement["text"].split())), Cost())
        plan = statement["plan"]
        cost.count += 1
        cost.buffers += plan["Shared Hit Blocks"] + plan["Shared Read Blocks"]
        cost.reads.update(_reads(plan))
    return costs


def _reads(plan: dict) -> Iterator[str]:
    """How tables of the journal are read: by which index, or whole."""
    index, relation = plan.get("Index Name"), plan.get("Relation Name")
    if index and index.startswith(JOURNAL):
        yield index
    elif relation in JOURNAL and plan["Node Type"].endswith("Seq Scan"):
        yield f"the whole of {relation}"
    for part in plan.get("Plans", ()):
        yield from _reads(part)


def growth(few: Log, many: Log) -> list[tuple[float, str]]:
    """Each statement with how many more pages it touches per message beside many rows, the greatest first."""
    more: Counter[str] = Counter()
    for log, sign in ((few, -1), (many, 1)):
        for (by, text), cost in log.costs.items():
            more[f"{by}: {text}"] += sign * cost.buffers / log.messages
    return sorted(((pages, name) for name, pages in more.items()), reverse=True)
