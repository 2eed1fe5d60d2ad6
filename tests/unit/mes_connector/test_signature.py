"""Signatures: each gate valid, missing and invalid; one answer to every failure."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from mes_connector_core import signature
from mes_connector_core.errors import Permanent

SECRET = signature.new_secret(b"k" * 32)
OTHER = signature.new_secret(b"o" * 24)
BODY = b'{"id": "1"}'
NOW = 1_795_000_000
GOOD = signature.headers([SECRET], "msg_1", NOW, BODY)
# What a web server hands over: each byte of a header is one character.
LATIN = st.binary(max_size=30).map(lambda header: header.decode("latin-1"))


@pytest.mark.parametrize("size", [24, 32, 64])
def test_new_secrets_sign_and_verify(size):
    secret = signature.new_secret(b"\x00\xff" * (size // 2))
    assert secret.startswith("whsec_")
    assert signature.verify([secret], signature.headers([secret], "m", NOW, BODY), BODY, NOW) == 0


@pytest.mark.parametrize("size", [0, 23, 65])
def test_secrets_of_another_size_are_refused(size):
    with pytest.raises(ValueError, match="24 to 64"):
        signature.new_secret(b"x" * size)


@pytest.mark.parametrize("secret", ["", "whsec_", "whsec_***", "whsec_ü", "whsec_" + "A" * 8, "whsec_*" + "A" * 32])
def test_a_malformed_secret_signs_nothing_and_matches_nothing(secret):
    with pytest.raises(ValueError, match=r"secret|ASCII"):
        signature.sign(secret, "m", NOW, BODY)
    with pytest.raises(Permanent):
        signature.verify([secret], GOOD, BODY, NOW)


def test_rotation_finds_the_secret_that_signed():
    assert signature.verify([OTHER, SECRET], GOOD, BODY, NOW) == 1
    both = signature.headers([OTHER, SECRET], "msg_1", NOW, BODY)
    assert signature.verify([SECRET], both, BODY, NOW) == 0


def test_header_names_may_have_any_case():
    assert signature.verify([SECRET], {name.title(): value for name, value in GOOD.items()}, BODY, NOW) == 0


@pytest.mark.parametrize("seconds", [-300, 0, 299.5, 300])
def test_within_the_tolerance(seconds):
    assert signature.verify([SECRET], GOOD, BODY, NOW + seconds) == 0


def test_signatures_of_other_versions_are_ignored():
    mixed = {**GOOD, "webhook-signature": f"v1a,xyz {GOOD['webhook-signature']} v9,abc"}
    assert signature.verify([SECRET], mixed, BODY, NOW) == 0


SIGNED = GOOD["webhook-signature"]


@pytest.mark.parametrize(
    "changes",
    [
        {"webhook-id": None},
        {"webhook-id": ""},
        {"webhook-id": "msg_2"},
        {"webhook-id": "\ud800"},
        {"webhook-timestamp": None},
        {"webhook-timestamp": str(NOW + 1)},
        {"webhook-timestamp": f"{NOW}.0"},
        {"webhook-timestamp": f" {NOW}"},
        {"webhook-timestamp": "١٧٩٥٠٠٠٠٠٠"},
        {"webhook-timestamp": "9" * 5000},
        {"webhook-signature": None},
        {"webhook-signature": ""},
        {"webhook-signature": "garbage"},
        {"webhook-signature": "v1"},
        {"webhook-signature": "v1,"},
        {"webhook-signature": "v1,ü"},
        {"webhook-signature": SIGNED.replace("v1,", "v2,")},
        {"webhook-signature": SIGNED.replace("v1,", "")},
        {"webhook-signature": SIGNED[:-1]},
        {"webhook-signature": ("v1,x " * 1000) + SIGNED},
    ],
    ids=lambda changes: next(f"{name}={str(value)[:20]!a}" for name, value in changes.items()),
)
def test_every_failure_is_the_same(changes):
    headers = {name: value for name, value in {**GOOD, **changes}.items() if value is not None}
    with pytest.raises(Permanent) as raised:
        signature.verify([SECRET], headers, BODY, NOW)
    assert (raised.value.code, raised.value.detail) == ("not_authenticated", "")


@pytest.mark.parametrize(
    ("secrets", "body", "now"),
    [
        ([], BODY, NOW),
        ([OTHER], BODY, NOW),
        ([SECRET], BODY + b" ", NOW),
        ([SECRET], BODY, NOW + 301),
        ([SECRET], BODY, NOW - 301),
    ],
)
def test_fails_closed(secrets, body, now):
    with pytest.raises(Permanent):
        signature.verify(secrets, GOOD, body, now)


@given(st.dictionaries(st.sampled_from(sorted(GOOD)), LATIN), st.binary(max_size=20))
@settings(max_examples=40)
def test_no_headers_make_another_exception(headers, body):
    with pytest.raises(Permanent):
        signature.verify([SECRET], headers, body, NOW)
