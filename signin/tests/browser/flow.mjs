// What a person does on the pages, from registration to the last way in.

import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { accessible, addAuthenticator, fill, launch, newPage, press, text } from "./browser.mjs";
import { startServer } from "./server.mjs";

const PASSWORD = "seven lamps over the harbour";
const NEW_PASSWORD = "eight lamps over the harbour";

let server;
let browser;
const ok = (what) => console.log(`ok ${what}`);

// Debian's oathtool, which knows nothing of the server. `later` in seconds.
const code = (secret, later = 0) =>
  execFileSync("oathtool", ["--totp", "-b", secret.replaceAll(" ", ""), "-N", `@${Math.floor(Date.now() / 1000) + later}`], {
    encoding: "utf8",
  }).trim();

async function signedInWith(page, means) {
  assert.equal(new URL(page.url()).pathname, "/account", await text(page));
  assert.match(await text(page, ".lead"), new RegExp(`signed in with ${means} on`));
}

async function password(page, username = "ada", secret = PASSWORD) {
  await page.goto(`${server.origin}/sign-in`);
  await fill(page, { username, password: secret });
  await press(page, "#sign-in");
}

async function register(page) {
  await page.goto(`${server.origin}/register`);
  await accessible(page, "register");
  await fill(page, { username: "Ada", password: "password1" });
  await press(page, "#register");
  assert.match(await text(page, "#error[role=alert]"), /tried first/);
  assert.equal(await page.$eval("#username", (input) => input.value), "Ada");
  await accessible(page, "register-refused");
  await fill(page, { username: "Ada", password: PASSWORD });
  await press(page, "#register");
  await signedInWith(page, "your password");
  assert.match(await text(page, "h1"), /Hello, ada/);
  await accessible(page, "account-new");
  ok("register with the form; a weak password is refused in words");
}

async function securityKey(page, authenticator) {
  await fill(page, { "add-security-key-name": "On my key ring" });
  await press(page, "#add-security-key");
  assert.match(await text(page, "#security-keys-list"), /On my key ring/);
  assert.match(await text(page, "#note"), /enrolled/);
  assert.equal((await authenticator.credentials()).length, 1);
  ok("add a security key");

  await page.click("#add-security-key");
  await page.waitForSelector("#script-error:not([hidden])");
  assert.match(await text(page, "#script-error"), /enrolled already/);
  ok("the same key twice is refused by the browser, said in words");

  await press(page, "#sign-out");
  assert.match(await text(page, "#note"), /signed out/);
  await password(page);
  assert.match(await text(page, "h1"), /One more step/);
  await accessible(page, "second-factor-key");
  await press(page, "#key");
  await signedInWith(page, "your password and a security key");
  ok("sign out, sign in with password and security key");
}

async function passkey(page, authenticator) {
  await fill(page, { "add-passkey-name": "This laptop" });
  await press(page, "#add-passkey");
  assert.match(await text(page, "#passkeys-list"), /This laptop/);
  const made = await authenticator.credentials();
  assert.deepEqual(made.map((credential) => credential.isResidentCredential).sort(), [false, true]);
  ok("add a passkey, which stays on the authenticator");
  await press(page, "#sign-out");
  await page.goto(`${server.origin}/sign-in`);
  await page.waitForSelector("#passkey-form:not([hidden])");
  await accessible(page, "sign-in");
  await press(page, "#passkey");
  await signedInWith(page, "a passkey");
  ok("sign in with the passkey alone");
}

async function totp(page) {
  await press(page, "#add-totp");
  await accessible(page, "totp");
  const secret = await text(page, "#totp-secret");
  assert.match(await text(page, "#totp-uri"), /^otpauth:\/\/totp\/Example%20ID:ada\?secret=[A-Z2-7]{32}&issuer=Example%20ID&/);
  const right = [-30, 0, 30].map((later) => code(secret, later));
  await fill(page, { "totp-code": ["000000", "111111", "222222", "333333"].find((wrong) => !right.includes(wrong)) });
  await press(page, "#totp-confirm");
  assert.match(await text(page, "#error[role=alert]"), /not right/);
  assert.equal(await text(page, "#totp-secret"), secret, "a wrong code keeps the secret");
  await accessible(page, "totp-refused");
  await fill(page, { "totp-code": code(secret) });
  await press(page, "#totp-confirm");
  assert.equal(await text(page, "#totp-state"), "on");
  ok("set up one-time codes with the form");

  await press(page, "#new-backup-codes");
  await accessible(page, "backup-codes");
  const codes = await page.$$eval("#backup-codes code", (list) => list.map((entry) => entry.textContent));
  assert.equal(codes.length, 10);
  await press(page, "#codes-kept");
  assert.equal(await text(page, "#backup-codes-left"), "10 left");
  for (const summary of await page.$$("details:not([open]) > summary")) await summary.click();
  await accessible(page, "account-full");
  ok("make backup codes, shown once");
  return { secret, codes };
}

