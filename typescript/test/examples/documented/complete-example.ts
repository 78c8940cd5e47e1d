import { Netra } from "netra-sdk-js" ;
async function main () {
// Initialize the SDK
const client = new Netra ({
apiKey: "your-api-key" ,
});
// Get session-level usage
const sessionUsage = await client . usage . getSessionUsage (
"session-123" ,
"2026-01-01T00:00:00.000Z" ,
"2026-01-31T23:59:59.000Z"
);
if ( sessionUsage ) {
console . log ( `Session cost: $ ${ sessionUsage . totalCost . toFixed ( 4 ) } ` );
}
// Get tenant-level usage
const tenantUsage = await client . usage . getTenantUsage (
"AceTech" ,
"2026-01-01T00:00:00.000Z" ,
"2026-01-31T23:59:59.000Z"
);
if ( tenantUsage ) {
console . log (
`Tenant total: ${ tenantUsage . sessionCount } sessions, $ ${ tenantUsage . totalCost . toFixed ( 4 ) } `
);
}
// Iterate through all traces for a tenant
const tracesIterator = client . usage . iterTraces ({
startTime: "2026-01-01T00:00:00.000Z" ,
endTime: "2026-01-31T23:59:59.000Z" ,
tenantId: "AceTech" ,
sortField: "start_time" ,
sortOrder: "desc" ,
});
for await ( const trace of tracesIterator ) {
console . log ( `Trace ${ trace . id } : ${ trace . name } - $ ${ ( trace . totalCost || 0 ). toFixed ( 4 ) } ` );
// Drill into spans for each trace
const spansIterator = client . usage . iterSpansByTraceId ({
traceId: trace . id
});
for await ( const span of spansIterator ) {
console . log ( ` └─ ${ span . name } ( ${ span . kind } ): ${ span . latencyMs } ms` );
}
}
}
main ();
