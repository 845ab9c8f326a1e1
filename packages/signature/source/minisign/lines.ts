// What minisign's files are made of: lines of text, a comment behind its label, and standard base64 of a fixed length.
import { SignatureError } from "../error.ts";
import type { SignatureErrorKind } from "../error.ts";

export const untrustedLabel = "untrusted comment: ";
export const trustedLabel = "trusted comment: ";
/** As minisign writes it in front of an Ed25519 key and of a signature over the message itself. */
export const ed25519 = "Ed";

/** Minisign's own limits, with its end of line. */
const commentBytesMax = 1024;
const trustedCommentBytesMax = 8192;
const fileBytesMax = 16 * 1024;

/** A reading that says of which file and in which line something is wrong. */
export class Lines {
  readonly #lines: readonly string[];
  readonly #subject: string;
  readonly #kind: SignatureErrorKind;

  /** `subject` completes "Cannot read …". Takes LF and CRLF, with or without an end of the last line. */
  constructor(contents: Uint8Array, options: { subject: string; kind: SignatureErrorKind }) {
    this.#subject = options.subject;
    this.#kind = options.kind;
    if (contents.byteLength > fileBytesMax) {
      throw this.refuse(`it has ${contents.byteLength} bytes, and at most ${fileBytesMax} are read`);
    }
    this.#lines = this.#decode(contents)
      .replace(/\r?\n$/, "")
      .split(/\r?\n/);
  }

  get count(): number {
    return this.#lines.length;
  }

  /** Refuses another number of lines than `count`. */
  expect(count: number, what: string): void {
    const found = this.#lines.length === 1 ? "one line" : `${this.#lines.length} lines`;
    if (this.#lines.length !== count) throw this.refuse(`it has ${found}, and ${what} has ${count}`);
  }

  /** The comment behind its label in a line, counted from 1. */
  comment(line: number, label: typeof untrustedLabel | typeof trustedLabel): string {
    const text = this.#lines[line - 1] ?? "";
    if (!text.startsWith(label)) throw this.refuse(`line ${line} does not begin with "${label.trimEnd()}"`);
    const comment = text.slice(label.length);
    const problem = commentProblem(comment, label);
    if (problem !== undefined) throw this.refuse(`the comment in line ${line} ${problem}`);
    return comment;
  }

  /** The bytes that a line holds in base64; there is one way only to write them. */
  base64(line: number, bytes: number): Buffer {
    const text = this.#lines[line - 1] ?? "";
    const decoded = Buffer.from(text, "base64");
    if (decoded.toString("base64") !== text) throw this.refuse(`line ${line} is not base64`);
    if (decoded.byteLength !== bytes) {
      throw this.refuse(`line ${line} holds ${decoded.byteLength} bytes, and ${bytes} are needed`);
    }
    return decoded;
  }

  refuse(why: string): SignatureError {
    return new SignatureError(this.#kind, `Cannot read ${this.#subject}: ${why}`);
  }

  #decode(contents: Uint8Array): string {
    try {
      // A byte order mark would be signed with a trusted comment, so it stays.
      return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(contents);
    } catch {
      throw this.refuse("it is not text in UTF-8");
    }
  }
}

/** What is wrong with a comment, as the end of a sentence. Minisign itself writes tabs between the words of its own. */
export function commentProblem(
  comment: string,
  label: typeof untrustedLabel | typeof trustedLabel,
): string | undefined {
  const bytesMax = label === trustedLabel ? trustedCommentBytesMax : commentBytesMax;
  if (Buffer.byteLength(label) + Buffer.byteLength(comment) >= bytesMax) return "is too long";
  return /[\p{Cc}\u2028\u2029]/u.test(comment.replaceAll("\t", "")) ? "has control characters" : undefined;
}

/** Minisign shows a key id as one number, although it lies in the files with its last byte first. */
export function keyIdOf(bytes: Uint8Array): string {
  return Buffer.from(bytes).reverse().toString("hex").toUpperCase();
}

export function keyIdBytes(keyId: string): Buffer {
  return Buffer.from(keyId, "hex").reverse();
}
