// Debian's Firefox without a window, driven over WebDriver BiDi.

import { createRequire } from "node:module";

const require = createRequire(new URL("../../../.ci/package.json", import.meta.url));
const puppeteer = require("puppeteer-core");

/** A tab that looks at an address, with all that went wrong in it. */
export const open = async (url) => {
  const browser = await puppeteer.launch({
    browser: "firefox",
    executablePath: process.env.FIREFOX,
    defaultViewport: { width: 1440, height: 1000 },
  });
  const page = await browser.newPage();
  const problems = [];
  page.on("console", (message) => message.type() === "error" && problems.push(message.text()));
  page.on("pageerror", (error) => problems.push(error.stack ?? String(error)));
  // Other browsers' consoles tell of this.
  page.on("response", (response) => !response.ok() && problems.push(`${response.url()}: ${response.status()}`));
  await page.goto(url);
  return {
    name: await browser.version(),
    problems: () => problems,
    evaluate: (look, ...given) => page.evaluate(look, ...given),
    click: (selector) => page.locator(selector).click(),
    upload: async (selector, file) => (await page.waitForSelector(selector)).uploadFile(file),
    screenshot: (file) => page.screenshot({ path: file, fullPage: true }),
    close: () => browser.close(),
  };
};
