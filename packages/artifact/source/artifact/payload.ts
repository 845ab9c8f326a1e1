// data/0000.tar: no sum covers it but those of its files, so everything around them is taken as strictly as it can be.
import { refusal, shown } from "../refusal.ts";
import type { PayloadFile } from "../report.ts";
import { pour } from "../pour.ts";
import type { PayloadSink } from "../streams.ts";
import type { TarArchive } from "../tar/tar-archive.ts";

export interface PayloadRules {
  /** The digests by the names of the files. */
  readonly files: ReadonlyMap<string, string>;
  readonly isRootImage: boolean;
  readonly slotBytes: number | undefined;
  readonly sink: PayloadSink | undefined;
}

const archiveBytesMore = 1024 * 1024;

/** Reads the archive to its end; files go to the sink in blocks. Throws ArtifactError "payload", "space", "limit" or "checksum". */
export async function readPayload(archive: TarArchive, rules: PayloadRules): Promise<PayloadFile[]> {
  const done: PayloadFile[] = [];
  for (;;) {
    const member = await nextFile(archive, rules, done);
    if (member === undefined) break;
    const { file, bytes, sha256 } = member;
    await rules.sink?.begin({ file, bytes });
    const found = await pour(archive.contents, { sink: rules.sink, bytes });
    if (found.sha256 !== sha256) throw refusal("checksum", `SHA-256 of ${shown(file)} differs from the manifest`);
    done.push(member);
  }
  const missing = [...rules.files.keys()].find((file) => !done.some((one) => one.file === file));
  if (missing !== undefined) {
    throw refusal("payload", `file ${shown(missing)} is listed in the manifest and does not come`);
  }
  return done;
}

/** What can be known of the next file before its first byte, which is `sha256` of the manifest, too. */
export async function nextFile(
  archive: TarArchive,
  { files, isRootImage, slotBytes }: Omit<PayloadRules, "sink">,
  done: readonly PayloadFile[],
): Promise<PayloadFile | undefined> {
  const member = await archive.next();
  if (member === undefined) return undefined;
  const { name: file, bytes } = member;
  const sha256 = files.get(file);
  if (sha256 === undefined) throw refusal("payload", `file ${shown(file)} is not listed in the manifest`);
  if (done.some((one) => one.file === file)) throw refusal("payload", `file ${shown(file)} comes twice`);
  if (isRootImage && bytes === 0) throw refusal("payload", `the image ${shown(file)} is empty`);
  if (slotBytes !== undefined) checkRoom(bytes, slotBytes, done);
  return { file, bytes, sha256 };
}

function checkRoom(bytes: number, slotBytes: number, done: readonly PayloadFile[]): void {
  if (bytes > slotBytes) throw refusal("space", `the image has ${bytes} bytes, the slot ${slotBytes}`);
  const total = done.reduce((sum, file) => sum + file.bytes, bytes);
  if (total > slotBytes + archiveBytesMore) {
    throw refusal("limit", `the payload has more than ${slotBytes + archiveBytesMore} bytes`);
  }
}
