"""Order: messages of one chat one after the other, chats beside each other.

Texts that arrive within half a second are one question: people write in bursts and forward several
messages at once.
"""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from typing import Generic, TypeVar

BURST_SECONDS = 0.5
MAX_BURST = 100  # messages joined into one question

T = TypeVar("T")


@dataclass
class _Waiting(Generic[T]):
    item: T
    done: asyncio.Future[None] = field(
        default_factory=lambda: asyncio.get_running_loop().create_future()
    )


class ChatQueue(Generic[T]):
    """Runs `process` on each chat's items in order; `joins` tells which items wait for more."""

    def __init__(
        self,
        process: Callable[[Sequence[T]], Awaitable[None]],
        joins: Callable[[T], bool],
        burst_seconds: float = BURST_SECONDS,
    ) -> None:
        self._process = process
        self._joins = joins
        self._burst_seconds = burst_seconds
        self._queues: dict[int, asyncio.Queue[_Waiting[T]]] = {}
        self._workers: dict[int, asyncio.Task[None]] = {}

    async def put(self, chat: int, item: T) -> None:
        """Returns when the item has been processed; raises what processing it raised."""
        waiting = _Waiting(item)
        queue = self._queues.setdefault(chat, asyncio.Queue())
        queue.put_nowait(waiting)
        if chat not in self._workers:
            self._workers[chat] = asyncio.create_task(self._work(chat, queue))
        await waiting.done

    async def _work(self, chat: int, queue: asyncio.Queue[_Waiting[T]]) -> None:
        carried: _Waiting[T] | None = None
        while carried or not queue.empty():
            batch = [carried or queue.get_nowait()]
            carried = None
            if self._joins(batch[0].item):
                carried = await self._gather(batch, queue)
            await self._run(batch)
        # No await between the check above and this: an item that comes later starts a new worker.
        del self._workers[chat], self._queues[chat]

    async def _gather(
        self, batch: list[_Waiting[T]], queue: asyncio.Queue[_Waiting[T]]
    ) -> _Waiting[T] | None:
        """Add to the batch what belongs to it; give back the item that does not, if one came."""
        while len(batch) < MAX_BURST:
            try:
                following = await asyncio.wait_for(queue.get(), self._burst_seconds)
            except TimeoutError:
                return None
            if not self._joins(following.item):
                return following
            batch.append(following)
        return None

    async def _run(self, batch: Sequence[_Waiting[T]]) -> None:
        try:
            await self._process([waiting.item for waiting in batch])
        except Exception as error:  # noqa: BLE001 - handed to whoever waits for the item
            for waiting in batch:
                if not waiting.done.done():
                    waiting.done.set_exception(error)
        else:
            for waiting in batch:
                if not waiting.done.done():
                    waiting.done.set_result(None)
