// The member of an artifact that is itself an archive, plain or compressed, as a source of its decompressed bytes.
import { ArchiveError, DecodedStream, blockBytes } from "@host-service/archive";
import type { XzChoice } from "@host-service/archive";
import type { ArtifactErrorKind } from "../error.ts";
import { refusal, shown } from "../refusal.ts";
import type { Compression } from "../report.ts";
import { fill, prepended } from "../sources.ts";
import type { ByteSource } from "../streams.ts";
import { hasUstarMagic, isZero } from "../tar/strict-header.ts";

const suffixes: ReadonlyMap<string, Compression> = new Map([
  ["", "none"],
  [".gz", "gzip"],
  [".xz", "xz"],
  [".zst", "zstd"],
]);
const formats = { gzip: "tar.gz", xz: "tar.xz", zstd: "tar.zst" } as const;
const magics = {
  gzip: [0x1f, 0x8b, 0x08],
  xz: [0xfd, 0x37, 0x7a, 0x58, 0x5a, 0x00],
  zstd: [0x28, 0xb5, 0x2f, 0xfd],
} as const;

/** What the name says of a member that should be `base`, such as "header.tar"; undefined where it is another one. */
export function compressionOf(name: string, base: string): Compression | undefined {
  return name.startsWith(base) ? suffixes.get(name.slice(base.length)) : undefined;
}

export interface CompressedMember {
  readonly name: string;
  readonly bytes: number;
  readonly compression: Compression;
  /** The class of what is wrong with the compressed data. */
  readonly kind: ArtifactErrorKind;
}

export interface Decoders {
  readonly program: readonly string[];
  readonly xzMemoryBytesMax: number;
  readonly xz?: XzChoice | undefined;
}

export interface OpenMember {
  /** Its end says that the member was one whole stream. */
  readonly source: ByteSource;
  /** Ends the decoder, if there is one. */
  readonly close: () => Promise<void>;
}

/** Throws ArtifactError "structure" where the contents are not what the name says. */
export async function openMember(
  contents: ByteSource,
  member: CompressedMember,
  decoders: Decoders,
): Promise<OpenMember> {
  const { name, bytes, compression } = member;
  const head = new Uint8Array(Math.min(bytes, blockBytes));
  await fill(contents, head);
  if (!isOfKind(head, compression)) {
    const kind = compression === "none" ? "a plain tar" : `${compression} data`;
    throw refusal("structure", `${shown(name)} is not ${kind}, which its name says`);
  }
  const whole = prepended(head, contents);
  if (compression === "none") return { source: whole, close: async () => undefined };
  const stream = new DecodedStream((into) => whole.read(into), {
    program: decoders.program,
    format: formats[compression],
    bytes,
    memoryBytesMax: decoders.xzMemoryBytesMax,
    xz: decoders.xz,
  });
  const source: ByteSource = {
    async read(into) {
      try {
        return await stream.read(into);
      } catch (error) {
        throw decodeError(error, member);
      }
    },
  };
  return { source, close: () => stream.close() };
}

function isOfKind(head: Uint8Array, compression: Compression): boolean {
  if (compression === "none") return hasUstarMagic(head) || (head.byteLength === blockBytes && isZero(head));
  return magics[compression].every((byte, index) => head[index] === byte);
}

/** A decoder that could not run at all says nothing about the artifact. */
function decodeError(error: unknown, { name, kind }: CompressedMember): unknown {
  if (!(error instanceof ArchiveError) || error.kind === "failed") return error;
  const why = error.message.replace(/^Cannot \w+ [\w ]+: /u, "");
  return refusal(error.kind === "too-large" ? "limit" : kind, `${shown(name)}: ${why}`, { cause: error });
}
