"""Agents in records, groups and filters: by stable pseudonyms, or by their ids where that is asked for."""

from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest

from tests.ledger import TEHRAN, on
from tests.stores import BEFORE_CHANGES, add, database, tag_all
from voc.kpis import Setting, compute_kpis
from voc.records import Feedback
from voc.store import Filters, Store, agents
from voc.trends import compute_trend

pytestmark = pytest.mark.usefixtures("engine")

IDS = ("ک-۷", "ک-۹", "سارا رضایی")


def rows(*ids: str | None) -> list[Feedback]:
    return [
        Feedback("پیک دیر اومد", line, agent_id=agent_id, nps=line % 11, occurred_at=on("1403-01-05"))
        for line, agent_id in enumerate(ids, 2)
    ]


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "voc.duckdb"


@pytest.fixture
def store(path: Path) -> Iterator[Store]:
    with opened(path) as store:
        yield store


def opened(path: Path, *, show: bool = False) -> Store:
    return Store.open(database(path), zone=TEHRAN, show_agents=show)


def shown(store: Store) -> list[str | None]:
    return [row.feedback.agent_id for row in store.stream_feedback(Filters())]


def groups(store: Store) -> list[str | None]:
    return [row.group for row in compute_kpis(store, ["nps"], group="agent")]


def stored_names(store: Store) -> Sequence[tuple[str, str]]:
    return [(agent_id, name) for agent_id, name in store.select("SELECT agent_id, shown_as FROM agent ORDER BY 1", {})]


def test_one_name_everywhere(store: Store) -> None:
    add(store, rows(*IDS, IDS[0], None))
    tag_all(store)
    names = shown(store)
    assert len({*names}) == 4
    assert names[0] == names[3]
    assert names[4] is None
    assert all(name.startswith("کارشناس ") and len(name) == 12 and not {*IDS} & {name} for name in names if name)
    assert [row.feedback.agent_id for row in store.find_feedback(Filters()).items] == names[::-1]
    assert store.get_feedback("f2").feedback.agent_id == names[1]
    assert groups(store) == [*sorted({name for name in names if name}), None]
    for measure in ("volume", "reasons", "sentiment"):
        trend = compute_trend(store, measure, group="agent_id")
        assert {row.group for row in trend} == {*names}
    (crr, *_) = compute_kpis(store, ["crr"], bucket="month", group="agent")
    assert crr.group in names


def test_filters_take_the_name_and_not_the_id(store: Store) -> None:
    add(store, rows(*IDS, IDS[0]))
    name = shown(store)[0]
    assert name
    assert [row.feedback.line for row in store.stream_feedback(Filters(agent=(name,)))] == [2, 5]
    assert not list(store.stream_feedback(Filters(agent=(IDS[0],))))
    (nps,) = compute_kpis(store, ["nps"], filters=Filters(agent=(name, "کارشناس ۰۰۰۰")), setting=Setting(agent_min_n=2))
    assert nps.n == 2
    assert sum(row.n for row in compute_trend(store, "volume", filters=Filters(agent=(name,)))) == 2


def test_names_stay_when_others_come_and_the_service_starts_again(path: Path) -> None:
    with opened(path) as store:
        add(store, rows(IDS[1]), "یک.csv")
        (first,) = shown(store)
        add(store, rows(*IDS), "دو.csv")
        before = shown(store)
        assert before[0] == before[2] == first
    with opened(path, show=True) as store:
        assert shown(store) == [IDS[1], *IDS]
        assert groups(store) == sorted(IDS)
        assert len(list(store.stream_feedback(Filters(agent=(IDS[0],))))) == 1
        add(store, rows("ک-۱۰"), "سه.csv")
    with opened(path) as store:
        assert shown(store)[:4] == before
        assert shown(store)[4] not in (*before, "ک-۱۰")


def test_each_database_has_names_of_its_own(tmp_path: Path) -> None:
    found = []
    for name in ("a", "b"):
        with opened(tmp_path / f"{name}.duckdb") as store:
            add(store, rows(*IDS))
            found.append(shown(store))
    assert found[0] != found[1]


def test_two_agents_never_share_a_name(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(agents, "pseudonym", lambda _secret, value: "h3f2a" + f"{len(value):012x}")
    add(store, rows("a", "bb", "ccc"))
    assert shown(store)[0] == "کارشناس 3f2a"
    assert len({*shown(store)}) == 3
    assert len(groups(store)) == 3


def test_who_has_no_rows_left_has_no_name_left(store: Store) -> None:
    batch = add(store, rows(*IDS), "یک.csv")
    add(store, rows(IDS[0]), "دو.csv")
    store.delete_batch(batch.id)
    assert [agent_id for agent_id, _ in stored_names(store)] == [IDS[0]]


@pytest.mark.engines("duckdb")
def test_agents_of_an_older_database_are_named_when_it_is_opened(path: Path) -> None:
    with opened(path) as store:
        add(store, rows(*IDS))
        with store._database.writing() as session:
            session.run(BEFORE_CHANGES)
            session.run("DROP TABLE original; DROP TABLE agent; ALTER TABLE store_state DROP COLUMN agents_shown")
            session.run("DELETE FROM schema_version WHERE version > 5")
    with opened(path) as store:
        assert len({*shown(store)} - {*IDS}) == 3


def test_nobody_is_judged_on_a_few_calls(store: Store) -> None:
    add(store, rows(*[IDS[0]] * 10, *[IDS[1]] * 9, None))
    by_name = {row.group: row for row in compute_kpis(store, ["nps"], group="agent")}
    ten, nine = by_name[shown(store)[0]], by_name[shown(store)[10]]
    assert (ten.n, ten.null_reason, ten.rank) == (10, None, 1)
    assert (nine.value, nine.ci_low, nine.rank, nine.n, nine.null_reason) == (None, None, None, 9, "below_min_n")
    (alone,) = compute_kpis(store, ["nps"], filters=Filters(agent=(nine.group or "",)))
    assert alone.null_reason == "below_min_n"
    strict = compute_kpis(store, ["nps"], group="agent", min_n=11, setting=Setting(agent_min_n=2))
    assert {row.null_reason for row in strict} == {"below_min_n"}
    assert [row.null_reason for row in compute_kpis(store, ["nps"], group="channel")] == [None]
