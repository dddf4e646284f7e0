"""The outbox and its sender: nothing is lost, told twice at most, in order, retried, given up, and never in anybody's way."""

import logging
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler
from itertools import pairwise
from pathlib import Path
from typing import Any, Final

import pytest

from tests.fakes import FakeTagger
from tests.ledger import add_rows, row, tags
from tests.receiver import Receiver, Respond, answer, receiving
from tests.stores import TEHRAN, add, feedback, open_store, tag_all
from tests.test_spikes import LATE, daily
from voc.errors import ConflictError, NotFoundError, StoreError
from voc.kpis import Setting
from voc.kpis.scorecard import Target
from voc.records import Feedback
from voc.store import SetAside, Store, outbox
from voc.webhooks import sender as sending
from voc.webhooks.endpoint import Delivery, Webhook, make_secret, make_webhook
from voc.webhooks.events import EVENTS
from voc.webhooks.schedule import DELAYS, JITTER, delay_after
from voc.webhooks.sender import Sender
from voc.webhooks.watch import Watch

pytestmark = pytest.mark.usefixtures("engine")

LEAVING: Final = "پیک دیر اومد دیگه نمیخرم، شماره‌ام [تلفن] است"
STAYING: Final = "سریع رسید عالی بود"


class Clock:
    """A clock that stands until it is moved.

    It begins a minute from now: what a test makes happen is past, and the reference verifier, which looks at its own, content.
    """

    def __init__(self) -> None:
        self.at = datetime.now(UTC) + timedelta(minutes=1)

    def __call__(self) -> datetime:
        """What it shows."""
        return self.at

    def move(self, by: timedelta) -> None:
        """Later by so much."""
        self.at += by


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    with open_store(tmp_path / "voc.duckdb") as opened:
        yield opened


def endpoint(store: Store, receiver: Receiver, *events: str, include_text: bool = False) -> Webhook:
    asked = events or EVENTS
    made = make_webhook(receiver.url, asked, datetime.now(UTC), include_text=include_text, private=True)
    store.webhooks.add(made)
    return made


def sender_of(store: Store, clock: Clock | None = None, kpis: Setting | None = None, chance: float = 0.5) -> Sender:
    watch = Watch(store, kpis or Setting())
    return Sender(store, watch, private=True, now=clock or Clock(), chance=lambda: chance)


@contextmanager
def running(store: Store) -> Iterator[Sender]:
    """A sender that looks by itself, with the real clock."""
    made = Sender(store, Watch(store, Setting()), private=True)
    made.start()
    try:
        yield made
    finally:
        made.stop(2)


def deliveries(store: Store, webhook: Webhook) -> list[Delivery]:
    """In their order."""
    return list(reversed(store.webhooks.deliveries(webhook.id).items))


def leave(store: Store, count: int, name: str = "رفتن") -> None:
    """So many customers mean to leave."""
    add(store, feedback(*[f"{LEAVING} {number}" for number in range(count)]), name)
    tag_all(store)


def test_a_cue_of_churn_is_told_without_a_word_of_the_customer(store: Store) -> None:
    with receiving() as receiver:
        webhook = endpoint(store, receiver, "feedback.churn_cue")
        add(store, [Feedback(STAYING, 2), Feedback(LEAVING, 3, customer_id="م-۱۲", external_id="T-1")])
        tag_all(store)
        sender_of(store).drain(webhook.id)
        (call,) = receiver.calls
    said = call.verified(webhook.secret)
    assert said["type"] == "feedback.churn_cue"
    assert datetime.fromisoformat(said["timestamp"]).tzinfo
    assert said["data"] == {
        "id": "f2",
        "loyalty": [{"code": "churn_intent", "score": 0.7}],
        "reasons": [{"code": "delivery.time", "polarity": "negative"}, {"code": "delivery.courier", "polarity": "negative"}],
        "sentiment": "neutral",
        "resolution": None,
        "links": {"self": "/v1/feedback/f2"},
    }
    assert [(each.status, each.attempts, each.response_code) for each in deliveries(store, webhook)] == [("delivered", 1, 204)]


