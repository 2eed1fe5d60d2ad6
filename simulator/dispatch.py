"""In which deliveries the events of an order leave the plant: order, batches and repetitions; pure, sends nothing."""

import random

from .messages import Event
from .scenarios import Dispatch

LARGEST_BATCH = 4

Delivery = list[Event]


def deliveries(events: list[Event], dispatch: Dispatch, rng: random.Random) -> list[Delivery]:
    """Arrange ``events`` into deliveries; a delivery of one is sent single, of more as a batch."""
    if dispatch is Dispatch.BUFFERED:
        return _chunks(events, rng)
    if dispatch is Dispatch.REPEATED:
        return _repeated(events, rng)
    if dispatch is Dispatch.SHUFFLED:
        return _chunks(_shuffled(events, rng), rng)
    return [[event] for event in events]


def _chunks(events: list[Event], rng: random.Random) -> list[Delivery]:
    chunks, start = [], 0
    while start < len(events):
        size = rng.randint(1, LARGEST_BATCH)
        chunks.append(events[start : start + size])
        start += size
    return chunks


def _shuffled(events: list[Event], rng: random.Random) -> list[Event]:
    shuffled = rng.sample(events, len(events))
    while shuffled == events and len(events) > 1:
        shuffled = rng.sample(events, len(events))
    return shuffled


def _repeated(events: list[Event], rng: random.Random) -> list[Delivery]:
    """The ways take turns, so that each of them occurs in any order with three events."""
    sent: list[Delivery] = []
    late: list[Delivery] = []
    for position, event in enumerate(events):
        way = position % 3
        if way == 0:
            sent += [[event], [event]]
        elif way == 1:
            sent.append([event, event])
        else:
            sent.append([event])
            late.append([event])
        if rng.random() < 0.5:
            late.append([event])
    rng.shuffle(late)
    return sent + late
