"""Tags what waits: `pending rows → chunks → workers → tags stored`, or straight from rows to tags without a store."""

from voc.engine.at_once import Pool
from voc.engine.engine import Engine
from voc.engine.keeper import Keeper
from voc.engine.pool import WorkerPool, open_pool
from voc.engine.progress import Progress
from voc.engine.stream import tag_stream

__all__ = ["Engine", "Keeper", "Pool", "Progress", "WorkerPool", "open_pool", "tag_stream"]
