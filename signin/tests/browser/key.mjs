// With a real security key in place of the browser's virtual one: registers at the server, adds the key, signs in with it.
//
//   node key.mjs ORIGIN FOLDER     a server that runs already; FOLDER takes the browser's profile
//
// The virtual machine of tests/bench runs it, where the key is our software key behind a hidraw node. Prints a line for
// each thing that works; ends with 1 at the first that does not.

import assert from "node:assert/strict";
import { fill, launch, newPage, press, text } from "./browser.mjs";

const PASSWORD = "seven lamps over the harbour";
const [origin, folder] = process.argv.slice(2);
const ok = (what) => console.log(`ok Chromium ${what}`);

async function register(page) {
  await page.goto(`${origin}/register`);
  await fill(page, { username: "hedy", password: PASSWORD });
  await press(page, "#register");
  assert.match(await text(page, "h1"), /Hello, hedy/);
}

async function enrol(page) {
  await fill(page, { "add-security-key-name": "On a hidraw node" });
  await press(page, "#add-security-key");
  assert.match(await text(page, "#security-keys-list"), /On a hidraw node/);
}

async function signIn(page) {
  await press(page, "#sign-out");
  await page.goto(`${origin}/sign-in`);
  await fill(page, { username: "hedy", password: PASSWORD });
  await press(page, "#sign-in");
  await press(page, "#key");
  assert.match(await text(page, ".lead"), /signed in with your password and a security key/);
}

const browser = await launch(folder);
try {
  const page = await newPage(browser);
  await register(page);
  await enrol(page);
  ok("adds the security key behind the hidraw node");
  await signIn(page);
  ok("signs in with it");
  assert.deepEqual(page.complaints, [], "the console is clean");
} catch (error) {
  console.error(`not ok ${error.stack}`);
  process.exitCode = 1;
}
await browser.close();
