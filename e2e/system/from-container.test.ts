// An upgrade of the host that a container asks for: what it may name, and what a request that is not what it says leads to.
import { expect } from "bun:test";
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { sha256 } from "@host-service/fixtures";
import { goodImage } from "../bad-input/good-image.ts";
import { type ApiRequest, json } from "../kit/api.ts";
import { beginUpload } from "../kit/half-upload.ts";
import { type HandedOver, handOver } from "../kit/hand-over.ts";
import { workshop } from "../kit/images.ts";
import { worked } from "../kit/steps.ts";
import { until } from "../kit/until.ts";
import { Failures, type Story, files, slotBytes } from "./failures.ts";

const failures = new Failures("from a container");
const story = failures.story.bind(failures);
const to = "/v1/system/upgrade";
const octets = { "content-type": "application/octet-stream" };
const more = ["[containers.edge]", 'allow = ["system"]', "[containers.plain]", 'allow = ["container", "power"]'];

/** Two containers run on the host; edge may upgrade it. */
async function socketOf({ host }: Story, container: string): Promise<string> {
  const { config, rootfs } = goodImage();
  await host.board.write("/data/config.yaml", await readFile(config));
  await host.board.write("/data/rootfs.tar", await readFile(rootfs));
  worked(await host.hostctl("container", "install", "/data/config.yaml", "/data/rootfs.tar", "--name", container));
  const socket = host.seenFromOutside(`/run/host-service.d/${container}/host-service`);
  await until(
    "the container is answered",
    async () => (await json(socket, "/v1/ping").catch(() => undefined))?.status === 200,
  );
  return socket;
}

/** The request is answered with this status, and nothing has changed. */
async function refuses(s: Story, status: number, socket: string, init: ApiRequest): Promise<void> {
  await s.fails({ exit: status, inactive: "unknown" }, async () => {
    const answer = await json(socket, to, { method: "POST", ...init });
    return { stdout: `${String(answer.body["detail"])}\n`, stderr: "", exitCode: answer.status };
  });
}

const named = (request: Record<string, unknown>): ApiRequest => ({
  headers: { "content-type": "application/json" },
  body: JSON.stringify(request),
});

async function localCopy(s: Story): Promise<{ file: string; good: Uint8Array }> {
  const good = await readFile(s.host.seenFromOutside(files.good));
  const file = join(workshop, "good.mender");
  await writeFile(file, good);
  return { file, good };
}

story("paths of the host, and a container that was not granted system", { more }, async (s) => {
  const edge = await socketOf(s, "edge");
  await refuses(s, 403, edge, named({ source: { path: files.good } }));
  await refuses(s, 403, edge, named({ source: { path: "/etc/passwd" } }));
  await refuses(s, 403, edge, named({ source: { inline: "x" }, signature: { path: "/etc/passwd" } }));
  const plain = await socketOf(s, "plain");
  await refuses(s, 403, plain, named({ source: { inline: "x" } }));
  expect((await json(plain, "/v1/system")).status).toBe(403);
  await s.goesOn();
});

story("files that another one has handed over", { more }, async (s) => {
  const [edge, plain] = [await socketOf(s, "edge"), await socketOf(s, "plain")];
  const { file } = await localCopy(s);
  const ofPlain = await handOver(plain, "file", file);
  const ofHost = await handOver(s.host.socket, "file", file);
  for (const { token } of [ofPlain, ofHost]) await refuses(s, 422, edge, named({ source: { token } }));
  const leave = async (them: HandedOver[]) => void (await Promise.all(them.map((one) => one.leave())));
  await leave([ofPlain, ofHost]);
  const own = await handOver(edge, "file", file);
  await refuses(s, 422, edge, named({ source: { token: own.token }, sha256: "0".repeat(64) }));
  // It was used.
  await refuses(s, 422, edge, named({ source: { token: own.token } }));
  await leave([own]);
  await s.goesOn();
});

story("a signature that is as large as an image", { more }, async (s) => {
  const edge = await socketOf(s, "edge");
  const large = join(workshop, "large.minisig");
  await writeFile(large, new Uint8Array(4 * 1024 * 1024).fill(7));
  const signature = await handOver(edge, "file", large);
  await refuses(s, 413, edge, named({ source: { inline: "x" }, signature: { token: signature.token } }));
  await signature.leave();
  await s.goesOn();
});

story("a body that is not what its headers say", { more }, async (s) => {
  const edge = await socketOf(s, "edge");
  const { good } = await localCopy(s);
  const digest = (bytes: Uint8Array) => `sha-256=:${Buffer.from(sha256(bytes), "hex").toBase64()}:`;
  const wrong = { ...octets, "content-digest": digest(Buffer.from("another")) };
  await refuses(s, 422, edge, { headers: wrong, body: good });
  await refuses(s, 400, edge, { headers: { ...octets, "content-digest": "md5=:AAAA:" }, body: good });
  await refuses(s, 400, edge, { headers: { "content-type": "text/html" }, body: good });
  await refuses(s, 400, edge, { headers: { "content-type": "application/json" }, body: '{"source":{"path":1}}' });
  // Longer than it is: whoever sends closes its side before all has come.
  await s.fails({ exit: 422, inactive: "unknown" }, async () => {
    const id = crypto.randomUUID();
    const headers = { "Content-Type": octets["content-type"], "Operation-Id": id };
    const upload = await beginUpload(edge, { to, bytes: slotBytes, first: good, headers });
    upload.socket.end();
    const { body } = await until("the operation ends", async () => {
      const answer = await json(s.host.socket, `/v1/operations/${id}`);
      return answer.status === 200 && answer.body["state"] !== "running" ? answer : undefined;
    });
    const { detail, status } = body["problem"] as { detail: string; status: number };
    return { stdout: `${detail}\n`, stderr: "", exitCode: status };
  });
  const { status } = await json(edge, to, {
    method: "POST",
    headers: { ...octets, "content-digest": digest(good) },
    body: good,
  });
  expect(status).toBe(200);
  worked(await s.host.hostctl("system", "rollback"));
  await s.goesOn();
});

story("a wish that is none", { more }, async (s) => {
  const edge = await socketOf(s, "edge");
  const { good } = await localCopy(s);
  await s.fails({ exit: 400 }, async () => {
    const { status, body } = await json(edge, `${to}?allow-downgrade=maybe`, {
      method: "POST",
      headers: octets,
      body: good,
    });
    return { stdout: `${String(body["detail"])}\n`, stderr: "", exitCode: status };
  });
  await s.goesOn();
});
failures.complete();
