import { Netra } from "netra-sdk-js" ;
const client = new Netra ({ apiKey: "..." });
const sessionUsage = await client . usage . getSessionUsage (
"b8a359f8-f28c-4e88-839f-c5db103e9943" , // sessionId
"2026-01-01T00:00:00.000Z" , // startTime
"2026-01-31T23:59:59.000Z" // endTime
);
if ( sessionUsage ) {
console . log ( "Session:" , sessionUsage . sessionId );
console . log ( "Tokens:" , sessionUsage . tokenCount );
console . log ( "Requests:" , sessionUsage . requestCount );
console . log ( "Total cost (USD):" , sessionUsage . totalCost );
}
