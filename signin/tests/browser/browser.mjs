// Chromium, its virtual authenticator, and the few things that every step does with a page.

import { readFile } from "node:fs/promises";
import { createRequire } from "node:module";
import puppeteer from "puppeteer-core";

const axe = await readFile(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");
const shots = process.env.SCREENSHOTS;

// How long anything may take, in milliseconds; an emulated machine needs more.
const patience = Number(process.env.PATIENCE ?? 20_000);

// The profile goes with `folder`.
export const launch = (folder) =>
  puppeteer.launch({
    executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium",
    headless: true,
    pipe: true,
    timeout: patience,
    userDataDir: `${folder}/chromium`,
    args: ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
      "--disable-component-update", "--disable-sync"],
  });

// A page in a context (cookie jar) of its own. What its console calls an error is kept: a broken content policy shows there.
export async function newPage(browser, { javaScript = true } = {}) {
  const context = await browser.createBrowserContext();
  const page = await context.newPage();
  await page.setViewport({ width: 900, height: 900 });
  page.setDefaultTimeout(patience);
  page.complaints = [];
  page.on("pageerror", (error) => page.complaints.push(String(error)));
  page.on("console", (message) => {
    const expected = /status of (4\d\d)/.test(message.text());
    if (message.type() === "error" && !expected) page.complaints.push(message.text());
  });
  if (!javaScript) await page.setJavaScriptEnabled(false);
  return page;
}

// A security key with a PIN that is always known and a finger that is always there.
export async function addAuthenticator(page) {
  const session = await page.createCDPSession();
  await session.send("WebAuthn.enable");
  const { authenticatorId } = await session.send("WebAuthn.addVirtualAuthenticator", {
    options: {
      protocol: "ctap2",
      ctap2Version: "ctap2_1",
      transport: "usb",
      hasResidentKey: true,
      hasUserVerification: true,
      isUserVerified: true,
      automaticPresenceSimulation: true,
    },
  });
  return {
    credentials: async () => (await session.send("WebAuthn.getCredentials", { authenticatorId })).credentials,
    remove: () => session.send("WebAuthn.removeVirtualAuthenticator", { authenticatorId }),
  };
}

export async function fill(page, fields) {
  for (const [id, value] of Object.entries(fields)) {
    await page.$eval(`#${id}`, (input) => (input.value = "")).catch(() => {});
    await page.type(`#${id}`, value);
  }
}

// Presses a button and waits for the page that follows.
export async function press(page, selector) {
  try {
    await Promise.all([page.waitForNavigation(), page.click(selector)]);
  } catch (error) {
    throw new Error(`${selector} on ${page.url()} led nowhere: ${await text(page)}\n${page.complaints}`, { cause: error });
  }
}

export const text = (page, selector = "main") => page.$eval(selector, (element) => element.innerText);

// No finding of axe, in light and in dark.
export async function accessible(page, name) {
  for (const scheme of ["light", "dark"]) {
    await page.emulateMediaFeatures([{ name: "prefers-color-scheme", value: scheme }]);
    await page.evaluate(axe);
    const { violations } = await page.evaluate(() => axe.run());
    if (shots) await page.screenshot({ path: `${shots}/${name}-${scheme}.png`, fullPage: true });
    if (violations.length > 0) {
      const found = violations.map((v) => `${v.id}: ${v.help} (${v.nodes.map((n) => n.html).join("; ")})`);
      throw new Error(`axe on ${name}, ${scheme}: ${found.join("\n")}`);
    }
  }
  await page.emulateMediaFeatures([{ name: "prefers-color-scheme", value: "light" }]);
}
