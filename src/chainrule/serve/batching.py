"""Requests that arrive together share one forward pass."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextvars import Context, copy_context
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

WINDOW = 0.002  # seconds that a forward pass waits for requests which are being read
MOST_ROWS = 1024  # of a forward pass, so that a large request keeps nobody waiting for long


class _Waiting(NamedTuple):
    X: NDArray[Any]
    outputs: asyncio.Future[NDArray[Any]]
    context: Context  # errors are told in the language of the request that they belong to


class Batcher:
    """Lets a network predict for several requests at a time, in one thread beside the event loop.

    Parameters
    ----------
    predict
        From inputs of shape (examples, ...) to outputs.
    note
        Called with the number of requests and of examples in each forward pass.

    Attributes
    ----------
    coming
        How many requests are being read: a forward pass waits a moment for them.
    """

    def __init__(
        self, predict: Callable[[NDArray[Any]], NDArray[Any]], note: Callable[[int, int], None] = lambda *_: None
    ) -> None:
        self._predict, self._note = predict, note
        self._waiting: list[_Waiting] = []
        self._thread = ThreadPoolExecutor(1, "chainrule-serve")
        self._work: asyncio.Task[None] | None = None
        self.coming = 0

    async def outputs(self, X: NDArray[Any]) -> NDArray[Any]:
        """Return the outputs for some examples; an error of theirs is raised here, and nowhere else."""
        waiting = _Waiting(X, asyncio.get_running_loop().create_future(), copy_context())
        self._waiting.append(waiting)
        if self._work is None:
            self._work = asyncio.create_task(self._answer_all())
        return await waiting.outputs

    async def _answer_all(self) -> None:
        try:
            while self._waiting:
                if self.coming:
                    await asyncio.sleep(WINDOW)
                if batch := self._next():
                    await asyncio.get_running_loop().run_in_executor(self._thread, self._answer, batch)
        finally:
            self._work = None

    def _next(self) -> list[_Waiting]:
        """Take the oldest request, and what goes into one array with it."""
        batch: list[_Waiting] = []
        others: list[_Waiting] = []
        rows = 0
        for waiting in self._waiting:
            if waiting.outputs.done():  # nobody waits for it any more
                continue
            fits = not batch or (
                rows + len(waiting.X) <= MOST_ROWS
                and waiting.X.shape[1:] == batch[0].X.shape[1:]
                and waiting.X.dtype == batch[0].X.dtype
            )
            (batch if fits else others).append(waiting)
            rows += len(waiting.X) if fits else 0
        self._waiting = others
        return batch

    def _answer(self, batch: list[_Waiting]) -> None:
        results = self._results(batch)
        batch[0].outputs.get_loop().call_soon_threadsafe(self._deliver, batch, results)

    def _results(self, batch: list[_Waiting]) -> list[Any]:
        """Return outputs or an error for each request."""
        if len(batch) > 1:
            try:
                P = self._predict(np.concatenate([waiting.X for waiting in batch]))
            except Exception:  # of one of them, which is told below
                pass
            else:
                return np.split(P, np.cumsum([len(waiting.X) for waiting in batch])[:-1])
        return [waiting.context.run(self._alone, waiting.X) for waiting in batch]

    def _alone(self, X: NDArray[Any]) -> Any:
        try:
            return self._predict(X)
        except Exception as error:
            return error

    def _deliver(self, batch: list[_Waiting], results: list[Any]) -> None:
        self._note(len(batch), sum(len(waiting.X) for waiting in batch))
        for waiting, result in zip(batch, results, strict=True):
            if waiting.outputs.done():
                continue
            if isinstance(result, Exception):
                waiting.outputs.set_exception(result)
            else:
                waiting.outputs.set_result(result)

    def close(self) -> None:
        """Let go of the thread."""
        self._thread.shutdown(wait=False)
