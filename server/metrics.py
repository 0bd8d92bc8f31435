"""What the pages count, and `/metrics`, where everything that is counted can be read.

The live path counts in `live_metrics.py`; both land in the same registry.
"""

from __future__ import annotations

from typing import Final

from prometheus_client import CONTENT_TYPE_LATEST, Counter, Histogram, generate_latest
from starlette.responses import Response

REQUESTS: Final = Counter(
    "samenbeeld_requests", "Answers to requests", ["method", "route", "status"]
)
REQUEST_SECONDS: Final = Histogram(
    "samenbeeld_request_seconds",
    "Time until a request was answered",
    ["route"],
    buckets=(0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10),
)
SIGN_INS: Final = Counter("samenbeeld_sign_ins", "Tries to sign in", ["outcome"])


def exposition() -> Response:
    """Everything counted, in the Prometheus text format."""
    return Response(generate_latest(), media_type=CONTENT_TYPE_LATEST)
