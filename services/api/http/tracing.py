"""One trace through all that takes part in a request (W3C Trace Context): accepted, answered with, and logged.

FastAPI's own telemetry makes the spans, by OpenTelemetry. They leave the process only where the standard environment
variables say so, such as OTEL_EXPORTER_OTLP_ENDPOINT; they hold the addresses of requests, their queries too.
"""

from __future__ import annotations

import logging
import os
from collections.abc import MutableMapping
from typing import Any

from fastapi.telemetry import TelemetryConfig
from opentelemetry import trace
from opentelemetry.sdk.environment_variables import (
    OTEL_EXPORTER_OTLP_ENDPOINT,
    OTEL_EXPORTER_OTLP_TRACES_ENDPOINT,
    OTEL_TRACES_SAMPLER,
)
from opentelemetry.sdk.resources import SERVICE_NAME, OTELResourceDetector, Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.id_generator import RandomIdGenerator
from opentelemetry.sdk.trace.sampling import ALWAYS_OFF, ParentBased
from opentelemetry.trace import NonRecordingSpan, SpanContext

from shared.logs import NO_TRACE

TRACEPARENT = b"traceparent"

_CONFIGURED_BY = (OTEL_EXPORTER_OTLP_ENDPOINT, OTEL_EXPORTER_OTLP_TRACES_ENDPOINT, OTEL_TRACES_SAMPLER)
_IDS = RandomIdGenerator()


def telemetry() -> TelemetryConfig:
    """Return what FastAPI is to trace: requests as wholes, each with ids, whether anyone follows it or not.

    Errors are not recorded, since their texts may repeat what was sent; measurements are in the metrics.
    """
    return {
        "tracer_provider": _tracer_provider(),
        "metrics": False,
        "logs": False,
        "operation_spans": False,
        "auto_configure": True,
        "exclude": None if _is_configured() else _is_followed_by_nobody,
    }


def unfollowed_span() -> NonRecordingSpan:
    """Return what gives a request its ids where FastAPI makes no span: one takes a seventh of a small answer's time."""
    return NonRecordingSpan(SpanContext(_IDS.generate_trace_id(), _IDS.generate_span_id(), is_remote=False))


def _is_configured() -> bool:
    return any(map(os.environ.get, _CONFIGURED_BY))


def _is_followed_by_nobody(scope: MutableMapping[str, Any]) -> bool:
    return all(name != TRACEPARENT for name, _ in scope["headers"])


def _tracer_provider() -> TracerProvider:
    # Where spans go nowhere, only those are recorded whose client asks for it: the ids are all that is needed.
    sampler = None if _is_configured() else ParentBased(ALWAYS_OFF)
    ours = Resource.create({SERVICE_NAME: "samverkan-api"}).merge(OTELResourceDetector().detect())
    return TracerProvider(sampler=sampler, resource=ours)


class TraceInLog(logging.Filter):
    """Gives each line of the log the trace of the request that it was written for, as `%(trace)s`."""

    def filter(self, record: logging.LogRecord) -> bool:
        """Add the trace to the record, and let it pass."""
        current = trace.get_current_span().get_span_context()
        record.trace = trace.format_trace_id(current.trace_id) if current.is_valid else NO_TRACE
        return True
