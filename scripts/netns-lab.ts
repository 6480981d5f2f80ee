/** Builds the lab of the tests, says how to use it, and takes it down at Ctrl-C. */
import { once } from "node:events";
import { ADDRESS, createLab } from "../test/lab/lab.ts";
import { startNginx } from "../test/lab/nginx.ts";

const PORT = 8080;
const lab = await createLab();
await startNginx(lab, lab.live, { port: PORT });
await startNginx(lab, lab.shadow, { port: PORT });

// Added after the lab's own handler, which would end us at once.
process.removeAllListeners("SIGINT");
console.log(`Mirror (in another terminal):
  nsenter --net=${lab.live.netnsPath} scripts/shadowtap mirror --port ${PORT} --to http://${ADDRESS.shadow.v4}:${PORT}
Send traffic:
  nsenter --net=${lab.client.netnsPath} curl http://${ADDRESS.live.v4}:${PORT}/hello
  nsenter --net=${lab.client.netnsPath} h2load --h1 -c 10 --rps 100 -D 10 http://${ADDRESS.live.v4}:${PORT}/
Files: ${lab.dir} (access.log of each nginx). Ctrl-C takes everything down.`);
// A listener for a signal does not keep the process alive; a timer does.
const timer = setInterval(() => undefined, 1 << 30);
await once(process, "SIGINT");
clearInterval(timer);
await lab[Symbol.asyncDispose]();
