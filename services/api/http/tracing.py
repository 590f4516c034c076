"""One trace through all that takes part in a request (W3C Trace Context): accepted, answered with, and logged.

FastAPI's own telemetry makes the spans, by OpenTelemetry. They leave the process only where the standard environment
variables say so, such as OTEL_EXPORTER_OTLP_ENDPOINT; they hold the addresses of requests, their queries too.
"""

from __future__ import annotations

import logging
import os

from fastapi.telemetry import TelemetryConfig
from opentelemetry import trace
from opentelemetry.sdk.environment_variables import (
    OTEL_EXPORTER_OTLP_ENDPOINT,
    OTEL_EXPORTER_OTLP_TRACES_ENDPOINT,
    OTEL_TRACES_SAMPLER,
)
from opentelemetry.sdk.resources import SERVICE_NAME, OTELResourceDetector, Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.sampling import ALWAYS_OFF, ParentBased

NO_TRACE = "-"

_CONFIGURED_BY = (OTEL_EXPORTER_OTLP_ENDPOINT, OTEL_EXPORTER_OTLP_TRACES_ENDPOINT, OTEL_TRACES_SAMPLER)


def telemetry() -> TelemetryConfig:
    """Return what FastAPI is to trace: requests as wholes, each with ids, whether anyone follows it or not.

    Errors are not recorded, since their texts may repeat what was sent; measurements are in /metrics.
    """
    return {
        "tracer_provider": _tracer_provider(),
        "metrics": False,
        "logs": False,
        "operation_spans": False,
        "auto_configure": True,
    }


def _tracer_provider() -> TracerProvider:
    # Where spans go nowhere, only those are recorded whose client asks for it: the ids are all that is needed.
    sampler = None if any(map(os.environ.get, _CONFIGURED_BY)) else ParentBased(ALWAYS_OFF)
    ours = Resource.create({SERVICE_NAME: "samverkan-api"}).merge(OTELResourceDetector().detect())
    return TracerProvider(sampler=sampler, resource=ours)


class TraceInLog(logging.Filter):
    """Gives each line of the log the trace of the request that it was written for, as `%(trace)s`."""

    def filter(self, record: logging.LogRecord) -> bool:
        """Add the trace to the record, and let it pass."""
        current = trace.get_current_span().get_span_context()
        record.trace = trace.format_trace_id(current.trace_id) if current.is_valid else NO_TRACE
        return True
