// One job of the TypeScript client, or of plain fetch + JSON.parse, in a process of its own.
// Usage: node --expose-gc node_client.mjs ours|plain JOB URL; prints one line of JSON.
const [, , subject, job, url] = process.argv;
const PACKAGE = new URL("../../typescript/dist/index.js", import.meta.url).href;
const WINDOW = { startTime: "2026-01-01T00:00:00.000Z", endTime: "2026-01-31T23:59:59.999Z" };

async function* plainTraces() {
  let cursor;
  do {
    const response = await fetch(`${url}/sdk/traces`, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify({ ...WINDOW, filters: [], pagination: { limit: 100, cursor, direction: "down" } }),
    });
    const { data } = JSON.parse(await response.text());
    yield* data.data;
    cursor = data.pageInfo.hasNextPage ? data.data.at(-1).cursor : undefined;
  } while (cursor !== undefined);
}

async function ourTraces() {
  const { Netra } = await import(PACKAGE);
  return new Netra({ endpoint: url, logger: { warn() {} } }).usage.iterTraces(WINDOW);
}

async function walk(keep) {
  let cost = 0;
  let rows = 0;
  for await (const trace of subject === "ours" ? await ourTraces() : plainTraces()) {
    cost += subject === "ours" ? trace.totalCost : trace.total_cost;
    rows += 1;
    keep?.push(trace);
  }
  if (rows === 0 || cost === 0) throw new Error("nothing was read");
  return rows;
}

function heap() {
  gc();
  gc();
  return process.memoryUsage().heapUsed;
}

const jobs = {
  // After a warm-up, so that the compiler has done its work.
  async iterate() {
    await walk();
    const began = process.cpuUsage();
    const rows = await walk();
    const { user, system } = process.cpuUsage(began);
    return { rows, cpu: (user + system) / 1e6 };
  },
  async growth() {
    await walk();
    const before = heap();
    await walk();
    return { bytes: heap() - before };
  },
  async kept() {
    await walk();
    const before = heap();
    const keep = [];
    const rows = await walk(keep);
    const bytes = heap() - before;
    return { rows: keep.length && rows, bytes };
  },
  async load() {
    const began = performance.now();
    await import(PACKAGE);
    return { milliseconds: performance.now() - began };
  },
};

console.log(JSON.stringify(await jobs[job]()));
process.exit(0); // the platform's pool keeps connections open for a while
