import { Netra } from "netra-sdk-js" ;
const client = new Netra ({ apiKey: "..." });
const iterator = client . usage . iterSpansByTraceId ({
traceId: "728c1de6fa4c53de143a7d7fef33ff91" ,
direction: "down" ,
limit: 100 ,
spanName: "generation_pipeline" ,
});
for await ( const span of iterator ) {
console . log (
`Span: ${ span . id } , name= ${ span . name } , kind= ${ span . kind } , duration_ms= ${ span . latencyMs } `
);
}
