from netra import Netra

# Initialize the SDK
Netra.init(
    app_name="analytics-app",
    headers="x-api-key=your-api-key",
)

# Get session-level usage (an end at :59.000Z leaves out the last 999 ms of January; :59.999Z does not)
session_usage = Netra.usage.get_session_usage(
    session_id="session-123",
    start_time="2026-01-01T00:00:00.000Z",
    end_time="2026-01-31T23:59:59.000Z",
)
print(f"Session cost: ${session_usage.total_cost:.4f}")

# Get tenant-level usage
tenant_usage = Netra.usage.get_tenant_usage(
    tenant_id="AceTech",
    start_time="2026-01-01T00:00:00.000Z",
    end_time="2026-01-31T23:59:59.000Z",
)
print(f"Tenant total: {tenant_usage.session_count} sessions, ${tenant_usage.total_cost:.4f}")

# Iterate through all traces for a tenant
for trace in Netra.usage.iter_traces(
    start_time="2026-01-01T00:00:00.000Z",
    end_time="2026-01-31T23:59:59.000Z",
    tenant_id="AceTech",
    sort_field="start_time",
    sort_order="desc",
):
    print(f"Trace {trace.id}: {trace.name} - ${trace.total_cost:.4f}")

    # Drill into spans for each trace
    for span in Netra.usage.iter_spans_by_trace_id(trace_id=trace.id):
        print(f"  └─ {span.name} ({span.kind}): {span.latency_ms}ms")
