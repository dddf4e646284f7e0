"""The store that the settings name, for all who need no more than it."""

from typing import TYPE_CHECKING

from voc.settings import Settings

if TYPE_CHECKING:
    from voc.store import Store


def open_database(settings: Settings, *, originals: bool = False) -> "Store":
    """The store at VOC_DATABASE, made if it is not there; `originals` for whoever takes in texts, or shows them unmasked.

    Raises StoreError that says what to do where it cannot be used.
    """
    from voc.store import Store

    return Store.open(
        settings.database,
        zone=settings.zone,
        show_agents=settings.show_agents,
        originals_key=settings.originals_key.get_secret_value() if originals else "",
    )
