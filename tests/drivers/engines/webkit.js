// WebKitGTK's MiniBrowser in the display that is there, driven over WebDriver: https://www.w3.org/TR/webdriver2/.

/* global document, window */

import { spawn } from "node:child_process";
import { once } from "node:events";
import { writeFile } from "node:fs/promises";
import { createServer } from "node:net";
import { setTimeout as pause } from "node:timers/promises";

const ELEMENT = "element-6066-11e4-a52e-4f735466cecf"; // the standard's name for a reference to an element
const BROWSER = {
  "webkitgtk:browserOptions": { binary: process.env.MINIBROWSER, args: ["--automation"] },
};
const SIZE = { x: 0, y: 0, width: 1440, height: 2000 }; // a picture shows no more than the window does

const freePort = async () => {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address();
  server.close();
  return port;
};

const callAt = (address) => async (method, path, content) => {
  const body = method === "POST" ? JSON.stringify(content) : undefined;
  const response = await fetch(`${address}${path}`, { method, body });
  const { value } = await response.json();
  if (!response.ok) throw new Error(`${method} ${path}: ${value.error}: ${value.message}`);
  return value;
};

/** The driver as a process, once it takes calls. */
const startDriver = async () => {
  const port = await freePort();
  const driver = spawn("WebKitWebDriver", [`--port=${port}`], { stdio: "inherit" });
  process.once("exit", () => driver.kill());
  const call = callAt(`http://127.0.0.1:${port}`);
  while (!(await call("GET", "/status").catch(() => null))) {
    if (driver.exitCode !== null) throw new Error("WebKitWebDriver has ended.");
    await pause(100);
  }
  return { driver, call };
};

/**
 * In an empty document of the page's server: frames the page, and collects in `problems` what goes wrong there.
 * WebDriver cannot run anything before a page's own scripts. But a frame's window is there before its page is, and
 * stays the same when the page is of the same server.
 */
const framePage = (url) => {
  const frame = document.createElement("iframe");
  frame.style = "position: fixed; inset: 0; width: 100%; height: 100%; border: 0";
  frame.src = url;
  document.body.replaceChildren(frame);
  const { contentWindow: inside } = frame;
  inside.problems = [];
  const { error } = inside.console;
  inside.console.error = (...said) => {
    inside.problems.push(said.join(" "));
    error.apply(inside.console, said);
  };
  // Scripts and pictures that cannot be had are events of their elements, which do not bubble.
  inside.addEventListener("error", ({ message, target }) => inside.problems.push(message ?? target.outerHTML), true);
  inside.addEventListener("unhandledrejection", ({ reason }) => inside.problems.push(`unhandled: ${reason}`));
  return frame;
};

const problemsInside = () => window.problems;

/** A tab that looks at an address, with all that went wrong in it. */
export const open = async (url) => {
  const { driver, call } = await startDriver();
  const { sessionId, capabilities } = await call("POST", "/session", { capabilities: { alwaysMatch: BROWSER } });
  const session = (method, path, content = {}) => call(method, `/session/${sessionId}/${path}`, content);
  const evaluate = (look, ...args) =>
    session("POST", "execute/sync", { script: `return (${look})(...arguments)`, args });
  const element = async (selector) =>
    (await session("POST", "element", { using: "css selector", value: selector }))[ELEMENT];
  await session("POST", "timeouts", { implicit: 10_000, pageLoad: 30_000 });
  await session("POST", "window/rect", SIZE);
  await session("POST", "url", { url: `${url}/robots.txt` });
  await session("POST", "frame", { id: await evaluate(framePage, url) });
  return {
    name: `${capabilities.browserName} ${capabilities.browserVersion}`,
    problems: () => evaluate(problemsInside),
    evaluate,
    click: async (selector) => session("POST", `element/${await element(selector)}/click`),
    upload: async (selector, file) => session("POST", `element/${await element(selector)}/value`, { text: file }),
    screenshot: async (file) => writeFile(file, await session("GET", "screenshot"), "base64"),
    close: async () => {
      await call("DELETE", `/session/${sessionId}`);
      driver.kill();
    },
  };
};
