import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { endpointOf } from "../../../src/agent/plan/endpoint.ts";
import { fc } from "../../fuzz/property.ts";
import { planRequest } from "./plan-request.ts";

function pathOf(target: string): string {
  return endpointOf(planRequest("GET", target)).slice("GET ".length);
}

describe("endpoints", () => {
  const cases: Readonly<Record<string, string>> = {
    "/": "/",
    "/v1/orders": "/v1/orders",
    "/v1/orders/": "/v1/orders/",
    "/v1/orders?id=12": "/v1/orders",
    "/?a/12": "/",
    "/users/42/orders/7": "/users/{n}/orders/{n}",
    "/users/42?x=/12": "/users/{n}",
    "/2024-01-15/report": "/{n}/report",
    "/at/48.137,11.575": "/at/{n}",
    "/files/12345.json": "/files/{n}.json",
    "/app/main.4f3a9c1b2d7e.js": "/app/{id}.js",
    "/assets/main.js": "/assets/main.js",
    "/o/123e4567-e89b-12d3-a456-426614174000": "/o/{id}",
    "/o/123E4567-E89B-12D3-A456-426614174000/x": "/o/{id}/x",
    "/o/00000000-0000-0000-0000-000000000000": "/o/{id}",
    "/c/deadbeefdeadbeefcafe": "/c/{id}",
    "/c/9b74c9897bac770ffc029102a200c5de": "/c/{id}",
    "/u/01ARZ3NDEKTSV4RRFFQ69G5FAV": "/u/{id}",
    "/t/cus_9s6XKzkNRiz8i3": "/t/{id}",
    "/t/eyJhbGciOiJIUzI1NiJ9": "/t/{id}",
    "/t/SGVsbG8gV29ybGQh12==": "/t/{id}",
    "/settings/notifications-and-more-v2": "/settings/notifications-and-more-v2",
    "/api/v2/getUserProfileInformation": "/api/v2/getUserProfileInformation",
    "/facade": "/facade",
    "//double//12": "//double//{n}",
    "http://example.com:8080/users/42": "/users/{n}",
    "http://example.com": "/",
    "*": "*",
    "/r?to=http://a/b": "/r",
  };
  for (const [target, expected] of Object.entries(cases))
    test(`${target} is ${expected}`, () => {
      assert.equal(pathOf(target), expected);
    });

  test("the method tells endpoints apart", () => {
    assert.equal(endpointOf(planRequest("POST", "/a/1")), "POST /a/{n}");
  });

  test("a long path is cut before the segment that does not fit", () => {
    const long = "z".repeat(200);
    assert.equal(pathOf(`/${long}/12/${"y".repeat(60)}/x?q`), `/${long}/{n}/\u2026`);
    assert.equal(pathOf(`/${"y".repeat(255)}`), `/${"y".repeat(255)}`);
    assert.equal(pathOf(`/${"y".repeat(255)}?q`), `/${"y".repeat(255)}`);
    assert.equal(pathOf(`/${"y".repeat(256)}`), "/\u2026");
  });

  test("numbers and ids never make a new endpoint", () => {
    const number = fc.nat().map(String);
    // Of digits alone they would be numbers, of letters alone words: real ones hardly ever are.
    const isMixed = (text: string) => /\d/.test(text) && /[a-z]/i.test(text);
    const id = fc.oneof(
      fc.uuid(),
      fc.ulid().filter(isMixed),
      fc.stringMatching(/^[0-9a-f]{24}$/).filter(isMixed),
    );
    fc.assert(
      fc.property(number, id, fc.string(), (n, text, query) => {
        const safe = encodeURIComponent(query.replace(/\p{Surrogate}/gu, ""));
        assert.equal(pathOf(`/a/${n}/b/${text}?${safe}`), "/a/{n}/b/{id}");
      }),
    );
  });

  test("any bytes give a bounded endpoint without query", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 1000 }), (bytes) => {
        const target = Buffer.from(bytes).toString("latin1").replace(/ /g, "");
        const path = pathOf(`/${target}`);
        assert.ok(path.length <= 400);
        assert.ok(!path.includes("?"));
        assert.ok(path.startsWith("/"));
      }),
    );
  });
});
