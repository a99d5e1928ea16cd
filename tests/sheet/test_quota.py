"""The quota: never more calls in a sliding minute than Google allows, one at a time."""

import threading
from random import Random

import pytest

from syncd.sheet.quota import WINDOW_S, Quota
from tests.world import Clock


def most_in_a_minute(arrivals: list[float]) -> int:
    """Return how many calls at most arrived within 60 seconds of each other."""
    return max(sum(1 for b in arrivals if a <= b < a + WINDOW_S) for a in arrivals)


@pytest.mark.parametrize("seed", range(20))
def test_quota_holds_in_every_minute_however_slow_the_network_is(seed: int) -> None:
    """A call may arrive at any moment between its sending and its answer."""
    chance, clock = Random(seed), Clock()
    quota = Quota(clock=clock, sleep=clock.sleep)
    arrivals = []
    for _ in range(300):
        with quota.turn("read", "book"):
            took_s = chance.choice([0.0, 0.01, 0.3, 5.0, 50.0]) * chance.random()
            arrivals.append(clock.now + took_s * chance.random())
            clock.now += took_s
        clock.now += chance.choice([0.0, 0.0, 0.0, 1.0, 70.0])
    assert most_in_a_minute(arrivals) <= 45


def test_quota_is_used_up_before_it_waits() -> None:
    """What fits goes at once; what does not waits a minute, no longer."""
    clock = Clock()
    quota = Quota(clock=clock, sleep=clock.sleep)
    for _ in range(45):
        quota.wait("read")
    assert clock.now == 0
    assert quota.free_in("write", 45) == 0
    quota.wait("read")
    assert WINDOW_S <= clock.now < WINDOW_S + 0.1


def test_held_kind_waits_as_long_as_google_asked() -> None:
    """A pause that Google asks for holds one kind of call, and never longer than a while."""
    clock = Clock()
    quota = Quota(clock=clock, sleep=clock.sleep)
    quota.hold("read", 17)
    quota.wait("write")
    assert clock.now == 0
    quota.wait("read")
    assert 17 <= clock.now < 17.1
    quota.hold("read", 1e9)
    quota.wait("read")
    assert clock.now < 17.1 + 121


def test_one_call_at_a_time_to_a_spreadsheet() -> None:
    """A second call to the same spreadsheet waits for the first; one to another does not."""
    quota = Quota(clock=Clock(), sleep=lambda _: None)
    order: list[str] = []
    entered, leave = threading.Event(), threading.Event()

    def first() -> None:
        with quota.turn("read", "one"):
            entered.set()
            leave.wait(10)
            order.append("first")

    def second() -> None:
        with quota.turn("write", "one"):
            order.append("second")

    threads = [threading.Thread(target=each) for each in (first, second)]
    threads[0].start()
    assert entered.wait(10)
    threads[1].start()
    with quota.turn("read", "another"):
        order.append("another")
    leave.set()
    for thread in threads:
        thread.join(10)
    assert order == ["another", "first", "second"]


def test_failed_call_counts_and_frees_its_line() -> None:
    """A call that fails took its place all the same, and the next one comes through."""
    quota = Quota(clock=Clock(), sleep=lambda _: None, reads_max=1)
    with pytest.raises(OSError, match="lost"), quota.turn("read", "one"):
        raise OSError("lost")
    assert quota.free_in("read", 1) > 59
    with quota.turn("write", "one"):
        assert quota.free_in("write", 1) == 0
