"""Ray, for the service: a process of its own that is the cluster's driver and keeps a tagger on every processor there.

Not in the service's process: Ray ends a driver that has lost its cluster, and the API must go on answering. Each tagger is an
actor that Ray never restarts and no call is ever repeated by Ray: who tried a chunk, and how often, is known here and in
`voc.engine.attempts`, where a row that kills is told from a node that went away.
"""

import asyncio
import logging
import os
import signal
import socket
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from multiprocessing.connection import Connection
from queue import SimpleQueue
from threading import Thread
from typing import Any, Final, Literal, cast

from voc.engine.crew import Item
from voc.engine.worker import Answer, Load, answer, load_for_one_core
from voc.errors import ClusterError, VocError, whereabouts
from voc.records import Tags
from voc.tagging import ModelIdentity, Tagger

REACH_TIMEOUT_S: Final = 5.0
LOOK_EVERY_S: Final = 2.0  # for nodes that have come
PATIENCE_S: Final = 30.0  # without any tagger, until whoever waits is told
TRY_AGAIN_S: Final = 10.0
MOST_LOSSES: Final = 3  # nodes that may go away under a chunk before it is taken for the cause
QUIET: Final = {
    "RAY_USAGE_STATS_ENABLED": "0",
    "RAY_SCHEDULER_EVENTS": "0",
    "RAY_DATA_DISABLE_PROGRESS_BARS": "1",
}


@dataclass(order=True, frozen=True, slots=True)
class Job:
    """A chunk to tag; those of lower rank go first, then the older."""

    rank: int
    number: int
    items: tuple[Item, ...] = field(compare=False)
    losses: int = field(compare=False, default=0)


@dataclass(frozen=True, slots=True)
class Orders:
    """What a foreman is to do; `workers` is how many taggers to keep, 0 for one per processor of the cluster."""

    address: str
    model: str
    workers: int
    load: Load
    identity: ModelIdentity
    chunk_timeout_s: float


Asked = Job | Literal["drop", "end"]
Told = (
    tuple[Literal["tags"], int, list[Tags]]
    | tuple[Literal["failed"], int, str]
    | tuple[Literal["dropped"], int]
    | tuple[Literal["crew"], int, int]
    | tuple[Literal["note", "stuck"], str]
)
"""The tags of a job, why it has none, or that nobody will begin it; how many taggers there are and how many were replaced;
what went wrong at one of them, or at all.
"""


def connect(address: str) -> Any:
    """Ray itself, connected to the cluster of that address, or with one of this machine alone where it is `local`.

    Nothing that workers print comes here, no dashboard is started and no statistics of use are sent. Raises ClusterError.
    """
    _check_reach(address)
    for name, value in QUIET.items():
        os.environ.setdefault(name, value)
    import ray

    started_here = {"include_dashboard": False} if address == "local" else {}
    try:
        ray.init(address=address, log_to_driver=False, logging_level=logging.ERROR, **started_here)
    except (OSError, RuntimeError, ValueError) as error:
        raise ClusterError(f"{unreachable(address)}: {type(error).__name__} from Ray.") from error
    return ray


def _check_reach(address: str) -> None:
    """Ray itself tries for minutes before it says that nobody is there."""
    host, colon, port = address.removeprefix("ray://").rpartition(":")
    if not (colon and port.isdecimal()):
        return
    try:
        socket.create_connection((host.strip("[]"), int(port)), REACH_TIMEOUT_S).close()
    except OSError as error:
        raise ClusterError(f"{unreachable(address)}: {error.strerror or 'it does not answer'}.") from error


def unreachable(address: str) -> str:
    """How a message about a cluster that is not there begins."""
    return f"The Ray cluster at {address} cannot be used"


