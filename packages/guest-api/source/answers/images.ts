// `/1.0/images/{fingerprint}/export`: what `incus image export` and `lxc image export` take from the guest's socket. Files go out inside the runtime.
import { randomBytes } from "node:crypto";
import { stat } from "node:fs/promises";
import type { Flavour } from "../model/switches.ts";
import { error, imageError } from "./answer.ts";

export interface ImageFile {
  path: string;
  /** "tar.gz" */
  extension: string;
}

export interface Image {
  /** 64 hexadecimal digits: of the file, or of the metadata followed by the rootfs. */
  fingerprint: string;
  files: { kind: "unified"; image: ImageFile } | { kind: "split"; metadata: ImageFile; rootfs: ImageFile };
  isPublic: boolean;
}

/** What the host offers to its guests, at this moment. */
export type Images = () => readonly Image[];

export async function exportImage(
  asked: string,
  { request, flavour, images }: { request: Request; flavour: Flavour; images: Images },
): Promise<Response> {
  const found = find(asked, flavour, images());
  if (found === undefined) {
    return imageError(flavour === "lxd" ? "Image not found" : `Image "${asked}" not found`);
  }
  if (!found.isPublic) {
    return imageError(`Image "${flavour === "lxd" ? found.fingerprint : asked}" not found`);
  }
  const own: Record<string, string> = flavour === "incus" ? { "x-incus-type": "incus" } : {};
  if (found.files.kind === "split") return splitImage(found.fingerprint, found.files, own);
  return await unifiedImage(found.fingerprint, found.files.image, { request, own });
}

function find(asked: string, flavour: Flavour, images: readonly Image[]): Image | undefined {
  const exact = images.find(({ fingerprint }) => fingerprint === asked);
  if (exact !== undefined || flavour === "incus" || asked === "") return exact;
  const [only, ...others] = images.filter(({ fingerprint }) => fingerprint.startsWith(asked));
  return others.length === 0 ? only : undefined;
}

async function unifiedImage(
  fingerprint: string,
  { path, extension }: ImageFile,
  { request, own }: { request: Request; own: Record<string, string> },
): Promise<Response> {
  const { size, mtime } = await stat(path);
  const headers: Record<string, string> = {
    "accept-ranges": "bytes",
    "content-disposition": `inline;filename=${fingerprint}.${extension}`,
    "content-type": "application/octet-stream",
    "last-modified": mtime.toUTCString(),
    ...own,
  };
  const range = rangeOf(request.headers.get("range"), size);
  if (range === "unsatisfiable") {
    return error(416, "invalid range: failed to overlap", { "content-range": `bytes */${size}` });
  }
  const file = Bun.file(path);
  if (range === undefined) return new Response(file, { headers });
  headers["content-range"] = `bytes ${range.start}-${range.end - 1}/${size}`;
  return new Response(file.slice(range.start, range.end), { status: 206, headers });
}

/** One range (RFC 9110, 14.1.2); several, or what is none, mean the whole file. */
function rangeOf(header: string | null, size: number): { start: number; end: number } | "unsatisfiable" | undefined {
  const [, first, last] = /^bytes=\s*(\d*)\s*-\s*(\d*)\s*$/u.exec(header ?? "") ?? [];
  if (first === undefined || last === undefined || first + last === "") return undefined;
  if (first === "") {
    return Number(last) === 0 ? "unsatisfiable" : { start: Math.max(0, size - Number(last)), end: size };
  }
  const [start, end] = [Number(first), last === "" ? size : Math.min(size, Number(last) + 1)];
  if (last !== "" && Number(last) < start) return undefined;
  return start >= size ? "unsatisfiable" : { start, end };
}

function splitImage(
  fingerprint: string,
  { metadata, rootfs }: { metadata: ImageFile; rootfs: ImageFile },
  own: Record<string, string>,
): Response {
  const boundary = randomBytes(30).toString("hex");
  const parts = [
    { name: "metadata", filename: `meta-${fingerprint}.${metadata.extension}`, path: metadata.path },
    { name: "rootfs", filename: `${fingerprint}.${rootfs.extension}`, path: rootfs.path },
  ];
  async function* body(): AsyncGenerator<Uint8Array> {
    for (const [index, { name, filename, path }] of parts.entries()) {
      const disposition = `form-data; name="${name}"; filename="${filename}"`;
      const head = `--${boundary}\r\nContent-Disposition: ${disposition}\r\nContent-Type: application/octet-stream\r\n\r\n`;
      yield Buffer.from((index === 0 ? "" : "\r\n") + head);
      yield* Bun.file(path).stream();
    }
    yield Buffer.from(`\r\n--${boundary}--\r\n`);
  }
  return new Response(body(), { headers: { "content-type": `multipart/form-data; boundary=${boundary}`, ...own } });
}
