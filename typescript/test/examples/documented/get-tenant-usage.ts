import { Netra } from "netra-sdk-js" ;
const client = new Netra ({ apiKey: "..." });
const tenantUsage = await client . usage . getTenantUsage (
"AceTech" , // tenantId
"2026-01-01T00:00:00.000Z" , // startTime
"2026-01-31T23:59:59.000Z" // endTime
);
if ( tenantUsage ) {
console . log ( "Tenant:" , tenantUsage . tenantId );
console . log ( "Org:" , tenantUsage . organisationId );
console . log ( "Tokens:" , tenantUsage . tokenCount );
console . log ( "Requests:" , tenantUsage . requestCount );
console . log ( "Sessions:" , tenantUsage . sessionCount );
console . log ( "Total cost (USD):" , tenantUsage . totalCost );
}
