// WebKitGTK's MiniBrowser in the display that is there, driven over WebDriver: https://www.w3.org/TR/webdriver2/.

import { spawn } from "node:child_process";
import { once } from "node:events";
import { writeFile } from "node:fs/promises";
import { createServer } from "node:net";
import readline from "node:readline";
import { setTimeout as pause } from "node:timers/promises";

const ELEMENT = "element-6066-11e4-a52e-4f735466cecf"; // the standard's name for a reference to an element
const BROWSER = {
  "webkitgtk:browserOptions": {
    binary: process.env.MINIBROWSER,
    // What the console says from the first script on, which no script of ours could hear that early.
    args: ["--automation", "--enable-write-console-messages-to-stdout=true"],
  },
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

/** The driver as a process, its lines heard, once it takes calls. */
const startDriver = async (onLine) => {
  const port = await freePort();
  const driver = spawn("WebKitWebDriver", [`--port=${port}`], { stdio: ["ignore", "pipe", "inherit"] });
  process.once("exit", () => driver.kill());
  readline.createInterface(driver.stdout).on("line", onLine);
  const call = callAt(`http://127.0.0.1:${port}`);
  while (!(await call("GET", "/status").catch(() => null))) {
    if (driver.exitCode !== null) throw new Error("WebKitWebDriver has ended.");
    await pause(100);
  }
  return { driver, call };
};

/** A tab that looks at an address, with all that went wrong in it. */
export const open = async (url) => {
  const problems = [];
  const { driver, call } = await startDriver((line) => /CONSOLE .*ERROR/.test(line) && problems.push(line));
  const { sessionId, capabilities } = await call("POST", "/session", { capabilities: { alwaysMatch: BROWSER } });
  const session = (method, path, content = {}) => call(method, `/session/${sessionId}/${path}`, content);
  const element = async (selector) =>
    (await session("POST", "element", { using: "css selector", value: selector }))[ELEMENT];
  await session("POST", "timeouts", { implicit: 10_000 });
  await session("POST", "window/rect", SIZE);
  await session("POST", "url", { url });
  return {
    name: `${capabilities.browserName} ${capabilities.browserVersion}`,
    problems,
    evaluate: (look, ...args) =>
      session("POST", "execute/sync", { script: `return (${look})(...arguments)`, args }),
    click: async (selector) => session("POST", `element/${await element(selector)}/click`),
    upload: async (selector, file) => session("POST", `element/${await element(selector)}/value`, { text: file }),
    screenshot: async (file) => writeFile(file, await session("GET", "screenshot"), "base64"),
    close: async () => {
      await call("DELETE", `/session/${sessionId}`);
      driver.kill();
    },
  };
};