def oversee(pipe: Connection, orders: Orders) -> None:
    """The life of the foreman's process, which ends with the service or the cluster."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    asyncio.run(_Foreman(pipe, orders).run())


class RemoteTagger:
    """What runs in the cluster, as an actor. It raises nothing: Ray logs what is raised, and it might quote a customer."""

    def __init__(self, model: str, load: Load) -> None:
        self._model = model
        self._load = load
        self._tagger: Tagger | None = None

    def begin(self) -> tuple[str, Answer]:
        """The node that it is on, and the model that it has loaded."""
        import ray

        node = ray.get_runtime_context().get_node_id()
        try:
            self._tagger = load_for_one_core(self._model, self._load)
        except VocError as error:
            return node, ("failed", error.message)
        return node, ("ready", self._tagger.identity)

    def tag(self, items: Sequence[Item]) -> Answer:
        """The tags of a chunk."""
        return answer(cast("Tagger", self._tagger), items)


class _Foreman:
    def __init__(self, pipe: Connection, orders: Orders) -> None:
        self._pipe = pipe
        self._orders = orders
        self._jobs: asyncio.PriorityQueue[Job] = asyncio.PriorityQueue()
        self._to_tell: SimpleQueue[Told] = SimpleQueue()
        self._seats: list[asyncio.Task[None]] = []
        self._ready = self._replaced = self._failing = 0
        self._problem = ""
        self._ray: Any = None
        self._ended = asyncio.Event()

    async def run(self) -> None:
        """Work until the service says that it is over, or is gone."""
        asyncio.get_running_loop().add_reader(self._pipe.fileno(), self._hear)
        teller = Thread(target=self._tell_all, daemon=True)  # a full pipe must not keep this process from reading
        teller.start()
        watch = asyncio.create_task(self._watch())
        await asyncio.wait((watch, asyncio.create_task(self._ended.wait())), return_when=asyncio.FIRST_COMPLETED)
        if watch.done() and (error := watch.exception()):
            told = (
                error.message if isinstance(error, VocError) else f"{unreachable(self._orders.address)}: {whereabouts(error)}."
            )
            self._to_tell.put(("stuck", told))
            while not self._to_tell.empty():
                await asyncio.sleep(0.01)
            await asyncio.sleep(0.1)
        os._exit(0)  # the cluster ends what belongs to a driver that is gone

    def _hear(self) -> None:
        try:
            asked: Asked = self._pipe.recv()
        except (EOFError, OSError):
            asked = "end"
        if asked == "end":
            self._ended.set()
        elif asked == "drop":
            waiting = self._take_all()
            for job in waiting:
                if job.rank:
                    self._to_tell.put(("dropped", job.number))
                else:
                    self._jobs.put_nowait(job)
        else:
            self._jobs.put_nowait(asked)

    def _tell_all(self) -> None:
        try:
            while True:
                self._pipe.send(self._to_tell.get())
        except OSError:  # the service is gone, which `_hear` hears too
            return

    def _take_all(self) -> list[Job]:
        return [self._jobs.get_nowait() for _ in range(self._jobs.qsize())]

    async def _watch(self) -> None:
        """Take a seat for a tagger on every processor that there is; one whose node is lost is filled when another comes."""
        self._ray = await asyncio.to_thread(connect, self._orders.address)
        without_s = 0.0  # a tagger
        while True:
            nodes = await self._nodes()
            processors = sum(int(each["Resources"].get("CPU", 0)) for each in nodes)
            for _ in range((self._orders.workers or processors) - len(self._seats)):
                self._seats.append(asyncio.create_task(self._keep_seat()))
            without_s = 0.0 if self._ready or self._jobs.empty() else without_s + LOOK_EVERY_S
            if without_s >= PATIENCE_S:
                self._give_up()
            for seat in self._seats:
                if seat.done():
                    seat.result()  # raises the fault in this program that ended it
            await asyncio.sleep(LOOK_EVERY_S)

    async def _nodes(self) -> list[dict[str, Any]]:
        nodes: list[dict[str, Any]] = await asyncio.to_thread(self._ray.nodes)
        return [each for each in nodes if each["Alive"]]

    async def _keep_seat(self) -> None:
        hire = self._ray.remote(RemoteTagger).options(
            num_cpus=1, max_restarts=0, max_task_retries=0, scheduling_strategy="SPREAD"
        )
        while True:
            actor = hire.remote(self._orders.model, self._orders.load)
            try:
                node, (_, said) = await _answer_of(actor.begin.remote())
            except self._ray.exceptions.RayError as error:
                said, node = f"a tagger did not start ({type(error).__name__})", ""
            if said == self._orders.identity:
                self._count(ready=+1)
                await self._work(actor, node)
                self._count(ready=-1, replaced=+1)
            else:
                self._note(str(said) if isinstance(said, str) else f"a node has the model {said}, not {self._orders.identity}")
                self._failing += 1
                if self._failing == len(self._seats):
                    self._give_up()
                await asyncio.sleep(TRY_AGAIN_S)
                self._failing -= 1
            self._ray.kill(actor)

    async def _work(self, actor: Any, node: str) -> None:
        """Until the actor is of no more use."""
        while True:
            job = await self._jobs.get()
            try:
                async with asyncio.timeout(self._orders.chunk_timeout_s):
                    kind, said = await _answer_of(actor.tag.remote(job.items))
            except TimeoutError:
                self._fail(job, f"a tagging process took longer than {self._orders.chunk_timeout_s:g} s")
                return
            except self._ray.exceptions.RayError as error:
                if job.losses < MOST_LOSSES and await self._is_lost(node, error):
                    self._jobs.put_nowait(replace(job, losses=job.losses + 1))
                else:
                    self._fail(job, "a tagging process of the cluster died")
                return
            if kind == "tags":
                self._to_tell.put(("tags", job.number, said))
            else:
                self._fail(job, f"the tagger raised {said}")

    async def _is_lost(self, node: str, error: Exception) -> bool:
        """Whether the actor went with its node; one that is only out of reach is on a node of which Ray does not know yet."""
        out_of_reach = isinstance(error, self._ray.exceptions.ActorUnavailableError)
        return out_of_reach or all(each["NodeID"] != node for each in await self._nodes())

    def _fail(self, job: Job, reason: str) -> None:
        self._to_tell.put(("failed", job.number, reason))

    def _count(self, ready: int = 0, replaced: int = 0) -> None:
        self._ready += ready
        self._replaced += replaced
        self._problem = "" if ready > 0 else self._problem
        self._to_tell.put(("crew", self._ready, self._replaced))

    def _note(self, problem: str) -> None:
        """Tell what is wrong with a tagger, once."""
        if problem != self._problem:
            self._problem = problem
            self._to_tell.put(("note", problem))

    def _give_up(self) -> None:
        """Tell all that wait; they try again when they like."""
        reason = (self._problem or "no processor is free for a tagger").removesuffix(".")
        self._take_all()
        self._to_tell.put(("stuck", f"The Ray cluster at {self._orders.address} tags nothing: {reason}."))


async def _answer_of(reference: Any) -> Any:
    return await asyncio.wrap_future(reference.future())
