// Asking the server: until it is ready, the newest question alone, about what is on show.

import assert from "node:assert/strict";
import { test } from "node:test";

import { question } from "../../../hubert_demo/ui/static/core/ask.js";
import { showResult } from "../../../hubert_demo/ui/static/core/store.js";

/** A server whose answers are given by hand. */
const serverOf = () => {
  const waiting = [];
  const ask = (request) => new Promise((answer, fail) => waiting.push({ request, answer, fail }));
  return { page: { server: { ask } }, waiting };
};

const settled = () => new Promise((done) => setTimeout(done, 1));

test("a slow answer is asked for again until it is ready", async () => {
  showResult({ token: "a" });
  const { page, waiting } = serverOf();
  const answer = question(page, "ask").ask({ layer: 1 });
  waiting[0].answer({ ok: true, ready: false });
  await settled();
  waiting[1].answer({ ok: true, ready: true, value: 7 });
  assert.equal((await answer).value, 7);
  assert.deepEqual(waiting.map(({ request }) => request), Array(2).fill({ layer: 1, token: "a" }));
});

test("of two questions the newest is answered, whichever answer comes first", async () => {
  showResult({ token: "a" });
  const { page, waiting } = serverOf();
  const asking = question(page, "ask");
  const [old, young] = [asking.ask({ n: 1 }), asking.ask({ n: 2 })];
  waiting[1].answer({ ok: true, value: 2 });
  assert.equal((await young).value, 2);
  waiting[0].answer({ ok: true, value: 1 });
  assert.equal(await old, null);
});

test("what is forgotten, or about another result, gives nothing, not even a failure", async () => {
  showResult({ token: "a" });
  const { page, waiting } = serverOf();
  const asking = question(page, "ask");
  const forgotten = asking.ask();
  asking.forget();
  waiting[0].answer({ ok: false, error: "No." });
  assert.equal(await forgotten, null);
  const gone = asking.ask();
  showResult({ token: "b" });
  waiting[1].fail(new Error("broken"));
  assert.equal(await gone, null);
});

test("a refusal is the server's sentence", async () => {
  showResult({ token: "a" });
  const { page, waiting } = serverOf();
  const answer = question(page, "ask").ask();
  waiting[0].answer({ ok: false, error: "There is no layer 9." });
  await assert.rejects(answer, /^Error: There is no layer 9\.$/);
});

test("a server out of reach is said, whether the call fails or gives nothing", async () => {
  showResult({ token: "a" });
  for (const end of [(call) => call.fail(new TypeError("fetch")), (call) => call.answer(undefined)]) {
    const { page, waiting } = serverOf();
    const answer = question(page, "ask").ask();
    end(waiting[0]);
    await assert.rejects(answer, /cannot be reached/);
  }
});
