// Gradio's requests where the network fails: what is asked again, and what Gradio is told.

import assert from "node:assert/strict";
import { test } from "node:test";

import { install } from "./harness.js";

install();
const { farewell, steadfast, stitched } = await import("../../../hubert_demo/ui/static/page/connection.js");

const API = "http://here/gradio_api";
const streamOf = (...chunks) => new ReadableStream({
  start(controller) {
    for (const chunk of chunks) controller.enqueue(new TextEncoder().encode(chunk));
    controller.close();
  },
});
const said = (message) => `data: ${JSON.stringify(message)}\n\n`;
const ended = (id) => said({ msg: "process_completed", event_id: id });
const CLOSE = said({ msg: "close_stream" });

/** Calls of what helps, and how often each address was asked. */
const watched = (answers, { isUpload = false, isAskedAgain = false, latest = (data) => data } = {}) => {
  const [calls, bodies] = [[], []];
  const ask = async (address, { body } = {}) => {
    bodies.push(body);
    calls.push(address.split("gradio_api/")[1]);
    const answer = answers.shift();
    if (!answer) throw new TypeError("Failed to fetch");
    return answer;
  };
  const note = (name, value) => (...given) => {
    calls.push([name, ...given.map((each) => each?.name ?? each)]);
    return value;
  };
  const uploads = {
    sending: note("sending"), arrived: note("arrived"), failed: note("failed"), missed: note("missed", isUpload),
  };
  const help = { reach: note("reach"), onCut: note("cut"), latest, misses: note("misses", isAskedAgain), uploads };
  return { calls, bodies, fetch: steadfast(ask, help) };
};
const joining = (fetch, body) => fetch(`${API}/queue/join?`, { method: "POST", body: JSON.stringify(body) });

test("a stream that ends well is handed on as it is, in whole messages", async () => {
  const events = new Set(["a"]);
  const whole = ended("a") + CLOSE;
  const stream = stitched(streamOf(whole.slice(0, 30), whole.slice(30)), events, assert.fail);
  assert.equal(await new Response(stream).text(), whole);
  assert.equal(events.size, 0);
});

test("where it breaks off, what has not ended ends without an answer, and that is told once", async () => {
  let cuts = 0;
  const broken = streamOf(ended("a"), 'data: {"msg":"proc');
  const stream = stitched(broken, new Set(["a", "b"]), () => cuts++);
  assert.equal(await new Response(stream).text(), ended("a") + farewell(["b"]));
  assert.equal(cuts, 1);
});

test("a server that was started anew knows nothing of it, which is the same", async () => {
  const stream = stitched(
    streamOf('data: {"msg":"unexpected_error","session_not_found":true}\n\n'), new Set(["c"]), () => {});
  assert.equal(await new Response(stream).text(), farewell(["c"]));
});

test("an upload that fails is kept, whether there is no answer, a proxy's, or the server's own", async () => {
  for (const [answer, status] of [
    [undefined, 0], [new Response("<html>", { status: 502 }), 0], [new Response("oops", { status: 500 }), 500],
    [new Response("{}", { status: 507, headers: { "content-type": "application/json" } }), 507],
  ]) {
    const { calls, fetch } = watched([answer]);
    const body = new FormData();
    body.append("files", new File(["x"], "mine.wav"));
    await fetch(`${API}/upload?upload_id=1`, { method: "POST", body }).catch(() => {});
    assert.deepEqual(calls.slice(2), [["failed", "mine.wav", status]]);
  }
});

test("what the page asks again by itself ends without a word, and all else waits for the server", async () => {
  const file = { meta: { _type: "gradio.FileData" }, path: "/tmp/mine.wav" };
  const upload = watched([undefined], { isUpload: true });
  const refused = await joining(upload.fetch, { data: [file, null], event_data: null });
  assert.deepEqual([refused.status, await refused.json()], [422, { detail: [] }]);
  assert.deepEqual(upload.calls.at(-1), ["missed", "/tmp/mine.wav"]);

  const press = watched([undefined], { isAskedAgain: true });
  assert.equal((await joining(press.fetch, { data: [], event_data: { index: 2 } })).status, 422);

  const other = watched([undefined, undefined, Response.json({ event_id: "e" })]);
  assert.equal((await joining(other.fetch, { data: [], event_data: null })).status, 200);
  assert.deepEqual(other.calls.filter(([name]) => name === "reach").length, 1);
});

test("a refusal by the server itself reaches Gradio, and other addresses are left alone", async () => {
  const busy = Response.json({ detail: "Too busy" }, { status: 503 });
  const { calls, fetch } = watched([busy, undefined]);
  assert.equal(await joining(fetch, { data: [] }), busy);
  await assert.rejects(fetch(`${API}/component_server`), TypeError);
  assert.equal(calls.length, 2);
});

test("what Gradio asks once more, after it has kept something back, is asked as it was asked last", async () => {
  const latest = ({ event }) => ({ event, asked: 3 });
  const { calls, bodies, fetch } = watched([new Response('{"event_id":"a"}'), null], { isAskedAgain: true, latest });
  const body = { data: [], event_data: { event: "again", asked: 1 }, fn_index: 4 };
  await joining(fetch, body);
  assert.deepEqual(JSON.parse(bodies[0]), { ...body, event_data: { event: "again", asked: 3 } });
  // What was not heard is asked again as the same.
  assert.equal((await joining(fetch, body)).status, 422);
  assert.deepEqual(calls.find(([name]) => name === "misses"), ["misses", { event: "again", asked: 3 }]);
});
