import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { mkdir, mkdtemp, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseConfiguration } from "../../source/configuration/configuration.ts";
import { loadPolicy } from "../../source/configuration/trusted-keys.ts";

let directory = "";

/** The line of base64 of a key with this id, whose bytes are made up: nothing is verified with it here. */
function publicKey(keyId: string): string {
  const bytes = Buffer.concat([Buffer.from("Ed"), Buffer.from(keyId, "hex").reverse(), Buffer.alloc(32, 7)]);
  return bytes.toString("base64");
}

const [first, second] = ["00000000000000A1", "00000000000000B2"];

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), "trusted-keys-"));
  await mkdir(join(directory, "keys"));
  await writeFile(join(directory, "keys/a.pub"), `untrusted comment: a\n${publicKey(first)}\n`);
  await writeFile(join(directory, "keys/b.pub"), publicKey(second));
  await writeFile(join(directory, "bad.pub"), "untrusted comment: bad\nRWQ?\n");
  await symlink("keys/a.pub", join(directory, "link.pub"));
});
afterAll(() => rm(directory, { recursive: true }));

async function load(text: string) {
  const { verify, file } = parseConfiguration(`[verify.container]\n${text}`, join(directory, "config.toml"));
  return await loadPolicy(verify.container, file);
}

async function refusal(text: string): Promise<string> {
  const failure = await load(text).then(
    () => "accepted",
    (error: unknown) => (error instanceof Error ? error.message : String(error)),
  );
  return failure.replaceAll(directory, "DIR");
}

describe("loadPolicy", () => {
  test("keys are found beside the configuration, each file once, in the order of their names", async () => {
    const { keyring, signatureRequiredBy } = await load('keys = ["keys/*.pub", "keys/a.pub"]');
    expect(keyring.keys.map(({ keyId }) => keyId)).toEqual([first, second]);
    expect(signatureRequiredBy).toBe('"verify.container.require_signature" of this host');
  });

  test("a link and an absolute path lead to a key as well", async () => {
    const keyIds = async (text: string) => (await load(text)).keyring.keys.map(({ keyId }) => keyId);
    expect(await keyIds('keys = ["link.pub"]')).toEqual([first]);
    expect(await keyIds(`keys = ["${directory}/keys/b.pub"]`)).toEqual([second]);
  });

  test("without keys nothing is asked for", async () => {
    expect(await load("")).toEqual({
      keyring: { keys: [], expiry: new Map(), revoked: new Set() },
      signatureRequiredBy: undefined,
    });
  });

  test("a key file that is none is told with its line", async () => {
    expect(await refusal('keys = ["*.pub"]')).toBe('Cannot read "DIR/bad.pub": line 2 is not base64');
  });

  test("keys that are not there are told", async () => {
    expect(await refusal('keys = ["nowhere/*.pub"]')).toBe(
      'Cannot read DIR/config.toml: "verify.container.keys": "nowhere/*.pub" is no file in "DIR"',
    );
  });

  test("a named file that is not there, or is a directory, is told", async () => {
    expect(await refusal('keys = ["keys/c.pub"]')).toBe("Cannot read DIR/keys/c.pub: there is no such key file");
    expect(await refusal('keys = ["keys"]')).toBe(
      'Cannot read DIR/keys: it is a directory; name the files in it, as in "keys/*.pub"',
    );
  });

  test("an expiry of a key that is not there is told", async () => {
    expect(await refusal('keys = ["keys/a.pub"]\nnot_after = { 00000000000000B2 = "2027-01-01" }')).toBe(
      'Cannot read DIR/config.toml: "verify.container.not_after" names the key 00000000000000B2, which is none of "verify.container.keys"',
    );
  });
});
