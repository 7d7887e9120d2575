"""The application: which path does what, and how errors are answered."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Callable
from concurrent.futures import Executor, ThreadPoolExecutor
from contextlib import asynccontextmanager
from contextvars import copy_context
from typing import Any, TypeVar

from numpy.typing import NDArray
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect, Request
from starlette.responses import HTMLResponse, JSONResponse, Response
from starlette.routing import Route
from starlette.types import ASGIApp

from chainrule.common.errors import ChainruleError, MissingExtraError
from chainrule.common.version import __version__
from chainrule.network import Network
from chainrule.serve.arrays import ArrayModel
from chainrule.serve.batching import Batcher
from chainrule.serve.bodies import Limits, Picture, body_of, content_of, rows_of
from chainrule.serve.errors import RequestError, retold
from chainrule.serve.front import PATHS, Front
from chainrule.serve.metrics import TEXT_TYPE, Metrics
from chainrule.serve.openapi import description
from chainrule.serve.page import page
from chainrule.serve.served import Inputs, Served
from chainrule.serve.tables import TableRows
from chainrule.tables import TableModel

T = TypeVar("T")
_SMALL, _FEW = 16_384, 16  # bytes and rows that are done with sooner than another thread begins


def application(model: Network | TableModel, name: str = "model", limits: Limits | None = None) -> ASGIApp:
    """Return a web application (ASGI) that answers with what a model predicts.

    Parameters
    ----------
    model
        A network with parameters, or a model of a table.
    name
        What it is called on the page and at /health.
    limits
        What a request may take.

    Returns
    -------
    ASGIApp
        For any server that speaks ASGI; it keeps nothing between two requests.
    """
    service = _Service(
        TableRows(model) if isinstance(model, TableModel) else ArrayModel(model), name, limits or Limits()
    )
    return Front(service.starlette(), service.metrics)


class _Service:
    """What the handlers of one application share."""

    def __init__(self, model: Served, name: str, limits: Limits) -> None:
        self._model, self._name, self._limits = model, name, limits
        self.metrics = Metrics()
        self._batcher = Batcher(model.network.predict, self.metrics.batched)
        # One picture at a time: unpacked, a small file may take half a gigabyte.
        self._pictures = ThreadPoolExecutor(1, "chainrule-pictures")

    def starlette(self) -> Starlette:
        """Return the application without its front."""
        handlers = (self._page, self._predict, self._openapi, self._health, self._metrics_text)
        return Starlette(
            routes=[
                Route(path, handler, methods=["POST" if path == "/predict" else "GET"])
                for path, handler in zip(PATHS, handlers, strict=True)
            ],
            exception_handlers={
                RequestError: _refused,
                ChainruleError: _unpredictable,
                MissingExtraError: _not_installed,
                ClientDisconnect: _left,
                HTTPException: _no_such_path,
                Exception: _failed,
            },
            lifespan=self._lifespan,
        )

    @asynccontextmanager
    async def _lifespan(self, _: Starlette) -> AsyncIterator[None]:
        yield
        self._batcher.close()
        self._pictures.shutdown(wait=False)

    async def _predict(self, request: Request) -> Response:
        if self.metrics.open >= self._limits.open:
            raise RequestError("The service is busy with other requests: send this one again.", status=503)
        self.metrics.open += 1
        try:
            body = await body_of(request, self._limits)
            async with asyncio.timeout(self._limits.answering):
                answer = await self._answer(await content_of(request, body))
        except TimeoutError as error:
            raise RequestError(
                "There was no answer within {seconds:g} seconds: send fewer rows at a time, or try again later.",
                status=503,
                seconds=self._limits.answering,
            ) from error
        finally:
            self.metrics.open -= 1
        return Response(answer, media_type="application/json")

    async def _answer(self, content: bytes | Picture) -> bytes:
        self._batcher.coming += 1
        try:
            inputs = await self._inputs(content)
        finally:
            self._batcher.coming -= 1
        P = await self._batcher.outputs(inputs.X) if len(inputs.X) else inputs.X
        if inputs.height <= _FEW:
            return _encoded(self._model, P, inputs)
        return await _beside(None, lambda: _encoded(self._model, P, inputs))

    async def _inputs(self, content: bytes | Picture) -> Inputs:
        """Return what a request gives the network; other requests are answered meanwhile, unless it is small."""
        if isinstance(content, Picture):
            return await _beside(self._pictures, lambda: self._model.from_picture(content.content, content.name))
        if len(content) <= _SMALL:
            return self._model.from_rows(rows_of(content, self._limits))
        return await _beside(None, lambda: self._model.from_rows(rows_of(content, self._limits)))

    async def _page(self, _: Request) -> Response:
        return HTMLResponse(page(self._model, self._name))

    async def _openapi(self, _: Request) -> Response:
        return JSONResponse(description(self._model, self._name))

    async def _health(self, _: Request) -> Response:
        return JSONResponse({"status": "ok", "model": self._name, "version": __version__})

    async def _metrics_text(self, _: Request) -> Response:
        return Response(self.metrics.text(), headers={"content-type": TEXT_TYPE})


async def _beside(threads: Executor | None, work: Callable[[], T]) -> T:
    """Return what some work gives; meanwhile others are answered, and its errors speak this request's language."""
    return await asyncio.get_running_loop().run_in_executor(threads, copy_context().run, work)


def _encoded(model: Served, P: NDArray[Any], inputs: Inputs) -> bytes:
    answer = {**model.answer(P, inputs), "notes": inputs.notes}
    return json.dumps(answer, ensure_ascii=False, allow_nan=False, separators=(",", ":")).encode()


async def _refused(_: Request, error: Exception) -> Response:
    assert isinstance(error, RequestError)
    headers = {"retry-after": "1"} if error.status == 503 else {}
    if error.status in (408, 413):  # the rest of the body is not read
        headers["connection"] = "close"
    return JSONResponse(error.content(), error.status, headers)


async def _unpredictable(request: Request, error: Exception) -> Response:
    return await _refused(request, retold(error, 422))


async def _not_installed(request: Request, error: Exception) -> Response:
    return await _refused(request, retold(error, 501))


async def _left(_request: Request, _error: Exception) -> Response:
    return Response(status_code=499)  # for the count: nobody reads it


async def _no_such_path(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    text = (
        RequestError("{method} is not answered at {path}.", status=405, method=request.method, path=request.url.path)
        if error.status_code == 405
        else RequestError(
            "There is nothing at {path:.80}. Known: {paths}.",
            status=error.status_code,
            path=request.url.path,
            paths=", ".join(PATHS),
        )
    )
    return JSONResponse(text.content(), text.status, error.headers)


async def _failed(request: Request, _: Exception) -> Response:  # the server logs the error itself
    return await _refused(request, RequestError("The service failed; its log says why.", status=500))
