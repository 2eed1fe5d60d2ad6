"""Tests that need a registry; what needs none is in the repository's tests/unit, what needs a server in tests/e2e."""

from . import (
    test_bridge_gone,
    test_cases,
    test_credentials,
    test_dispatcher,
    test_flow_class,
    test_gate,
    test_gateway_sink,
    test_intake_controller,
    test_lane,
    test_order_lifecycle,
    test_outbox,
    test_parking,
    test_outbox_batch,
    test_outbox_expiry,
    test_pause,
    test_posting_traps,
    test_replay,
    test_retention,
    test_screens,
    test_security,
)
