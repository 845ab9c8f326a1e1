// Two gigabytes arrive, and the daemon stays small and answers.
import { expect } from "bun:test";
import { mkdir, mkdtemp, rm, statfs } from "node:fs/promises";
import { join } from "node:path";
import { writeBigBundle } from "./kit/big-bundle.ts";
import type { Device } from "./kit/device.ts";
import { pingUntil } from "./kit/good-client.ts";
import { onDevice } from "./kit/on-device.ts";
import { memoryOf } from "./kit/processes.ts";
import { repository } from "./kit/program.ts";
import { needsTools, testUnless } from "./kit/requirements.ts";
import { run } from "./kit/run.ts";
import type { Answer } from "./kit/run.ts";

const fileBytes = 2 * 1024 ** 3;
const residentBytesMax = 80e6;
const waitMaxMs = 50;
const freeBytesMin = 3 * fileBytes;

// Temporary directories are memory on some machines; this one is where the repository is.
const disk = join(repository, ".cache/e2e");
await mkdir(disk, { recursive: true });
const free = await statfs(disk);
const reasons = [free.bavail * free.bsize < freeBytesMin ? "it needs 6 GiB of disk space" : undefined];

/** Sends a body of two gigabytes and measures the daemon meanwhile. */
async function measured(
  name: string,
  options: { isBroken: boolean },
  send: (device: Device, bundle: string) => Promise<Answer>,
) {
  const directory = await mkdtemp(join(disk, "body-"));
  try {
    let answer: Answer | undefined;
    const story = (idle: Device) =>
      onDevice(
        async (device) => {
          const bundle = join(directory, "bundle.tar");
          const bytes = await writeBigBundle(bundle, { fileBytes, ...options });
          const started = performance.now();
          const sending = send(device, bundle);
          const [waits, idleWaits] = await Promise.all([
            pingUntil(device.socket, sending),
            pingUntil(idle.socket, sending),
          ]);
          answer = await sending;
          const seconds = (performance.now() - started) / 1000;
          const resident = await memoryOf(device.daemonPid, "VmHWM");
          console.error(
            `${name}: ${bytes} bytes in ${seconds.toFixed(1)} s, daemon at most ${(resident / 1e6).toFixed(1)} MB, ` +
              `ping ${JSON.stringify(waits)}, of an idle daemon ${JSON.stringify(idleWaits)}`,
          );
          expect(resident).toBeLessThan(residentBytesMax);
          expect(waits.requests).toBeGreaterThan(50);
          // What a busy machine lets every process wait is no fault of the daemon; the longest wait of all is only told.
          expect(waits.p99Ms).toBeLessThan(waitMaxMs + idleWaits.p99Ms);
          expect(await device.inbox()).toEqual([]);
        },
        { stateBelow: directory },
      );
    await onDevice(story);
    return answer;
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
}

testUnless(
  reasons,
  "an image of 2 GiB is streamed and unpacked beside a daemon that stays small and answers",
  async () => {
    const answer = await measured("hostctl", { isBroken: false }, (device, bundle) =>
      device.hostctl("container", "install", bundle, "--progress", "none"),
    );
    expect(answer).toEqual({ stdout: "OK\n", stderr: "", exitCode: 0 });
  },
);

testUnless(
  [...reasons, needsTools("curl")],
  "a body of 2 GiB that is refused at its end is the same, and leaves nothing",
  async () => {
    const answer = await measured("curl", { isBroken: true }, (device, bundle) =>
      run([
        "curl",
        "--silent",
        "--unix-socket",
        device.socket,
        "-X",
        "POST",
        "-T",
        bundle,
        "http://x/v1/containers/edge/install",
      ]),
    );
    expect(JSON.parse(answer?.stdout ?? "")).toMatchObject({ status: 422, code: "image-refused" });
  },
);

testUnless([...reasons, needsTools("curl")], "a resumable upload of 2 GiB in one request is the same", async () => {
  const answer = await measured("upload", { isBroken: false }, async (device, bundle) => {
    const where = ["-sS", "--unix-socket", device.socket];
    const headers = ["-H", "Content-Type: application/octet-stream", "-H", "Upload-Complete: ?1", "-H", "Expect:"];
    const sent = await run(["curl", ...where, ...headers, "-T", bundle, "-X", "POST", "http://host/v1/uploads"]);
    const { id } = JSON.parse(sent.stdout) as { id: string };
    await run(["curl", ...where, "-X", "DELETE", `http://host/v1/uploads/${id}`]);
    return sent;
  });
  expect(answer).toMatchObject({ stderr: "", exitCode: 0 });
  expect(JSON.parse(answer?.stdout ?? "")).toMatchObject({ sha256: expect.stringMatching(/^[0-9a-f]{64}$/u) });
});
