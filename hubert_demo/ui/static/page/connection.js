// Gradio's requests where the network fails. Gradio itself would say so over the page, load all of it anew once the
// server is there again, and forget what was being sent. So it does not hear of it: what it asks is asked again when
// the server can be reached, an upload is kept to be sent again, and where answers break off, Gradio is told that there
// are none.

import { emit } from "../core/events.js";

const RETRY_MS = 2000;
const API = /\/gradio_api\/(upload|queue\/join|queue\/data)(?=[?]|$)/;
const BAD_GATEWAY = 502;
const NO_ROOM = 507;
/** By which Gradio ends what it asked without a word. */
const NEVER_MIND = { status: 422, headers: { "content-type": "application/json" } };

/**
 * @typedef {object} Help
 * @property {() => Promise<void>} reach waits until the server answers
 * @property {() => void} onCut is told that answers broke off
 * @property {(eventData: unknown) => unknown} latest what is to be asked in place of this
 * @property {(eventData: unknown) => boolean} misses whether the page asks it again by itself
 * @property {Uploads} uploads
 */
/**
 * @typedef {object} Uploads
 * @property {(file: File) => void} sending
 * @property {(file: File, paths: string[]) => void} arrived
 * @property {(file: File, status: number) => void} failed status 0 where there was no answer
 * @property {(path: string) => boolean} missed whether it is sent again, though Gradio no longer asks for its analysis
 */

/** Whether something between the browser and the server answered in its place: a server that refuses says why. */
const isGateways = (/** @type {Response} */ { status, headers }) =>
  status >= BAD_GATEWAY && status !== NO_ROOM && !headers.get("content-type")?.includes("json");

const isAborted = (/** @type {unknown} */ problem) => problem instanceof DOMException && problem.name === "AbortError";

/**
 * Events of Gradio's queue that have been asked for and have not ended.
 * @type {Set<string>}
 */
const pending = new Set();

/**
 * What tells Gradio that nothing more comes of these events, nor on this stream.
 * @param {Iterable<string>} events
 */
export const farewell = (events) =>
  [...[...events].map((id) => ({ msg: "process_completed", event_id: id, success: true, output: { data: [] } })),
    { msg: "close_stream" }].map((message) => `data: ${JSON.stringify(message)}\n\n`).join("");

/**
 * A stream of messages that ends well, whatever becomes of the connection.
 * @param {ReadableStream<Uint8Array>} body
 * @param {Set<string>} events those that have not ended; they leave it as they do
 * @param {() => void} onCut is told where the stream broke off, and some had not
 */
export const stitched = (body, events, onCut) => {
  const reader = body.getReader();
  const [decoder, encoder] = [new TextDecoder(), new TextEncoder()];
  let [rest, hasEnded, isForgotten] = ["", false, false];

  /** Whole messages alone: half a one would be understood by nobody. */
  const whole = (/** @type {Uint8Array} */ bytes) => {
    rest += decoder.decode(bytes, { stream: true });
    const end = rest.lastIndexOf("\n\n") + 2;
    const text = end < 2 ? "" : rest.slice(0, end);
    rest = rest.slice(text.length);
    for (const line of text.split("\n")) {
      if (line.includes('"process_completed"')) events.delete(JSON.parse(line.slice("data:".length)).event_id);
      hasEnded ||= line.includes('"close_stream"');
      // Of a server that was started anew meanwhile.
      isForgotten ||= line.includes('"session_not_found":true');
    }
    return isForgotten ? "" : text;
  };

  return new ReadableStream({
    async pull(controller) {
      for (;;) {
        const { done, value } = await reader.read().catch((problem) => {
          if (isAborted(problem)) throw problem;
          return { done: true, value: undefined };
        });
        const text = value ? whole(value) : "";
        if (done || isForgotten) {
          if (!hasEnded) {
            controller.enqueue(encoder.encode(farewell(events)));
            if (events.size) onCut();
            events.clear();
          }
          controller.close();
          return;
        }
        if (text) {
          controller.enqueue(encoder.encode(text));
          return;
        }
      }
    },
    cancel: (reason) => reader.cancel(reason),
  });
};

/**
 * `fetch` for Gradio, which knows what to do where the network fails.
 * @param {typeof fetch} ask the browser's own
 * @param {Help} help
 * @returns {typeof fetch}
 */
export const steadfast = (ask, { reach, onCut, latest, misses, uploads }) => {
  const persist = async (/** @type {Parameters<typeof fetch>} */ ...request) => {
    for (;;) {
      const response = await ask(...request).catch((problem) => {
        if (isAborted(problem)) throw problem;
        return null;
      });
      if (response && !isGateways(response)) return response;
      await reach();
    }
  };

  const upload = async (/** @type {Parameters<typeof fetch>} */ ...request) => {
    const form = /** @type {FormData} */ (request[1]?.body);
    const file = /** @type {File} */ (form.get("files"));
    uploads.sending(file);
    try {
      const response = await ask(...request);
      if (response.ok) uploads.arrived(file, await response.clone().json());
      else uploads.failed(file, isGateways(response) ? 0 : response.status);
      return response;
    } catch (problem) {
      if (!isAborted(problem)) uploads.failed(file, 0);
      throw problem;
    }
  };

  const join = async (/** @type {Parameters<typeof fetch>} */ ...request) => {
    const body = JSON.parse(String(request[1]?.body));
    const { data } = body;
    const eventData = latest(body.event_data);
    request[1] = { ...request[1], body: JSON.stringify({ ...body, event_data: eventData }) };
    const path = data.find((/** @type {any} */ each) => each?.meta?._type === "gradio.FileData")?.path;
    let response = await ask(...request).catch(() => null);
    if (!response || isGateways(response)) {
      if (path ? uploads.missed(path) : misses(eventData)) return new Response('{"detail":[]}', NEVER_MIND);
      response = await persist(...request);
    }
    if (response.ok) pending.add((await response.clone().json()).event_id);
    return response;
  };

  const listen = async (/** @type {Parameters<typeof fetch>} */ ...request) => {
    const response = await persist(...request);
    const body = response.ok && response.body ? response.body : new Response("").body;
    return new Response(body && stitched(body, pending, onCut), { headers: { "content-type": "text/event-stream" } });
  };

  const ways = /** @type {Record<string, typeof fetch>} */ ({ upload, "queue/join": join, "queue/data": listen });
  return (...request) => {
    const address = request[0] instanceof Request ? request[0].url : String(request[0]);
    return (ways[API.exec(address)?.[1] ?? ""] ?? ask)(...request);
  };
};

/**
 * Waits until the server answers; says so while it does not.
 * @param {typeof fetch} ask
 */
export const reaching = (ask) => {
  /** @type {Promise<void> | null} */
  let underWay = null;
  const tryOn = async () => {
    emit("reached", false);
    for (;;) {
      await new Promise((done) => {
        setTimeout(done, RETRY_MS);
        window.addEventListener("online", done, { once: true });
      });
      const response = await ask("./gradio_api/app_id").catch(() => null);
      if (response?.ok) break;
    }
    underWay = null;
    emit("reached", true);
  };
  return () => (underWay ??= tryOn());
};
