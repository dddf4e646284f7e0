"""Tags what waits: `pending rows → chunks → workers → tags stored`, or straight from rows to tags without a store."""

from voc.engine.engine import Engine
from voc.engine.keeper import Keeper
from voc.engine.pool import WorkerPool
from voc.engine.progress import Progress
from voc.engine.stream import tag_stream

__all__ = ["Engine", "Keeper", "Progress", "WorkerPool", "tag_stream"]
