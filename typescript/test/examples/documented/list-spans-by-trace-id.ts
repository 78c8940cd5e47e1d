import { Netra } from "netra-sdk-js" ;
const client = new Netra ({ apiKey: "..." });
const spansPage = await client . usage . listSpansByTraceId ({
traceId: "728c1de6fa4c53de143a7d7fef33ff91" ,
direction: "down" ,
limit: 10 ,
spanName: "openai.chat" ,
});
if ( spansPage ) {
for ( const span of spansPage . spans ) {
console . log ( span . id , span . name , span . kind , span . latencyMs );
}
console . log ( "Has next page?" , spansPage . hasNextPage );
console . log ( "Next cursor:" , spansPage . nextCursor );
}
