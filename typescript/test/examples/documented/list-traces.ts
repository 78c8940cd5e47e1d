import { Netra } from "netra-sdk-js" ;
const client = new Netra ({ apiKey: "..." });
const tracesPage = await client . usage . listTraces ({
startTime: "2026-01-01T00:00:00.000Z" ,
endTime: "2026-01-31T23:59:59.000Z" ,
tenantId: "AceTech" ,
userId: "Jerina" ,
sessionId: "b8a359f8-f28c-4e88-839f-c5db103e9943" ,
limit: 10 ,
// cursor: undefined,
direction: "down" ,
sortField: "start_time" ,
sortOrder: "desc" ,
});
if ( tracesPage ) {
for ( const trace of tracesPage . traces ) {
console . log ( trace . id , trace . name , trace . totalTokens , trace . totalCost );
}
console . log ( "Has next page?" , tracesPage . hasNextPage );
console . log ( "Next cursor:" , tracesPage . nextCursor );
// Pagination
if ( tracesPage . hasNextPage && tracesPage . nextCursor ) {
const nextPage = await client . usage . listTraces ({
startTime: "2026-01-01T00:00:00.000Z" ,
endTime: "2026-01-31T23:59:59.000Z" ,
tenantId: "AceTech" ,
limit: 10 ,
cursor: tracesPage . nextCursor ,
direction: "down" ,
});
}
}
