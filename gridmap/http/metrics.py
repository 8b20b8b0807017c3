"""Counts and times of requests for Prometheus; labels are route templates, never what a person typed."""

from __future__ import annotations

import collections
from collections.abc import Iterable

from prometheus_client import CollectorRegistry, Counter, Histogram, Metric, generate_latest
from prometheus_client.core import CounterMetricFamily
from prometheus_client.registry import Collector

BUCKETS = (0.002, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10)


class Metrics:
    """The metrics of one application; each has its own registry, so that two in one process do not mix."""

    def __init__(self, scans: collections.Counter[str] | None = None) -> None:
        self.registry = CollectorRegistry()
        self.requests = Counter(
            "gridmap_requests", "Requests answered.", ["method", "route", "status"], registry=self.registry
        )
        self.seconds = Histogram(
            "gridmap_request_seconds",
            "Time from the first byte asked to the last byte answered [s].",
            ["method", "route"],
            buckets=BUCKETS,
            registry=self.registry,
        )
        self.defects = Counter("gridmap_defects", "Errors nobody foresaw (500).", ["route"], registry=self.registry)
        #: Scans by outcome: plain integers, because a scan is quicker than a metric's own counting.
        self.scans: collections.Counter[str] = collections.Counter() if scans is None else scans
        self.registry.register(_Scans(self.scans))

    def observe(self, method: str, route: str, status: int, seconds: float) -> None:
        """Count one request."""
        self.requests.labels(method, route, str(status)).inc()
        self.seconds.labels(method, route).observe(seconds)

    def text(self) -> bytes:
        """Return everything in Prometheus's text format."""
        return generate_latest(self.registry)


class _Scans(Collector):
    """Shows the counts of scans."""

    def __init__(self, counts: collections.Counter[str]) -> None:
        self.counts = counts

    def collect(self) -> Iterable[Metric]:
        """Give one family with a sample an outcome."""
        family = CounterMetricFamily("gridmap_scans", "Scans of door-plates by outcome.", labels=["outcome"])
        for outcome, count in sorted(self.counts.items()):
            family.add_metric([outcome], count)
        yield family
