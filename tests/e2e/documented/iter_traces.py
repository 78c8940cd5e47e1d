from netra import Netra

Netra.init(app_name="sample-app")

for trace in Netra.usage.iter_traces(
    start_time="2026-01-01T00:00:00.000Z",
    end_time="2026-01-31T23:59:59.000Z",
    tenant_id="AceTech",
    user_id="Jerina",
    session_id="b8a359f8-f28c-4e88-839f-c5db103e9943",
    trace_id="45a32b90-f28c-4e88-839f-c5db103e9943",
    limit=10,
    direction="down",
    sort_field="start_time",
    sort_order="desc",
):
    print(trace.id, trace.name, trace.total_cost)
