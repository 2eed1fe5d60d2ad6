"""The conservation laws both ways: no accepted stream breaks one, and every lawful stream is accepted whole."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from mes_connector_core.conservation import (
    Output,
    Reading,
    add_output,
    check_consumption,
    check_return,
    check_serials,
    follow_reading,
)
from mes_connector_core.errors import IntegrationError, Parked, Permanent
from mes_connector_core.states import ToleranceMode

SERIALS = st.integers(0, 7).map("S{}".format)


class Ledger:
    """The books of one order, kept by the laws: what a report may do is decided by them alone."""

    def __init__(self, released=40, percent=10, share=2, mode=ToleranceMode.REJECT):
        self.released, self.percent, self.share, self.mode = released, percent, share, mode
        self.output, self.consumed, self.serials, self.reading = Output(), 0, set(), Reading()

    @property
    def limit(self):
        return self.released * (1 + self.percent / 100)

    def produce(self, good, scrap, rework, serials):
        delta = Output(good, scrap, rework)
        check_serials(serials, good + scrap, self.serials)
        output = add_output(self.released, self.percent, self.output, delta)
        self.output, self.serials = output, self.serials | set(serials)

    def consume(self, quantity):
        check_consumption(self.mode, self.released * self.share, self.consumed, quantity, self.percent)
        self.consumed += quantity

    def give_back(self, quantity):
        check_return(self.consumed, quantity, "GEAR")
        self.consumed -= quantity

    def count(self, delta, cumulative, booked):
        self.reading = follow_reading(self.reading, booked, delta, cumulative)

    def assert_lawful(self):
        total = self.output.good + self.output.scrap + self.output.rework
        assert total <= self.limit * (1 + 1e-9)
        assert min(self.output.good, self.output.scrap, self.output.rework) >= 0
        assert 0 <= self.consumed <= self.released * self.share * (1 + self.percent / 100) * (1 + 1e-9)
        assert len(self.serials) == self.output.good + self.output.scrap


@st.composite
def reports(draw):
    """One report of any kind; the serial numbers of pieces are often as many as there are pieces, and often new."""
    kind = draw(st.sampled_from(("produce", "produce", "consume", "give_back")))
    if kind != "produce":
        return kind, draw(st.integers(1, 12))
    good, scrap, serials = draw(st.integers(0, 4)), draw(st.integers(0, 4)), draw(st.lists(SERIALS, max_size=3))
    if draw(st.booleans()):
        good, scrap = min(good, len(serials)), max(0, len(serials) - good)
    return kind, good, scrap, draw(st.sampled_from((0, 0, 1, 6))), serials


@given(st.lists(reports(), max_size=20))
@settings(max_examples=30)
def test_no_accepted_stream_breaks_a_law(stream):
    ledger = Ledger(released=5)
    for kind, *what in stream:
        before = (ledger.output, ledger.consumed, ledger.serials)
        try:
            getattr(ledger, kind)(*what)
        except IntegrationError as error:
            assert isinstance(error, Parked | Permanent)
            assert (ledger.output, ledger.consumed, ledger.serials) == before
        ledger.assert_lawful()


@st.composite
def lawful_streams(draw):
    """Reports of a plant that keeps the laws: its pieces are fresh, in rework or done, its components real."""
    fresh, rework, consumed, serial, stream = 44, 0, 0, 0, []
    for _step in range(draw(st.integers(1, 8))):
        done, reworked = draw(st.integers(0, fresh)), draw(st.integers(0, rework))
        fresh, rework = fresh - done, rework - reworked
        sent = draw(st.integers(0, fresh))
        fresh, rework = fresh - sent, rework + sent
        scrap = draw(st.integers(0, done + reworked))
        serials = [f"S{number}" for number in range(serial, serial + done + reworked)]
        serial += len(serials)
        stream.append(("produce", len(serials) - scrap, scrap, sent, serials))
        if quantity := draw(st.integers(0, 88 - consumed)):
            stream.append(("consume", quantity))
            consumed += quantity
        if quantity := draw(st.integers(0, consumed)):
            stream.append(("give_back", quantity))
            consumed -= quantity
    return stream


@given(lawful_streams())
@settings(max_examples=30)
def test_every_lawful_stream_is_accepted_whole(stream):
    ledger = Ledger()
    for kind, *what in stream:
        getattr(ledger, kind)(*what)
        ledger.assert_lawful()


@given(st.lists(st.integers(1, 20), min_size=1, max_size=12), st.integers(0, 12))
@settings(max_examples=30)
def test_a_counter_that_counts_is_followed_and_may_begin_anew(deltas, reset_at):
    booked = cumulative = 0
    reading, first = Reading(), None
    for position, delta in enumerate(deltas):
        # A new counter is told from the first report once more when it is less than before and begins otherwise.
        if position == reset_at and delta < cumulative and delta != first:
            cumulative, first = 0, None
        cumulative += delta
        first = first or delta
        reading = follow_reading(reading, booked, delta, cumulative)
        booked += delta
    assert booked - reading.base == cumulative


@given(st.lists(st.integers(1, 20), min_size=2, max_size=8), st.data())
@settings(max_examples=30)
def test_a_lost_or_repeated_delta_is_held(deltas, data):
    lost = data.draw(st.integers(0, len(deltas) - 2))
    booked, cumulative, reading = 0, 0, Reading()
    for position, delta in enumerate(deltas):
        cumulative += delta
        if position == lost:
            continue
        if position > lost:
            with pytest.raises(Parked) as caught:
                follow_reading(reading, booked, delta, cumulative)
            assert caught.value.code == "sequence_gap"
            return
        reading = follow_reading(reading, booked, delta, cumulative)
        booked += delta
        with pytest.raises(Parked) as caught:
            follow_reading(reading, booked, delta, cumulative)
        assert caught.value.code == "suspected_duplicate"


@pytest.mark.parametrize(
    ("mode", "booked", "flagged"),
    [(ToleranceMode.ACCEPT, 99, False), (ToleranceMode.FLAG, 99, True), (ToleranceMode.FLAG, 9, False)],
)
def test_consumption_beyond_the_share_is_flagged_where_that_is_wanted(mode, booked, flagged):
    assert check_consumption(mode, 100, booked, 2, 0) is flagged


def test_a_law_that_is_broken_has_a_code():
    broken = {
        "over_delivery": lambda: add_output(10, 0, Output(8, 1, 1), Output(0, 0, 2)),
        "over_consumption": lambda: check_consumption(ToleranceMode.REJECT, 100, 99, 2, 0),
        "too_early": lambda: check_return(3, 4, "GEAR"),
        "serial_duplicate": lambda: check_serials(["S1", "S2"], 2, {"S2"}),
        "lot_required": lambda: check_serials(["S1"], 2),
        "sequence_gap": lambda: follow_reading(Reading(), 40, 10, 60),
        "suspected_duplicate": lambda: follow_reading(Reading(0, 40), 70, 40, 40),
    }
    for code, law in broken.items():
        with pytest.raises(IntegrationError) as caught:
            law()
        assert caught.value.code == code


def test_reworked_pieces_come_out_of_rework_when_none_other_are_left():
    booked = add_output(10, 0, Output(), Output(6, 0, 4))
    assert add_output(10, 0, booked, Output(2, 1)) == Output(8, 1, 1)
