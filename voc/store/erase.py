"""Takes rows out for good: a customer's, or those of an age, with all that came of them.

A batch keeps the counts of what arrived (received = accepted + rejected) and says beside them how many rows were erased
since. Deleted words stand in unused blocks of the file until it is written anew, so every deletion notes that this is due.
"""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Final

from voc.errors import NotFoundError
from voc.store.agents import forget_agents
from voc.store.changes import NewChange
from voc.store.database import Session
from voc.store.effective import ANSWER_TABLES

# ruff: noqa: S608  the SQL is put together from our own words, values go in as parameters

ROW_TABLES: Final = (
    *ANSWER_TABLES, "set_aside", "correction", "judged", "turn", "conversation", "original", "webhook_delivery", "feedback",
)  # fmt: skip
"""All tables that have rows by `seq`; feedback is the last, for the others' rows are found through it."""

_OF_CUSTOMER: Final = "SELECT seq FROM feedback WHERE customer_id = ANY($spellings)"
_SPELLINGS: Final = (
    "SELECT DISTINCT customer_id FROM feedback"
    " WHERE translate(customer_id, $written, $read) = translate($customer, $written, $read)"
)
_UNSEEN: Final = "\u200c\u200d\u200e\u200f"  # half-spaces and marks of direction: `translate` drops what has no counterpart
_ALIKE: Final = {"written": "۰۱۲۳۴۵۶۷۸۹٠١٢٣٤٥٦٧٨٩０１２３４５６７８９" + _UNSEEN, "read": "0123456789" * 3}
_OLDER: Final = (
    "SELECT f.seq FROM feedback f JOIN batch b ON b.id = f.batch_id WHERE coalesce(f.occurred_at, b.created_at) < $before"
)


def erase_customer(session: Session, customer_id: str, new_change: NewChange) -> int:
    """Remove all rows of a customer, in whatever digits and with whatever half-spaces they have the id; how many there were.

    Raises NotFoundError, which does not repeat the id, where none is.
    """
    spellings = [each for (each,) in session.query(_SPELLINGS, {"customer": customer_id.strip(), **_ALIKE})]
    if not spellings:
        raise NotFoundError("No stored row has this customer id.", field="customer_id")
    return _erase(session, _OF_CUSTOMER, {"spellings": spellings}, new_change)


def erase_older(session: Session, before: datetime, new_change: NewChange) -> int:
    """Remove all rows of before that moment, by their own time or else that of their arrival; how many there were."""
    return _erase(session, _OLDER, {"before": before}, new_change)


def bury_rows(session: Session, condition: str, parameters: Mapping[str, object], new_change: NewChange) -> None:
    """Remove the rows with these numbers from all tables, and leave their numbers for those who follow the changes."""
    if not session.query(f"SELECT 1 FROM feedback WHERE {condition} LIMIT 1", parameters):
        return
    session.run(
        f"INSERT INTO tombstone (gone_seq, change) SELECT seq, $change FROM feedback WHERE {condition}",
        {**parameters, "change": new_change()},
    )
    for table in ROW_TABLES:
        session.run(f"DELETE FROM {table} WHERE {condition}", parameters)


def note_deletion(session: Session) -> None:
    """Note that the file is to be written anew, from the first deletion that it has not been since."""
    session.run("UPDATE store_state SET rewrite_due_since = $now WHERE rewrite_due_since IS NULL", {"now": datetime.now(UTC)})


def rewrite_due_since(session: Session) -> datetime | None:
    """The first deletion since the file was last written anew; None where there was none."""
    ((since,),) = session.query("SELECT rewrite_due_since FROM store_state")
    return None if since is None else since.astimezone(UTC)


def _erase(session: Session, chosen: str, parameters: Mapping[str, object], new_change: NewChange) -> int:
    ((rows,),) = session.query(f"SELECT count(*) FROM feedback WHERE seq IN ({chosen})", parameters)
    if not rows:
        return 0
    session.run(
        "UPDATE batch SET erased = erased + (SELECT count(*) FROM feedback r WHERE r.batch_id = batch.id"
        f" AND r.seq IN ({chosen})) WHERE id IN (SELECT batch_id FROM feedback WHERE seq IN ({chosen}))",
        parameters,
    )
    bury_rows(session, f"seq IN ({chosen})", parameters, new_change)
    forget_agents(session)
    note_deletion(session)
    return int(rows)
