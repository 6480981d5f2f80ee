import assert from "node:assert/strict";
import { test } from "node:test";
import { payloadUser } from "../../src/agent/privileges.ts";
import { findUser } from "../../src/agent/system-user.ts";

test("payload is read as nobody unless another is named; who is not root stays who it is", () => {
  assert.deepEqual(payloadUser(undefined, 0, true), { uid: 65534, gid: 65534 });
  assert.equal(payloadUser(undefined, 1000, true), undefined);
});

test("a user is known by name and by number, with the primary group", () => {
  const daemon = findUser("daemon");
  assert.deepEqual(daemon, { uid: 1, gid: 1 });
  assert.deepEqual(payloadUser("daemon", 0, true), daemon);
  assert.deepEqual(payloadUser("1", 0, true), daemon);
  assert.equal(findUser("no-such-user"), undefined);
});

test("a number without an entry has nobody's group", () => {
  assert.deepEqual(payloadUser("4242424", 0, true), { uid: 4242424, gid: 65534 });
});

for (const asked of ["no-such-user", "4294967295", "-1", ""])
  test(`who is not known is refused: "${asked}"`, () => {
    assert.throws(() => payloadUser(asked, 0, true), { code: "ST_USAGE", message: /no such user/ });
  });

for (const asked of ["root", "0"])
  test(`root does not read payload: ${asked}`, () => {
    assert.throws(() => payloadUser(asked, 0, true), { code: "ST_USAGE", message: /is root/ });
  });

test("only root can have others", () => {
  assert.equal(payloadUser("daemon", 1, true), undefined);
  for (const asked of ["daemon", "root"])
    assert.throws(() => payloadUser(asked, 1000, true), { code: "ST_PERMISSION" });
});

test("root that cannot become another is refused, as who reads payload would be root", () => {
  assert.throws(() => payloadUser(undefined, 0, false), { code: "ST_PERMISSION" });
  assert.equal(payloadUser(undefined, 1000, false), undefined);
});