def test_the_words_go_along_where_they_were_asked_for(store: Store) -> None:
    with receiving() as receiver, receiving() as other:
        with_text = endpoint(store, receiver, include_text=True)
        without = endpoint(store, other)
        leave(store, 1)
        for webhook in (with_text, without):
            sender_of(store).drain(webhook.id)
        assert receiver.calls[0].verified(with_text.secret)["data"]["text"] == f"{LEAVING} 0"
        assert "text" not in other.calls[0].verified(without.secret)["data"]
    kept = store.select("SELECT * FROM webhook_delivery", {})
    assert "پیک" not in str(kept)


def test_what_a_later_model_thinks_is_no_news(store: Store) -> None:
    with receiving() as receiver:
        webhook = endpoint(store, receiver)
        leave(store, 1)
        tag_all(store, FakeTagger("fake-2"))
        assert len(deliveries(store, webhook)) == 1


def test_nobody_asks_and_nothing_is_kept(store: Store) -> None:
    with receiving() as receiver:
        webhook = endpoint(store, receiver, "spike.found")
        leave(store, 3)
        store.webhooks.change(webhook.id, lambda each: replace(each, events=EVENTS, disabled_at=datetime.now(UTC)))
        leave(store, 3, "باز هم")
    assert store.select("SELECT count(*) FROM webhook_delivery", {}) == [(0,)]


def test_an_event_is_written_with_what_it_tells_of_or_not_at_all(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: Any) -> None:
        raise StoreError("no room")

    with receiving() as receiver:
        webhook = endpoint(store, receiver)
        with monkeypatch.context() as broken:
            broken.setattr(outbox, "deliver", fail)
            with pytest.raises(StoreError):
                leave(store, 1)
        assert store.select("SELECT (SELECT count(*) FROM tagging), (SELECT count(*) FROM webhook_delivery)", {}) == [(0, 0)]
        tag_all(store)
        assert len(deliveries(store, webhook)) == 1


def test_what_was_tagged_before_a_crash_is_told_after_it(tmp_path: Path) -> None:
    with receiving() as receiver:
        with open_store(tmp_path / "voc.duckdb") as store:
            webhook = endpoint(store, receiver)
            leave(store, 2)
        with open_store(tmp_path / "voc.duckdb") as store:
            store.current = FakeTagger().identity
            with running(store):
                calls = receiver.wait(3)
            told = [call.verified(webhook.secret) for call in calls]
    assert [said["type"] for said in told] == ["feedback.churn_cue", "feedback.churn_cue", "batch.finished"]


