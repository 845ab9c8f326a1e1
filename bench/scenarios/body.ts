// A body of 1 GiB until it is durable and its digest is checked.
import { rmSync } from "node:fs";
import path from "node:path";
import { type Way, compare } from "../kit/compare.ts";
import { Device } from "../kit/device.ts";
import { startNginx } from "../kit/nginx.ts";
import type { Report } from "../kit/report.ts";
import { shell } from "../kit/run.ts";
import { deleteUpload, upload, uploadPieces } from "../kit/upload.ts";
import type { Bench } from "../kit/workplace.ts";

const bytes = 2 ** 30;

export async function body(bench: Bench): Promise<Report> {
  const { directory, rounds } = bench;
  const image = path.join(directory, "image");
  const copy = path.join(directory, "copy");
  await shell('head -c "$2" /dev/urandom >"$1"; sync "$1"', image, String(bytes));
  const digest = (await shell('openssl dgst -sha256 -binary "$1" | base64', image)).trim();
  const device = await Device.boot(bench);
  const nginx = await startNginx(directory);
  // A virtual machine gives freed pages back to its host, and pays for them again: each way starts after the same work.
  const before = () => shell('cp "$1" "$2"; rm "$2"; sync -f "$1"', image, copy);
  const after = () => rmSync(copy, { force: true });
  let url = "";
  const put =
    'curl -sf --unix-socket "$1" -T "$2" http://x/copy; sync "$3" & openssl dgst -sha256 "$3" >/dev/null; wait';
  const ways: Way[] = [
    {
      name: "cp, then sync beside openssl dgst",
      run: () => shell('cp "$1" "$2"; sync "$2" & openssl dgst -sha256 "$2" >/dev/null; wait', image, copy),
    },
    { name: "openssl dgst alone", run: () => shell('openssl dgst -sha256 "$1" >/dev/null', image) },
    {
      name: "host-service, body",
      run: () => device.receiveBody(Bun.file(image), digest),
      aim: 1.15,
    },
    {
      name: "host-service, resumable upload",
      run: async () => (url = await upload(device.socket, Bun.file(image), digest)),
      after: () => deleteUpload(device.socket, url),
      aim: 1.3,
    },
    {
      name: "host-service, upload in 100 pieces",
      run: async () => (url = await uploadPieces(device.socket, Bun.file(image), digest)),
      after: () => deleteUpload(device.socket, url),
    },
    { name: "host-service, path", run: () => device.receive(image, "path") },
    { name: "host-service, descriptor", run: () => device.receive(image, "fd") },
    ...(nginx === undefined
      ? []
      : [{ name: "nginx PUT by curl, then the same", run: () => shell(put, nginx.socket, image, nginx.file) }]),
  ];
  const rows = await compare(
    ways.map((way) => ({ after, ...way, before })),
    rounds,
  );
  nginx?.end();
  await device.end();
  rmSync(image);
  return { rows, figures: [], missing: nginx === undefined ? ["nginx"] : [] };
}
