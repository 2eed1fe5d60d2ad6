"""A private database server is durable, may be crashed, and then holds what was committed and nothing else."""

import os

import psycopg2
import pytest

from tools.stack.private_server import PrivateServer


@pytest.fixture
def private():
    running = PrivateServer(f"test-tools-{os.getpid()}")
    running.create()
    running.start()
    yield running
    running.stop()
    running.remove()


def test_a_crash_keeps_what_was_committed_and_nothing_else(private):
    private.server.query("CREATE TABLE booking (id int)")
    private.server.query("INSERT INTO booking VALUES (1)")
    unfinished = private.server.connect()
    unfinished.autocommit = False
    with unfinished.cursor() as cursor:
        cursor.execute("INSERT INTO booking VALUES (2)")

        private.crash()

        with pytest.raises(psycopg2.Error):
            cursor.execute("SELECT 1")
    unfinished.close()
    private.start()
    assert private.server.query("SELECT id FROM booking") == [(1,)]


@pytest.mark.parametrize("setting", ["fsync", "synchronous_commit", "full_page_writes"])
def test_a_commit_is_durable(private, setting):
    assert private.server.query(f"SHOW {setting}") == [("on",)]


def test_the_password_is_needed(private):
    stranger = {**private.server.variables, "PGPASSWORD": "wrong"}
    with pytest.raises(psycopg2.OperationalError, match="password"):
        type(private.server)(stranger).query("SELECT 1")
