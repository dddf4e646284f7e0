"""Texts as they were before masking, sealed with a key that is not in the database; none is kept where there is no key."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Final

from voc.errors import ConflictError, NotFoundError
from voc.records import Feedback
from voc.store.database import Session

if TYPE_CHECKING:
    from cryptography.fernet import Fernet

_SETTING: Final = "VOC_ORIGINALS_KEY"


def open_seal(key: str) -> "Fernet | None":
    """What seals and unseals with a Fernet key; None without one. Raises ValueError where it is no such key."""
    if not key:
        return None
    from cryptography.fernet import Fernet

    return Fernet(key)


def original_columns(rows: Sequence[Feedback], first_seq: int, seal: "Fernet") -> dict[str, Sequence[Any]]:
    """The columns of table original: one row for each of `rows` that masking changed; none where there is none."""
    kept = [(seq, row.original) for seq, row in enumerate(rows, first_seq) if row.original is not None]
    if not kept:
        return {}
    return {"seq": [seq for seq, _ in kept], "sealed": [seal.encrypt(original.encode()) for _, original in kept]}


def read_original(session: Session, seq: int, seal: "Fernet | None") -> str:
    """The text of a row before masking. Raises NotFoundError where none is kept, ConflictError where the key is not its own."""
    found = session.query("SELECT sealed FROM original WHERE seq = $seq", {"seq": seq})
    if not found:
        raise NotFoundError("No original of this text is kept: masking changed nothing, or no key was set then.", field="id")
    if seal is None:
        raise ConflictError(f"Originals are sealed, and no key is set ({_SETTING}).", code="no_originals_key", field=_SETTING)
    return _unseal(seal, found[0][0])


def _unseal(seal: "Fernet", sealed: bytes) -> str:
    from cryptography.fernet import InvalidToken

    try:
        return seal.decrypt(sealed).decode()
    except InvalidToken as error:
        message = f"This original was sealed with another key than that of {_SETTING}. Start with the one that was set then."
        raise ConflictError(message, code="other_originals_key", field=_SETTING) from error
