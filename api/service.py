"""What a running service consists of, handed to every route: settings, store, engine, and the one who tags at once."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Annotated

from fastapi import Depends, Request

from api.access import Access
from api.recent import RecentAnswers
from voc.engine import Engine, Keeper
from voc.kpis import Setting
from voc.settings import Settings
from voc.store import Store
from voc.tagging import ModelIdentity, Tagger
from voc.webhooks.sender import Sender


@dataclass(frozen=True, slots=True)
class Service:
    """The parts of a running service; `tagger` waits for its answer, so call it in a thread. `kpis` has no `now` yet."""

    settings: Settings
    store: Store
    engine: Engine
    keeper: Keeper
    webhooks: Sender
    identity: ModelIdentity
    tagger: Tagger
    model_loaded: Callable[[], bool]
    kpis: Setting
    access: Access
    recent: RecentAnswers

    @property
    def kpi_setting(self) -> Setting:
        """What stands beside the data when KPIs are computed at this moment."""
        return replace(self.kpis, now=datetime.now(self.store.zone))


async def get_service(request: Request) -> Service:
    """The service of this application."""
    service: Service = request.app.state.service
    return service


Running = Annotated[Service, Depends(get_service)]
