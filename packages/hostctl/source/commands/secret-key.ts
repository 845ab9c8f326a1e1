import type { KeyObject } from "node:crypto";
import { checkLocalFile } from "@host-service/client";
import { parseSecretKey } from "@host-service/signature";
import type { SecretKey } from "@host-service/signature";
import { askPassword } from "../output/ask-password.ts";
import { CommandError } from "../output/failure.ts";
import { standardInput } from "./standard-input.ts";

const passwordBytesMax = 4096;

/** A secret key of minisign; its password comes from a file, from standard input as "-", or from who sits at the terminal. */
export async function openSecretKey(path: string, passwordFile: string | undefined): Promise<SecretKey> {
  const { path: real } = await checkLocalFile(path, { action: "read", what: "a secret key" });
  const file = parseSecretKey(await Bun.file(real).bytes(), `"${path}"`);
  if (!file.isEncrypted) return await file.open(undefined);
  return await file.open(await passwordOf(path, passwordFile));
}

/** A private key in PEM, for Mender artifacts; its password comes the same ways. */
export async function openSigningKey(path: string, passwordFile: string | undefined): Promise<KeyObject> {
  const { path: real } = await checkLocalFile(path, { action: "read", what: "a private key" });
  const pem = await Bun.file(real).text();
  const { parseSigningKey } = await import("@host-service/artifact");
  const isEncrypted = /^-----BEGIN ENCRYPTED |^Proc-Type: 4,ENCRYPTED/mu.test(pem);
  const password = isEncrypted ? { password: await passwordOf(path, passwordFile) } : {};
  return parseSigningKey(pem, { subject: `"${path}"`, ...password });
}

async function passwordOf(path: string, passwordFile: string | undefined): Promise<string> {
  const password =
    passwordFile === undefined ? await askPassword(`Password of ${path}: `) : await readPassword(passwordFile);
  if (password !== undefined) return password;
  throw new CommandError(`Cannot open "${path}": it has a password and there is no terminal; give --password-file`);
}

async function readPassword(file: string): Promise<string> {
  const real = file === "-" ? undefined : (await checkLocalFile(file, { action: "read", what: "a password" })).path;
  const stream = real === undefined ? standardInput() : Bun.file(real).stream();
  let text = "";
  const decoder = new TextDecoder();
  for await (const chunk of stream) {
    text += decoder.decode(chunk, { stream: true });
    if (text.length > passwordBytesMax) throw new CommandError("Cannot read the password: it is too long");
  }
  // What an editor or echo puts behind it is not part of it.
  return text.replace(/\r?\n$/, "");
}
