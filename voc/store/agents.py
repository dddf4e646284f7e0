"""How agents are named: by a pseudonym that stays theirs, or by their id.

Whoever reads figures of agents needs to tell them apart, and seldom to know who they are. So table agent has a name for each,
by which records, groups and filters know them; only the rows themselves have the id.
"""

from typing import Final

from voc.access import pseudonym
from voc.store.audit import audit_secret
from voc.store.changes import start_anew
from voc.store.database import Database, Session

AGENT: Final = "کارشناس"
LEAST_DIGITS: Final = 4  # tells a few hundred agents apart; where two would have the same, the later one gets more


def choose_names(database: Database, *, show: bool) -> None:
    """Have all agents shown by their ids or by their pseudonyms, from now on."""
    with database.reading() as session:
        ((shown,),) = session.query("SELECT agents_shown FROM store_state")
    if shown is show:
        return
    with database.writing("arrivals", "taggings", "accesses", "numbering") as session:
        audit_secret(session)  # made here, before anyone else could make another
        session.run("UPDATE store_state SET agents_shown = $show", {"show": show})
        session.run("UPDATE agent SET shown_as = CASE WHEN $show THEN agent_id ELSE pseudonym END", {"show": show})
        learn_agents(session)
        start_anew(session)  # every record with an agent is another now


def learn_agents(session: Session, first_seq: int = 0) -> None:
    """Name the agents of the rows from this number on who have no name yet."""
    new = session.query(
        "SELECT DISTINCT agent_id FROM feedback WHERE seq >= $first AND agent_id IS NOT NULL"
        " AND agent_id NOT IN (SELECT agent_id FROM agent) ORDER BY agent_id",
        {"first": first_seq},
    )
    if not new:
        return
    ((shown,),) = session.query("SELECT agents_shown FROM store_state")
    secret, taken = audit_secret(session), {name for (name,) in session.query("SELECT pseudonym FROM agent")}
    ids, names = [agent_id for (agent_id,) in new], list[str]()
    for agent_id in ids:
        names.append(_free_name(pseudonym(secret, f"agent {agent_id}")[1:], taken))
        taken.add(names[-1])
    session.insert("agent", {"agent_id": ids, "pseudonym": names, "shown_as": ids if shown else names})


def forget_agents(session: Session) -> None:
    """Remove the names of agents of whom no row is left."""
    session.run("DELETE FROM agent WHERE NOT EXISTS (SELECT 1 FROM feedback f WHERE f.agent_id = agent.agent_id)")


def _free_name(digits: str, taken: set[str]) -> str:
    names = (f"{AGENT} {digits[:length]}" for length in range(LEAST_DIGITS, len(digits) + 1))
    return next(name for name in names if name not in taken)
