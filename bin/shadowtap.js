#!/usr/bin/env node
// Nothing newer than what Node 12 can parse: a Node that is too old must get far enough to say so.
const [major, minor] = process.versions.node.split(".").map(Number);

if (major < 22 || (major === 22 && minor < 19)) {
  process.stderr.write(`Error: shadowtap needs Node.js 22.19 or later; this is ${process.versions.node}.
Code: ST_NODE_TOO_OLD
Try this:
  * Run ./scripts/shadowtap from the clone: it brings the right Node.js along.
  * Install Node.js 22 or later, and put it first in PATH.
Reference: docs/errors.md#st_node_too_old
`);
  process.exit(69);
}

// No top-level await: Node would warn about it whenever a command ends the process itself.
import("../dist/cli/shell.js").then(
  (shell) => shell.main(new URL("..", import.meta.url), process.argv.slice(2)),
  (error) => {
    process.stderr.write(`Error: shadowtap is not built: ${error.message}
Try this:
  * Run ./scripts/setup.
`);
    process.exit(1);
  },
);
