// Compiled to require().
import netra = require("netra-sdk-js");

const client: netra.Netra = netra.Netra.init({ endpoint: "http://127.0.0.1:8765" });
export const page: Promise<netra.TracesPage> = client.usage.listTraces({
  startTime: "2026-01-01",
  endTime: new Date(),
});
