"""The service in the words of OpenAPI 3.1, for programs that make clients of it."""

from __future__ import annotations

from typing import Any

from chainrule.common.texts import tr
from chainrule.common.version import __version__
from chainrule.serve.served import Served


def description(model: Served, name: str) -> dict[str, Any]:
    """Return the description of a model's service."""
    rows = {"type": "array", "items": model.row_schema(), "minItems": 1}
    kind = model.form()["kind"]
    content: dict[str, Any] = {}
    if kind != "picture":
        content["application/json"] = {"schema": {"type": "object", "required": ["rows"], "properties": {"rows": rows}}}
    if kind in ("picture", "digit"):
        picture = {"type": "string", "contentMediaType": "application/octet-stream"}
        form = {"type": "object", "required": ["image"], "properties": {"image": picture}}
        content |= {"image/*": {}, "multipart/form-data": {"schema": form}}
    refusals = {
        "400": tr("The body is malformed."),
        "408": tr("The body took too long to come."),
        "413": tr("The body is too large, or has too many rows."),
        "415": tr("The body is of a kind that the model does not take."),
        "422": tr("A value is not what the model learned from; the fields are named."),
        "503": tr("The service is busy, or the answer took too long."),
    }
    lang = {"name": "lang", "in": "query", "schema": {"enum": ["en", "ko"]}, "description": tr("Language of messages.")}
    predict = {
        "operationId": "predict",
        "summary": tr("Predict for rows or for a picture."),
        "parameters": [lang],
        "requestBody": {"required": True, "content": content},
        "responses": {
            "200": _answer(tr("The predictions, one for each row."), _PREDICTIONS),
            **{status: _answer(text, _ERROR) for status, text in refusals.items()},
        },
    }
    return {
        "openapi": "3.1.0",
        "info": {"title": name, "version": __version__},
        "paths": {
            "/predict": {"post": predict},
            "/health": {"get": _get("health", tr("Whether the service runs."), "application/json")},
            "/metrics": {"get": _get("metrics", tr("Counts and durations, for Prometheus."), "text/plain")},
        },
    }


_ANY: dict[str, Any] = {}
_PREDICTIONS = {
    "type": "object",
    "required": ["predictions", "notes"],
    "properties": {
        "predictions": {"type": "array", "items": _ANY},
        "classes": {"type": "array", "items": _ANY},
        "probabilities": {"type": "array", "items": {"type": "array", "items": _ANY}},
        "notes": {"type": "array", "items": {"type": "string"}},
    },
}
_FIELD = {
    "type": "object",
    "properties": {
        "row": {"type": ["integer", "null"]},
        "column": {"type": ["string", "integer", "null"]},
        "message": {"type": "string"},
    },
}
_ERROR = {
    "type": "object",
    "required": ["error", "fields"],
    "properties": {"error": {"type": "string"}, "fields": {"type": "array", "items": _FIELD}},
}


def _answer(text: str, schema: dict[str, Any]) -> dict[str, Any]:
    return {"description": text, "content": {"application/json": {"schema": schema}}}


def _get(name: str, text: str, kind: str) -> dict[str, Any]:
    return {"operationId": name, "summary": text, "responses": {"200": {"description": text, "content": {kind: {}}}}}
