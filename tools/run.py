"""`make run`: Odoo with the suite on an empty database, broker and gateway, until Ctrl-C; nothing is created or played
in it.
"""

from __future__ import annotations

import sys

from tools.stack import Stack, StackError


def main() -> None:
    """Starts the stack and waits."""
    with Stack("run") as stack:
        stack.create_database()
        stack.start_broker()
        stack.start_odoo()
        stack.start_gateway()
        print(f"Odoo     {stack.url}  (admin / admin, database {stack.database})")
        print(f"MQTT     127.0.0.1:{stack.broker.port}  ({stack.broker.url()})")
        print(f"Logs     {stack.folder}")
        print("Ctrl-C stops it all.", flush=True)
        stack.watch()


if __name__ == "__main__":
    try:
        main()
    except KeyboardInterrupt:
        print("stopped")
    except StackError as error:
        sys.exit(f"run: {error}")
