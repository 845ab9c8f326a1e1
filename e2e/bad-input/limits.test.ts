// More than the configuration allows, or less arriving than it wants.
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { end, entry, joined } from "@host-service/fixtures";
import { json } from "../kit/api.ts";
import type { Device } from "../kit/device.ts";
import { needsTools } from "../kit/requirements.ts";
import { packed } from "./compressed.ts";
import { goodImage, noise } from "./good-image.ts";
import { Table } from "./table.ts";

const table = new Table("limits", {
  device: {
    limits: {
      image_bytes_max: 1024 * 1024,
      unpacked_bytes_max: 2 * 1024 * 1024,
      entries_max: 50,
      stall_timeout: "300ms",
    },
  },
});
const large = new Uint8Array(3 * 1024 * 1024);
const install = "/v1/containers/edge/install";
const tarType = { "content-type": "application/x-tar" };
const atLeast = [/at least \d.*?\)/gu, "at least <bytes>"] as const;

function file(name: string, contents: Uint8Array): string {
  const path = join(table.workplace, name);
  writeFileSync(path, contents);
  return path;
}

/** In pieces, so that nobody knows how long it will be. */
function chunked(bytes: Uint8Array): ReadableStream<Uint8Array> {
  let at = 0;
  return new ReadableStream<Uint8Array>({
    pull(controller) {
      if (at >= bytes.byteLength) return controller.close();
      controller.enqueue(bytes.subarray(at, (at += 256 * 1024)));
    },
  });
}

table.row("image_bytes_max, by path", 5, (d) =>
  d.hostctl("container", "install", goodImage().config, file("large.tar", large)),
);
table.row("image_bytes_max, by a bundle", 5, (d) => d.hostctl("container", "install", file("large.tar", large)));
table.row("image_bytes_max, by a bundle of 30 MiB", 5, (d) =>
  d.hostctl("container", "install", file("larger.tar", new Uint8Array(30 * 1024 * 1024)), "--name", "edge"),
);
table.rawRow("image_bytes_max, by a body of known size", 413, (d) =>
  json(d.socket, install, { method: "POST", headers: tarType, body: large }),
);
table.rawRow(
  "image_bytes_max, by a body of unknown size",
  413,
  (d) => json(d.socket, install, { method: "POST", headers: tarType, body: chunked(large) }),
  { mask: [atLeast] },
);
table.row(
  "unpacked_bytes_max, stated by the archive",
  5,
  async (d) => {
    const xz = await packed(joined(entry({ name: "zeros" }, large), end()), "tar.xz");
    return await d.hostctl("container", "install", goodImage().config, file("large.tar.xz", xz));
  },
  { unless: [needsTools("xz")] },
);
table.row(
  "unpacked_bytes_max, not stated by the archive",
  5,
  async (d) => {
    const zst = await packed(joined(entry({ name: "zeros" }, large), end()), "tar.zst");
    return await d.hostctl("container", "install", goodImage().config, file("large.tar.zst", zst));
  },
  { unless: [needsTools("zstd")] },
);
table.row(
  "unpacked_bytes_max, after the end of the archive",
  5,
  async (d) => {
    const zst = await packed(joined(end(), large), "tar.zst");
    return await d.hostctl("container", "install", goodImage().config, file("after.tar.zst", zst));
  },
  { unless: [needsTools("zstd")] },
);
table.row("entries_max", 5, (d) => {
  const entries = Array.from({ length: 51 }, (_, index) => entry({ name: `f${index}` }));
  return d.hostctl("container", "install", goodImage().config, file("many.tar", joined(...entries, end())));
});
table.rawRow("a body that stalls", 408, (d) => stalled(d, { "content-length": "500000" }));
table.rawRow("a chunked body that stalls", 408, (d) => stalled(d, { "transfer-encoding": "chunked" }));

/** Bytes for a while, and then none, without an end. */
async function stalled(device: Device, headers: Record<string, string>) {
  const lines = Object.entries({ host: "h", ...tarType, ...headers }).map(([key, value]) => `${key}: ${value}\r\n`);
  const said = Promise.withResolvers<string>();
  let text = "";
  const socket = await Bun.connect({
    unix: device.socket,
    socket: {
      data: (_, bytes) => void (text += new TextDecoder().decode(bytes)),
      close: () => said.resolve(text),
    },
  });
  socket.write(`POST ${install} HTTP/1.1\r\n${lines.join("")}\r\n`);
  socket.write("transfer-encoding" in headers ? "3e8\r\n" : "");
  socket.write(noise(1000));
  const answer = await said.promise;
  const status = Number(/^HTTP\/1\.1 (\d+)/u.exec(answer)?.[1]);
  return { status, body: JSON.parse(/\{.*\}/su.exec(answer)?.[0] ?? "{}") as Record<string, unknown> };
}
table.complete();
