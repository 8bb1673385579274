"""The recipe for OpenTelemetry, as it stands in the guide, against its own SDK."""

import re
from pathlib import Path

import pytest

from joseal.juspay import Client, payout_encrypter
from joseal.juspay.sandbox import Sandbox

export = pytest.importorskip(
    "opentelemetry.sdk.metrics.export", reason="opentelemetry-sdk is not installed"
)

PAGE = (Path(__file__).parents[2] / "docs/guides/monitor-calls.md").read_text()


def test_each_call_is_a_point_of_the_histogram():
    from opentelemetry import metrics
    from opentelemetry.sdk.metrics import MeterProvider

    reader = export.InMemoryMetricReader()
    metrics.set_meter_provider(MeterProvider([reader]))
    (source,) = re.findall(r"<!-- recipe: opentelemetry -->\n```text\n(.*?)```", PAGE, re.DOTALL)
    space = {}
    exec(source, space)  # noqa: S102 - our own page
    with Sandbox() as sandbox:
        encrypter = payout_encrypter(sandbox.public_key)
        with Client(sandbox.account, encrypter, on_call=space["record"]) as client:
            for _ in range(3):
                client.order_status("order-1")
    (resource,) = reader.get_metrics_data().resource_metrics
    ((metric,),) = [scope.metrics for scope in resource.scope_metrics]
    (point,) = metric.data.data_points
    assert (metric.name, metric.unit) == ("payouts.call.duration", "s")
    assert dict(point.attributes) == {"call": "order_status", "outcome": "refused"}
    assert point.count == 3
    assert point.sum > 0
