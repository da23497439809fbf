import assert from "node:assert/strict";
import test from "node:test";

import { counted, momentOf, timeOf } from "./format.js";

globalThis.document = { documentElement: { lang: "en" } };

test("numbers have thin spaces between groups", () => {
  assert.deepEqual([7, 1234, 1234567].map(counted), ["7", "1\u202f234", "1\u202f234\u202f567"]);
});

test("times are those of the person's zone", () => {
  assert.equal(timeOf("2026-11-21T23:05:00Z", "Europe/Paris"), "00:05");
  assert.equal(momentOf("2026-11-21T23:05:00Z", "Europe/Paris"), "Sun, 22 Nov 2026, 00:05");
});
