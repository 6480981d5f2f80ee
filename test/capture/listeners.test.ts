import assert from "node:assert/strict";
import { test } from "node:test";
import { parseSocketTable } from "../../src/capture/listeners.ts";

const TCP = `  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode
   0: 00000000:1F90 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 4711 1 0000000000000000 100 0 0 10 0
   1: 0100007F:1F90 0100007F:C350 01 00000000:00000000 00:00000000 00000000     0        0 4712 1 0000000000000000 100 0 0 10 0
   2: 0900000A:0050 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 4713 1 0000000000000000 100 0 0 10 0
`;
const TCP6 = `  sl  local_address                         remote_address                        st
   0: 00000000000000000000000001000000:1F91 00000000000000000000000000000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 99 1
`;

test("only listening sockets are found, with address, port and inode", () => {
  assert.deepEqual(parseSocketTable(TCP), [
    { address: "0.0.0.0", port: 8080, inode: "4711" },
    { address: "10.0.0.9", port: 80, inode: "4713" },
  ]);
  assert.deepEqual(parseSocketTable(TCP6), [{ address: "::1", port: 8081, inode: "99" }]);
  assert.deepEqual(parseSocketTable(""), []);
});
