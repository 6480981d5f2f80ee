import { startCapture, startServer } from "./capture-harness.ts";

/** Attaches by clsact, says so, and waits to be killed. */
const { port } = await startServer("127.0.0.1", () => {});
await startCapture("clsact", port);
process.send?.({ port });
