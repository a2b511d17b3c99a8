// The server under test: on a free port of loopback, with a database in a folder that goes with it.

import { spawn } from "node:child_process";
import { rmSync } from "node:fs";
import { mkdtemp } from "node:fs/promises";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";

const freePort = () =>
  new Promise((resolve, reject) => {
    const probe = createServer();
    probe.on("error", reject);
    probe.listen(0, "127.0.0.1", () => {
      const { port } = probe.address();
      probe.close(() => resolve(port));
    });
  });

export async function startServer(program) {
  const port = await freePort();
  const origin = `http://localhost:${port}`;
  const folder = await mkdtemp(join(tmpdir(), "signin-browser-"));
  const child = spawn(
    program,
    ["serve", "--listen", `127.0.0.1:${port}`, "--origin", origin, "--rp-id", "localhost", "--name", "Example ID",
      "--database", join(folder, "signin.sqlite")],
    { stdio: ["ignore", "pipe", "pipe"] },
  );
  // Also when this script is stopped halfway.
  process.once("exit", () => {
    child.kill("SIGTERM");
    rmSync(folder, { recursive: true, force: true, maxRetries: 5 });
  });
  let diary = "";
  child.stderr.on("data", (text) => (diary += text));
  const ended = new Promise((resolve) => child.on("exit", (code, signal) => resolve(code ?? signal)));
  const first = await Promise.race([
    new Promise((resolve) => createInterface({ input: child.stdout }).once("line", resolve)),
    ended.then((code) => Promise.reject(new Error(`signin ended with ${code}: ${diary}`))),
  ]);
  if (!first.includes("listening")) throw new Error(`signin said ${first}`);
  return {
    origin,
    folder,
    diary: () => diary,
    // Ends it as systemd would, and gives its exit code.
    async stop() {
      child.kill("SIGTERM");
      return ended;
    },
  };
}
