import { SignatureError } from "../source/index.ts";

/** The kind of the SignatureError that the work throws, "none" where it throws nothing; any other error goes through. */
export function kindOf(work: () => unknown): string {
  try {
    work();
    return "none";
  } catch (error) {
    if (error instanceof SignatureError) return error.kind;
    throw error;
  }
}

export function messageOf(work: () => unknown): string {
  try {
    work();
    return "accepted";
  } catch (error) {
    if (error instanceof SignatureError) return error.message;
    throw error;
  }
}

export const bytesOf = (text: string): Uint8Array => new TextEncoder().encode(text);
