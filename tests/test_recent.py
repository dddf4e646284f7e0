"""The overview's answers are given again while nothing changed, and for a moment while tags are being written."""

from collections.abc import Iterator
from itertools import count
from threading import Barrier, Thread

import pytest

from api import recent
from api.recent import RecentAnswers
from voc.store import Changes


class Clock:
    """Stands still until it is set."""

    def __init__(self) -> None:
        self.now_s = 100.0

    def monotonic(self) -> float:
        """What the time module would say."""
        return self.now_s


class World:
    """What the answers are asked about."""

    def __init__(self) -> None:
        self.changes = Changes()
        self.busy = False
        self.asked: Iterator[int] = count()
        self.answers = RecentAnswers(lambda: self.changes, lambda: self.busy)

    def get(self, question: str = "") -> int:
        """The answer, which tells how many were worked out before it."""
        return self.answers.get(question, lambda: next(self.asked))


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    clock = Clock()
    monkeypatch.setattr(recent, "time", clock)
    return clock


def test_nothing_changed_so_the_answer_stays(clock: Clock) -> None:
    world = World()
    assert [world.get(), world.get(), world.get("channel=app")] == [0, 0, 1]
    clock.now_s += 86_400
    assert world.get() == 0


@pytest.mark.parametrize(
    ("changes", "busy", "later_s", "new"),
    [
        (Changes(rows=(1,)), True, 0.1, True),
        (Changes(rows=(1,)), False, 0.1, True),
        (Changes(tags=(1,)), True, 1.9, False),
        (Changes(tags=(1,)), True, 2.1, True),
        (Changes(tags=(1,)), False, 0.1, True),
    ],
    ids=["a file while tagging", "a file", "tags just now", "tags a while ago", "the last tags"],
)
def test_what_makes_a_new_answer(clock: Clock, changes: Changes, busy: bool, later_s: float, new: bool) -> None:
    world = World()
    world.get()
    world.changes, world.busy = changes, busy
    clock.now_s += later_s
    assert world.get() == (1 if new else 0)


def test_those_who_ask_at_once_get_one_answer() -> None:
    world, start = World(), Barrier(8)
    got: list[int] = []

    def ask() -> None:
        start.wait()
        got.append(world.get())

    threads = [Thread(target=ask) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert got == [0] * 8


def test_a_failed_answer_is_not_kept() -> None:
    world = World()
    with pytest.raises(ZeroDivisionError):
        world.answers.get("", lambda: 1 // 0)
    assert world.get() == 0


def test_no_more_questions_are_kept_than_allowed() -> None:
    world = World()
    first = world.get("0")
    for number in range(1, recent.MOST_ANSWERS + 1):
        world.get(str(number))
    assert world.get("0") != first
    assert world.get(str(recent.MOST_ANSWERS)) == recent.MOST_ANSWERS
