"""When an object is told again: changed, gone, back, or by force; and that equal content has an equal hash."""

import pytest
from mes_connector_core.master_data import Told, content_hash, document, next_told

A, B = {"product": "P", "name": "a"}, {"product": "P", "name": "b"}
KEY = {"product": "P"}


def after(*steps):
    told = Told()
    for data, is_deleted in steps:
        told = next_told(told, data, is_deleted) or told
    return told


@pytest.mark.parametrize(
    ("before", "data", "is_deleted", "revision"),
    [
        ([], A, False, 1),
        ([(A, False)], A, False, None),
        ([(A, False)], B, False, 2),
        ([(A, False), (B, False)], A, False, 3),
        ([(A, False)], KEY, True, 2),
        ([(A, False), (KEY, True)], KEY, True, None),
        ([(A, False), (KEY, True)], A, False, 3),
        ([], KEY, True, None),
    ],
    ids=["new", "same", "changed", "changed back", "gone", "gone already", "back again", "never told"],
)
def test_told_when_it_is_news(before, data, is_deleted, revision):
    told = next_told(after(*before), data, is_deleted)
    assert (told and told.revision) == revision
    assert told is None or told.is_deleted is is_deleted


def test_by_force_the_same_content_keeps_its_revision():
    told = after((A, False), (B, False))
    assert next_told(told, B, is_forced=True) == told
    assert next_told(told, A, is_forced=True).revision == 3
    assert next_told(Told(), KEY, is_deleted=True, is_forced=True) is None


def test_equal_content_has_an_equal_hash():
    assert content_hash({"a": 1, "b": [2.5, "ü"]}) == content_hash({"b": [2.5, "ü"], "a": 1.0})
    assert content_hash({"a": [1, 2]}) != content_hash({"a": [2, 1]})


def test_the_document_carries_its_version():
    told = after((A, False))
    assert document(A, told) == {**A, "content_hash": content_hash(A), "revision": 1, "is_deleted": False}