async function withoutJavaScript(page, { secret, codes }) {
  await password(page, "ada", "not the password");
  assert.match(await text(page, "#error[role=alert]"), /user name or the password/);
  await password(page);
  assert.equal(await page.$("#key-form:not([hidden])"), null, "no button that cannot work");
  const next = code(secret, 30); // that of now was spent by setting it up
  await fill(page, { "totp-code": next });
  await press(page, "#totp");
  await signedInWith(page, "your password and a one-time code");
  ok("without JavaScript: sign in with password and one-time code");

  await press(page, "#sign-out");
  await password(page);
  await fill(page, { "totp-code": next });
  await press(page, "#totp");
  assert.match(await text(page, "#error[role=alert]"), /used before/);
  ok("without JavaScript: the same code again is refused in words");

  await page.click("#backup summary");
  await fill(page, { "backup-code-code": codes[3].toUpperCase() });
  await press(page, "#backup-code");
  await signedInWith(page, "your password and a backup code");
  assert.equal(await text(page, "#backup-codes-left"), "9 left");
  ok("without JavaScript: sign in with a backup code");

  await page.click("#password-details summary");
  await fill(page, { current: PASSWORD, new: NEW_PASSWORD });
  await press(page, "#password");
  assert.match(await text(page, "#note"), /password is changed/);
  assert.equal((await page.$$("#session-list > li")).length, 1);
  ok("without JavaScript: change the password");

  await page.click("#passkeys-list summary");
  await press(page, "#passkeys-list .danger");
  assert.equal(await page.$("#passkeys-list"), null);
  await page.click("#security-keys-list summary");
  const name = await page.$("#security-keys-list input[name=name]");
  await name.evaluate((input) => (input.value = "In the drawer"));
  await press(page, "#security-keys-list .inline button");
  assert.match(await text(page, "#security-keys-list"), /In the drawer/);
  await press(page, "#remove-totp");
  assert.equal(await text(page, "#totp-state"), "off");
  ok("without JavaScript: remove a passkey, rename a key, switch codes off");

  await page.goto(`${server.origin}/register`);
  await fill(page, { username: "bob", password: PASSWORD });
  await press(page, "#register");
  await signedInWith(page, "your password");
  await press(page, "#sign-out");
  await page.goto(`${server.origin}/account`);
  assert.equal(new URL(page.url()).pathname, "/sign-in");
  ok("without JavaScript: register, sign out, and be led to the sign-in");
}

async function otherPages(page) {
  for (const [path, name] of [["/nothing-here", "not-found"], ["/problems/locked-out", "problem"]]) {
    await page.goto(server.origin + path);
    await accessible(page, name);
  }
  for (let tries = 0; tries < 6; tries += 1) await password(page, "carol", "a guess");
  assert.match(await text(page, "#error[role=alert]"), /Too many wrong passwords .* Try again in (30|29|2\d) seconds/);
  await accessible(page, "locked-out");
  ok("six guesses are told how long to wait; no finding of axe on any page, light or dark");
}

async function main() {
  server = await startServer(process.env.SIGNIN);
  browser = await launch(server.folder);
  const page = await newPage(browser);
  const authenticator = await addAuthenticator(page);
  await register(page);
  await securityKey(page, authenticator);
  await passkey(page, authenticator);
  const secrets = await totp(page);
  const plain = await newPage(browser, { javaScript: false });
  await withoutJavaScript(plain, secrets);
  await page.goto(`${server.origin}/account`);
  assert.equal(new URL(page.url()).pathname, "/sign-in", "the change of password ended this session");
  ok("the change of password has signed out the other browser");
  await otherPages(page);
  assert.deepEqual([...page.complaints, ...plain.complaints], [], "the console is clean");
  ok("no error in the console, so the content policy fits the pages");
}

for (const signal of ["SIGTERM", "SIGHUP"]) process.once(signal, () => process.exit(1));

let failed;
try {
  await main();
} catch (error) {
  failed = error;
}
await browser?.close();
const exit = await server?.stop();
if (!failed && exit !== 0) failed = new Error(`signin ended with ${exit} after SIGTERM`);
if (failed) {
  console.error(`not ok ${failed.stack}\n${server?.diary() ?? ""}`);
  process.exit(1);
}
ok("SIGTERM ends the server cleanly");
