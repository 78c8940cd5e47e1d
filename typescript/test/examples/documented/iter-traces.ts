import { Netra } from "netra-sdk-js" ;
const client = new Netra ({ apiKey: "..." });
const iterator = client . usage . iterTraces ({
startTime: "2026-01-01T00:00:00.000Z" ,
endTime: "2026-01-31T23:59:59.000Z" ,
tenantId: "AceTech" ,
userId: "Jerina" ,
sessionId: "b8a359f8-f28c-4e88-839f-c5db103e9943" ,
limit: 10 ,
direction: "down" ,
sortField: "start_time" ,
sortOrder: "desc" ,
});
for await ( const trace of iterator ) {
console . log ( trace . id , trace . name , trace . totalCost );
}