def test_an_answer_that_is_not_kept_sends_the_same_message_again(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    """A kill between the receiver's answer and our note of it: the id tells the receiver that it had this one."""

    def killed(*_: Any) -> None:
        raise StoreError("killed")

    with receiving() as receiver:
        webhook = endpoint(store, receiver)
        leave(store, 1)
        with monkeypatch.context() as broken:
            broken.setattr(type(store.webhooks), "settle", killed)
            with pytest.raises(StoreError):
                sender_of(store).drain(webhook.id)
        sender_of(store).drain(webhook.id)
        first, second = receiver.calls
    assert first.id == second.id == deliveries(store, webhook)[0].message_id
    assert first.body == second.body


def test_the_schedule_over_three_days_by_the_clock(store: Store) -> None:
    clock = Clock()
    began, times = clock.at, list[datetime]()
    with receiving(answer(500)) as receiver:
        webhook = endpoint(store, receiver)
        leave(store, 1)
        sender = sender_of(store, clock)
        while (state := deliveries(store, webhook)[0]).status == "waiting":
            assert state.next_attempt_at is not None
            clock.at = max(clock.at, state.next_attempt_at - timedelta(milliseconds=1))
            before = len(receiver.calls)
            if state.attempts:
                sender.drain(webhook.id)
                assert len(receiver.calls) == before  # a moment too early
            clock.at = max(clock.at, state.next_attempt_at)
            sender.drain(webhook.id)
            times.append(clock.at)
        assert len(receiver.calls) == 10
        assert len({call.id for call in receiver.calls}) == 1
        assert [int(call.headers["webhook-timestamp"]) for call in receiver.calls] == [int(at.timestamp()) for at in times]
    gaps = [later - earlier for earlier, later in pairwise(times)]
    assert gaps == list(DELAYS)
    assert times[-1] - began >= timedelta(days=3)
    assert (state.status, state.attempts, state.response_code) == ("failed", 10, 500)
    found = store.webhooks.get(webhook.id)
    assert (found.disabled_reason, found.failing_since) == ("failing", times[0])


@pytest.mark.engines
def test_attempts_are_spread() -> None:
    for attempt, delay in enumerate(DELAYS, start=1):
        ends = [delay_after(attempt, chance) for chance in (0.0, 1.0)]
        assert ends == pytest.approx([delay * (1 - JITTER), delay * (1 + JITTER)], abs=timedelta(milliseconds=1))
    assert delay_after(len(DELAYS) + 1, 0.5) is None


def test_one_success_ends_the_failing(store: Store) -> None:
    clock = Clock()
    with receiving(answer(500)) as receiver:
        webhook = endpoint(store, receiver)
        leave(store, 1)
        sender = sender_of(store, clock)
        sender.drain(webhook.id)
        assert store.webhooks.get(webhook.id).failing_since == clock.at
        receiver.respond = answer(200)
        clock.move(timedelta(days=9))
        sender.drain(webhook.id)
    found = store.webhooks.get(webhook.id)
    assert (found.failing_since, found.enabled) == (None, True)


def test_those_behind_a_refused_message_pass_it_and_those_behind_a_dead_endpoint_wait(store: Store) -> None:
    clock = Clock()
    with receiving(answer(503)) as receiver:
        webhook = endpoint(store, receiver)
        leave(store, 3)
        ids = [each.message_id for each in deliveries(store, webhook)]
        sender = sender_of(store, clock)
        sender.drain(webhook.id)
        assert [call.id for call in receiver.calls] == ids[:1]  # it is unwell: nobody else is sent
        receiver.respond = answer(400)
        clock.move(timedelta(seconds=6))
        sender.drain(webhook.id)
        assert [call.id for call in receiver.calls[1:]] == ids  # in order, and each is refused for itself
        receiver.respond = answer(204)
        clock.move(timedelta(minutes=6))
        sender.drain(webhook.id)
        assert [call.id for call in receiver.calls[4:]] == ids
    assert [each.attempts for each in deliveries(store, webhook)] == [3, 2, 2]


def test_an_endpoint_that_does_not_answer_is_let_alone_unless_it_is_woken(store: Store) -> None:
    clock = Clock()
    with receiving(answer(429, headers={"retry-after": "3600"})) as receiver:
        webhook = endpoint(store, receiver)
        leave(store, 2)
        sender = sender_of(store, clock)

        def look() -> int:
            sender.look()
            while sender._busy:
                time.sleep(0.005)
            return len(receiver.calls)

        assert look() == 1
        clock.move(timedelta(minutes=59))
        assert look() == 1
        clock.move(timedelta(minutes=2))
        assert look() == 2
        assert look() == 2
        sender.wake(webhook.id)
        assert look() == 3


def test_gone_means_gone(store: Store, caplog: pytest.LogCaptureFixture) -> None:
    with receiving(answer(410)) as receiver:
        webhook = endpoint(store, receiver)
        leave(store, 3)
        sender = sender_of(store)
        sender.drain(webhook.id)
        sender.drain(webhook.id)
        assert len(receiver.calls) == 1
        assert store.webhooks.get(webhook.id).disabled_reason == "gone"
        assert [(each.status, each.problem) for each in deliveries(store, webhook)] == [
            ("failed", None), ("failed", "disabled"), ("failed", "disabled"),
        ]  # fmt: skip
        for refused in (
            lambda: store.webhooks.try_out(webhook.id, datetime.now(UTC)),
            lambda: store.webhooks.replay(webhook.id, "d1", datetime.now(UTC)),
            lambda: store.webhooks.replay_failed(webhook.id, datetime.now(UTC), datetime.now(UTC)),
        ):
            with pytest.raises(ConflictError):
                refused()
        leave(store, 1, "پس از آن")
        assert len(deliveries(store, webhook)) == 3
    assert f"The webhook {webhook.id} is disabled (gone)." in caplog.text
    assert receiver.url not in caplog.text
    assert webhook.secret not in caplog.text


def test_a_call_under_way_when_its_endpoint_is_disabled_is_not_repeated(store: Store) -> None:
    def disable_and_fail(handler: BaseHTTPRequestHandler) -> None:
        store.webhooks.change(webhook.id, lambda each: replace(each, disabled_at=clock.at, disabled_reason="by_hand"))
        answer(500)(handler)

    clock = Clock()
    with receiving(disable_and_fail) as receiver:
        webhook = endpoint(store, receiver)
        leave(store, 2)
        sender_of(store, clock).drain(webhook.id)
        assert [(each.status, each.attempts, each.response_code, each.problem) for each in deliveries(store, webhook)] == [
            ("failed", 1, 500, "disabled"), ("failed", 0, None, "disabled"),
        ]  # fmt: skip
        store.webhooks.change(webhook.id, lambda each: replace(each, disabled_at=None, disabled_reason=None))
        clock.move(timedelta(days=1))
        assert store.webhooks.find_due(clock.at) == []


def test_what_failed_is_replayed_in_order_under_its_old_ids(store: Store) -> None:
    clock = Clock()
    with receiving(answer(410)) as receiver:
        webhook = endpoint(store, receiver)
        leave(store, 3)
        sender = sender_of(store, clock)
        sender.drain(webhook.id)
        receiver.respond = answer(204)
        store.webhooks.change(webhook.id, lambda each: replace(each, disabled_at=None, disabled_reason=None))
        assert store.webhooks.replay_failed(webhook.id, clock.at + timedelta(days=1), clock.at) == 0
        assert store.webhooks.replay_failed(webhook.id, clock.at - timedelta(days=1), clock.at) == 3
        sender.drain(webhook.id)
        ids = [each.message_id for each in deliveries(store, webhook)]
        assert [call.id for call in receiver.calls[1:]] == ids
        again = store.webhooks.replay(webhook.id, deliveries(store, webhook)[1].id, clock.at)
        assert (again.status, again.attempts) == ("waiting", 0)
        sender.drain(webhook.id)
        assert receiver.calls[-1].id == ids[1]
        with pytest.raises(NotFoundError):
            store.webhooks.replay(webhook.id, "d999", clock.at)


def test_both_secrets_sign_until_the_old_one_s_time_is_over(store: Store) -> None:
    clock = Clock()
    with receiving() as receiver:
        webhook = endpoint(store, receiver)
        new = make_secret()
        store.webhooks.rotate(webhook.id, new, clock.at + timedelta(minutes=2))
        sender = sender_of(store, clock)
        for minutes, signatures in ((0, 2), (3, 1)):
            clock.move(timedelta(minutes=minutes))
            store.webhooks.try_out(webhook.id, clock.at)
            sender.drain(webhook.id)
            call = receiver.calls[-1]
            assert call.verified(new)["type"] == "webhook.test"
            assert len(call.headers["webhook-signature"].split()) == signatures
            if signatures == 2:
                assert call.verified(webhook.secret)
    with pytest.raises(Exception, match="No matching signature"):
        receiver.calls[-1].verified(webhook.secret)


def test_of_an_erased_customer_nothing_more_is_told(store: Store) -> None:
    with receiving() as receiver:
        webhook = endpoint(store, receiver, include_text=True)
        add(store, [Feedback(f"{LEAVING} الف", 2, customer_id="الف"), Feedback(f"{LEAVING} ب", 3, customer_id="ب")])
        tag_all(store)
        store.erase_customer("الف")
        sender_of(store).drain(webhook.id)
        assert [call.verified(webhook.secret)["data"]["text"] for call in receiver.calls] == [f"{LEAVING} ب"]


def test_the_file_is_exchanged_while_a_call_is_under_way(store: Store) -> None:
    def rewrite_first(handler: BaseHTTPRequestHandler) -> None:
        store.rewrite()
        answer(204)(handler)

    with receiving(rewrite_first) as receiver:
        webhook = endpoint(store, receiver)
        leave(store, 2)
        sender = sender_of(store)
        sender.drain(webhook.id)
        leave(store, 1, "بعدی")
        sender.drain(webhook.id)
        assert len({call.id for call in receiver.calls}) == len(receiver.calls) == 3
    assert [(each.number, each.status) for each in deliveries(store, webhook)] == [(n, "delivered") for n in (1, 2, 3)]


def test_a_batch_is_told_of_once_when_it_is_finished(tmp_path: Path) -> None:
    with open_store(tmp_path / "voc.duckdb") as store, receiving() as receiver:
        leave(store, 1, "پیش از همه")
        watch = Watch(store, Setting())
        watch.look(datetime.now(UTC))
        webhook = endpoint(store, receiver, "batch.finished")
        batch = add(store, feedback(STAYING, "افتضاح بود"))
        watch.look(datetime.now(UTC))
        assert deliveries(store, webhook) == []
        store.write_tags([(2, FakeTagger().tag([STAYING])[0])])
        watch.look(datetime.now(UTC))
        assert deliveries(store, webhook) == []
        store.set_aside([SetAside(3, "…")], FakeTagger().identity)
        watch.look(datetime.now(UTC))
        watch.look(datetime.now(UTC))
        Watch(store, Setting()).look(datetime.now(UTC))
        tag_all(store, FakeTagger("fake-2"))
        watch.look(datetime.now(UTC))
        sender_of(store).drain(webhook.id)
        (call,) = receiver.calls
    assert call.verified(webhook.secret)["data"] == {
        "id": batch.id, "status": "done", "received": 2, "accepted": 2, "rejected": 0, "erased": 0, "tagged": 1,
        "links": {"self": f"/v1/batches/{batch.id}", "rejects": f"/v1/batches/{batch.id}/rejects"},
    }  # fmt: skip


def test_a_batch_that_was_deleted_and_sent_again_is_told_of_again(store: Store) -> None:
    watch = Watch(store, Setting())
    with receiving() as receiver:
        webhook = endpoint(store, receiver, "batch.finished")
        for times in (1, 2):
            batch = add(store, feedback(STAYING))
            tag_all(store)
            watch.look(datetime.now(UTC))
            assert [each.data["id"] for each in deliveries(store, webhook)] == [batch.id] * times
            store.delete_batch(batch.id)
            watch.look(datetime.now(UTC))
    assert len(deliveries(store, webhook)) == 2


def test_a_spike_is_told_once_and_looked_for_once_an_hour(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    looks: list[datetime] = []
    real = Watch._tell_spikes

    def counted(watch: Watch, now: datetime) -> None:
        looks.append(now)
        real(watch, now)

    monkeypatch.setattr(Watch, "_tell_spikes", counted)
    with open_store(tmp_path / "voc.duckdb") as store, receiving() as receiver:
        webhook = endpoint(store, receiver, "spike.found")
        watch, start = Watch(store, Setting()), datetime(2026, 5, 4, 8, tzinfo=TEHRAN)
        watch.look(start)
        add_rows(store, [*daily(30, 4, "delivery.time-"), *daily(31, 6, "price.value?"), *LATE])
        for minutes, looked in ((1, 1), (59, 1), (60, 2), (200, 2), (16 * 60, 3)):  # at 12 a day begins
            watch.look(start + timedelta(minutes=minutes))
            assert len(looks) == looked, minutes
        add_rows(store, daily(1, 1, "price.value?"), "دیگر")
        watch.look(start + timedelta(hours=18))
        assert len(looks) == 4
        sender_of(store).drain(webhook.id)
        (call,) = receiver.calls
    data = call.verified(webhook.secret)["data"]
    assert (data["code"], data["bucket"], data["direction"], data["n"]) == ("delivery.time", "1403-02-03", "up", 14)
    assert data["ratio_low"] < data["ratio"] < data["ratio_high"]
    assert data["links"]["examples"] == [f"/v1/feedback/{each}" for each in data["examples"]]
    assert len(data["examples"]) == 3
    assert "پیک" not in call.body.decode()


def test_a_kpi_is_told_of_when_it_crosses_its_target(store: Store) -> None:
    """NPS of ten promoters is 100; with thirty detractors more it is -50; with 200 promoters more (210 - 30)/240 = 75."""
    kpis = Setting(targets={"nps": Target(50, 1, -100), "csat_top2": Target(0.8, 1, 0)})
    day = datetime(2026, 5, 4, 9, tzinfo=TEHRAN)
    with receiving() as receiver:
        webhook = endpoint(store, receiver, "kpi.crossed_target")
        sender = sender_of(store, kpis=kpis)
        watch = Watch(store, kpis)
        for hours, rows in enumerate(([9], [10] * 9, [0] * 30, [1], [10] * 200)):
            add_rows(store, [row(tags(), nps=nps, occurred_at=day) for nps in rows], f"{hours}")
            watch.look(day + timedelta(hours=2 * hours))
        add_rows(store, [row(tags(), nps=0, occurred_at=day - timedelta(days=40))] * 500, "کهنه")
        watch.look(day + timedelta(hours=12))
        sender.drain(webhook.id)
        told = [call.verified(webhook.secret)["data"] for call in receiver.calls]
    assert [(said["name"], said["on_target"], said["n"], said["target"]) for said in told] == [
        ("nps", False, 40, 50), ("nps", True, 241, 50),
    ]  # fmt: skip
    assert told[0]["value"] == -50
    assert told[0]["ci_low"] < -50 < told[0]["ci_high"]
    assert (told[0]["from"], told[0]["to"]) == ("2026-04-05", "2026-05-05")
    assert told[0]["links"] == {"kpi": "/v1/kpis?names=nps&from=2026-04-05&to=2026-05-05"}


def test_a_slow_endpoint_is_in_nobody_s_way(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    """One place for slow ones is taken, the other serves all the rest; tagging and reading go on."""
    monkeypatch.setattr(sending, "AT_ONCE", 2)
    held, at_once, most = threading.Event(), [0], [0]

    def hold(handler: BaseHTTPRequestHandler) -> None:
        at_once[0] += 1
        most[0] = max(most[0], at_once[0])
        held.wait(10)
        at_once[0] -= 1
        answer(204)(handler)

    with receiving(hold) as slow, receiving() as quick:
        endpoint(store, slow)
        webhooks = [endpoint(store, quick) for _ in range(3)]
        with running(store):
            leave(store, 1)
            began = time.monotonic()
            quick.wait(3)
            leave(store, 1, "باز")
            assert store.get_feedback("f2").tags
            assert time.monotonic() - began < 8
            assert len(slow.calls) == 1
            held.set()
            slow.wait(2)
    assert most == [1]
    assert all(len(deliveries(store, webhook)) >= 1 for webhook in webhooks)


def test_no_more_endpoints_at_once_than_there_are_places(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sending, "AT_ONCE", 2)
    held = threading.Event()

    def hold(handler: BaseHTTPRequestHandler) -> None:
        held.wait(10)
        answer(204)(handler)

    with receiving(hold) as receiver:
        for _ in range(4):
            endpoint(store, receiver)
        leave(store, 1)
        sender = sender_of(store)
        for _ in range(5):
            sender.look()
        receiver.wait(2)
        time.sleep(0.1)
        assert len(receiver.calls) == 2
        held.set()
        while sender._busy:
            time.sleep(0.005)


def test_it_stops_while_an_endpoint_hangs(tmp_path: Path) -> None:
    def hang(_: BaseHTTPRequestHandler) -> None:
        time.sleep(3)

    with receiving(hang) as receiver:
        with open_store(tmp_path / "voc.duckdb") as store:
            webhook = endpoint(store, receiver, "feedback.churn_cue")
            leave(store, 1)
            sender = Sender(store, Watch(store, Setting()), private=True)
            sender.start()
            receiver.wait(1)
            began = time.monotonic()
            sender.stop(0.3)
            assert time.monotonic() - began < 1
        time.sleep(3.2)  # the call ends; nothing of it is written to a closed store
        with open_store(tmp_path / "voc.duckdb") as store:
            assert [(each.status, each.attempts) for each in deliveries(store, webhook)] == [("waiting", 0)]


def test_faults_end_no_thread(store: Store, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture) -> None:
    def quoting(*_: Any, **__: Any) -> None:
        raise RuntimeError(LEAVING)

    with receiving() as receiver:
        webhook = endpoint(store, receiver)
        leave(store, 1)
        clock = Clock()
        sender = sender_of(store, clock)
        with monkeypatch.context() as broken, caplog.at_level(logging.DEBUG):
            broken.setattr(sending, "post", quoting)
            broken.setattr(Watch, "_tell_finished", quoting)
            sender.look()
            while sender._busy:
                time.sleep(0.005)
        assert "A webhook was not sent (RuntimeError at " in caplog.text
        assert "Not everything was found that webhooks tell of (RuntimeError at " in caplog.text
        clock.move(timedelta(minutes=2))
        sender.look()
        receiver.wait(1)
        while sender._busy:
            time.sleep(0.005)
        assert deliveries(store, webhook)[0].status == "delivered"


def test_old_deliveries_go_and_those_of_endpoints_that_are_gone(store: Store) -> None:
    clock = Clock()
    with receiving() as receiver:
        webhook, gone = endpoint(store, receiver), endpoint(store, receiver)
        leave(store, 1)
        sender = sender_of(store, clock)
        sender.drain(webhook.id)
        store.webhooks.remove(gone.id)
        clock.move(timedelta(days=29))
        store.webhooks.trim(clock.at)
        assert len(deliveries(store, webhook)) == 1
        clock.move(timedelta(days=2))
        store.webhooks.try_out(webhook.id, clock.at)
        store.webhooks.trim(clock.at)
        assert [each.event for each in deliveries(store, webhook)] == ["webhook.test"]
        assert store.select("SELECT count(*) FROM webhook_delivery", {}) == [(1,)]


@pytest.mark.parametrize("respond", [answer(301, headers={"location": "http://127.0.0.1/"}), answer(404), answer(500)])
def test_only_two_hundred_and_something_is_delivered(store: Store, respond: Respond) -> None:
    with receiving(respond) as receiver:
        webhook = endpoint(store, receiver)
        leave(store, 1)
        sender_of(store).drain(webhook.id)
        (state,) = deliveries(store, webhook)
    assert (state.status, state.attempts) == ("waiting", 1)
    assert state.response_code in (301, 404, 500)
