// A tar from its first block to the end of its source, member by member. Nothing is read ahead, so that the bytes of a member come straight from
// the source into the caller's buffer. When next() has answered undefined, every byte of the source was accounted for.
import { blockBytes } from "@host-service/archive";
import type { ArtifactErrorKind } from "../error.ts";
import { paddingBytesMax } from "../limits.ts";
import { refusal, shown } from "../refusal.ts";
import { fill } from "../sources.ts";
import type { ByteSource } from "../streams.ts";
import { type MemberHeader, isZero, readHeader } from "./strict-header.ts";

export interface TarRules {
  /** The class of what is malformed, and of an end that comes too early. */
  readonly kind: ArtifactErrorKind;
  readonly cutOffKind: ArtifactErrorKind;
  /** What is read, in messages: "the file", "header.tar.gz". */
  readonly what: string;
  /** What the whole is called: "the artifact", "the set". */
  readonly as?: string;
}

export class TarArchive {
  readonly #source: ByteSource;
  readonly #rules: TarRules;
  #member: MemberHeader | undefined;
  #left = 0;

  constructor(source: ByteSource, rules: TarRules) {
    this.#source = source;
    this.#rules = rules;
  }

  /** The contents of the member that next() has answered; they end where it does. */
  readonly contents: ByteSource = {
    read: async (into) => {
      if (this.#left === 0) return 0;
      const got = await this.#source.read(into.subarray(0, Math.min(into.byteLength, this.#left)));
      if (got === 0) throw this.#cutOff();
      this.#left -= got;
      return got;
    },
  };

  /** The whole contents of a member whose size was found acceptable. */
  async readAll(): Promise<Uint8Array> {
    const bytes = new Uint8Array(this.#left);
    await fill(this.contents, bytes);
    return bytes;
  }

  /** The next file, when the one before was read to its end; undefined at the end of the archive. Throws ArtifactError. */
  async next(): Promise<MemberHeader | undefined> {
    if (this.#left > 0) throw new Error("Cannot go on in an archive: a member was not read to its end");
    if (this.#member !== undefined) await this.#skipPadding(this.#member);
    const block = new Uint8Array(blockBytes);
    const filled = await fill(this.#source, block);
    if (filled < blockBytes) throw this.#cutOff();
    const header = readHeader(block);
    if (header === "zeros") {
      await this.#readEnd();
      return undefined;
    }
    if ("wrong" in header) throw this.#malformed(`the tar header ${this.#where()} ${header.wrong}`);
    this.#member = header;
    this.#left = header.bytes;
    return header;
  }

  async #skipPadding(member: MemberHeader): Promise<void> {
    const padding = new Uint8Array((blockBytes - (member.bytes % blockBytes)) % blockBytes);
    if ((await fill(this.#source, padding)) < padding.byteLength) throw this.#cutOff();
    if (!isZero(padding)) throw this.#malformed(`the padding after ${shown(member.name)} is not zero`);
  }

  async #readEnd(): Promise<void> {
    const second = new Uint8Array(blockBytes);
    const filled = await fill(this.#source, second);
    if (!isZero(second)) throw this.#malformed(`a single block of zeros stands ${this.#where()}`);
    if (filled < blockBytes) throw this.#cutOff();
    const behind = new Uint8Array(paddingBytesMax + 1);
    const more = await fill(this.#source, behind);
    if (!isZero(behind.subarray(0, more))) throw this.#malformed("there is something behind its end");
    if (more > paddingBytesMax) throw this.#malformed(`more than ${paddingBytesMax} zeros are behind its end`);
  }

  #where(): string {
    return this.#member === undefined ? "at the start" : `after ${shown(this.#member.name)}`;
  }

  #cutOff(): Error {
    const isInside = this.#left > 0;
    const where = isInside ? `inside ${shown(this.#member?.name ?? "")}` : this.#where();
    return refusal(this.#rules.cutOffKind, `${this.#rules.what} ends ${where}`, this.#rules);
  }

  #malformed(why: string): Error {
    const { kind, what } = this.#rules;
    return refusal(kind, what === "the file" ? why : `${what}: ${why}`, this.#rules);
  }
}
