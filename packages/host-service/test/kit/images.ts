// Images made of tar blocks, as small as an image can be.
import { configYaml, end, entry, joined } from "@host-service/fixtures";
import { packBundle } from "@host-service/archive";

export interface Image {
  config: string;
  rootfs: Uint8Array;
  meta?: Uint8Array;
}

/** Whoever runs the tests owns the files, so that a daemon without root can keep their owners. */
const owner = { uid: process.getuid?.() ?? 0, gid: process.getgid?.() ?? 0 };

export function tree(files: Readonly<Record<string, string>>): Uint8Array {
  const entries = Object.entries(files).map(([name, contents]) => entry({ ...owner, name }, contents));
  return Bun.gzipSync(
    new Uint8Array(joined(entry({ ...owner, name: "./", type: "5", mode: 0o755 }), ...entries, end())),
  );
}

/** An image whose bytes differ by its version. */
export function imageOf(version: string, wishes: { name?: string; meta?: Uint8Array; config?: string } = {}): Image {
  const { name = "edge", meta, config = configYaml({ name, version }) } = wishes;
  return { config, rootfs: tree({ version, hello: "world\n" }), ...(meta === undefined ? {} : { meta }) };
}

const filesMany = 5_000;

/** An image that takes its time to unpack: very many empty files. */
export function slowImage(version: string): Image {
  const entries = Array.from({ length: filesMany }, (_, index) => entry({ ...owner, name: `f${index}` }));
  return { ...imageOf(version), rootfs: Bun.gzipSync(new Uint8Array(joined(...entries, end())), { level: 1 }) };
}

export async function bundleOf({ config, rootfs, meta }: Image): Promise<Uint8Array<ArrayBuffer>> {
  const { stream } = packBundle([
    { name: "config.yaml", contents: config },
    ...(meta === undefined ? [] : [{ name: "meta.tar.gz", contents: meta }]),
    { name: "rootfs.tar.gz", contents: rootfs },
  ]);
  return new Uint8Array(await new Response(stream).arrayBuffer());
}
