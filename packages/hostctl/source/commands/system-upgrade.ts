// The order of an upgrade: look at the files, decide how they travel, follow the progress, print the answer.
import { stat } from "node:fs/promises";
import { basename } from "node:path";
import { checkLocalFile } from "@host-service/client";
import type { Client, InstallOptions, LocalFile } from "@host-service/client";
import { exitCodes } from "@host-service/protocol";
import type { SystemAnswer, UpgradeRequest } from "@host-service/protocol";
import type { Invocation } from "../arguments/command.ts";
import { UsageError } from "../arguments/usage-error.ts";
import { printAnswer, printWarnings } from "../output/answer.ts";
import { createProgress } from "../progress/progress.ts";
import { cancellable } from "./cancellable.ts";
import { connect } from "./connect.ts";
import { upload } from "./install-over-line.ts";
import { standardInput } from "./standard-input.ts";
import { nameFiles } from "./transfer.ts";
import { transferWish } from "./transfer-option.ts";

const path = ["system", "upgrade"];
const action = "upgrade with";
const success = "Upgrade installed successfully. Please reboot to complete the process.";

/** What the caller says of the file, beside its bytes. */
type Terms = Omit<UpgradeRequest, "source" | "signature">;

interface Image {
  /** Undefined for standard input. */
  file: LocalFile | undefined;
  signature: LocalFile | undefined;
  terms: Terms;
}

export async function upgrade(invocation: Invocation): Promise<number> {
  const image = await imageOf(invocation);
  const client = connect(invocation);
  const progress = createProgress(invocation);
  const answer = await cancellable((signal) =>
    send(client, { image, invocation }, { signal, onEvent: (event) => progress.show(event) }),
  ).finally(() => progress.end());
  printWarnings(answer.warnings);
  printAnswer(invocation, answer, [success]);
  return exitCodes.done;
}

async function imageOf(invocation: Invocation): Promise<Image> {
  const [given = ""] = invocation.positionals;
  const allowDowngrade = invocation.switches.has("allow-downgrade");
  const sha256 = invocation.values.get("sha256");
  if (sha256 !== undefined && !/^[0-9a-fA-F]{64}$/.test(sha256)) {
    throw new UsageError(`Cannot use --sha256 "${sha256}": a digest has 64 hexadecimal digits`, path);
  }
  const terms: Terms = {
    ...(sha256 === undefined ? {} : { sha256: sha256.toLowerCase() }),
    ...(allowDowngrade ? { allowDowngrade } : {}),
  };
  const signature = await signatureOf(given, invocation.values.get("signature"));
  if (given !== "-") {
    const file = await checkLocalFile(given, { action, what: "an upgrade" });
    refuseForcedWay(invocation);
    return { file, signature, terms: { ...terms, fileName: basename(given) } };
  }
  if (process.stdin.isTTY) {
    throw new UsageError('Cannot upgrade with "-": standard input is a terminal; pipe an upgrade into it', path);
  }
  const wish = transferWish(invocation);
  if (wish === "fd" || wish === "path") {
    throw new UsageError(`Cannot upgrade with "-" and --transfer ${wish}: standard input is always streamed`, path);
  }
  return { file: undefined, signature, terms };
}

function refuseForcedWay(invocation: Invocation): void {
  const wish = transferWish(invocation);
  if (invocation.line === undefined || (wish !== "fd" && wish !== "path")) return;
  throw new UsageError(`Cannot upgrade a device with --transfer ${wish}: files of this machine are sent`, path);
}

async function signatureOf(file: string, given: string | undefined): Promise<LocalFile | undefined> {
  const what = "a signature of minisign";
  if (given !== undefined) return await checkLocalFile(given, { action, what });
  const beside = `${file}.minisig`;
  const isThere = file !== "-" && (await stat(beside).catch(() => undefined)) !== undefined;
  return isThere ? await checkLocalFile(beside, { action, what }) : undefined;
}

async function send(
  client: Client,
  { image, invocation }: { image: Image; invocation: Invocation },
  options: InstallOptions,
): Promise<SystemAnswer> {
  const { file, signature, terms } = image;
  const isLine = invocation.line !== undefined;
  if (file !== undefined && !(isLine && transferWish(invocation) === "auto")) {
    using named = isLine
      ? undefined
      : await nameFiles(client, invocation, async (sourceOf) => ({
          ...terms,
          source: await sourceOf(file.path),
          ...(signature === undefined ? {} : { signature: await sourceOf(signature.path) }),
        }));
    if (named !== undefined) return await client.upgradeFromSource(named.request, options);
  }
  // A body has no room for a signature: with one, the file is brought first, and then named.
  if (file !== undefined && (isLine || signature !== undefined) && transferWish(invocation) !== "stream") {
    const source = await upload(client, Bun.file(file.path), { ...options, part: "the upgrade" });
    const signed = signature === undefined ? {} : { signature: { inline: await Bun.file(signature.path).text() } };
    return await client.upgradeFromSource({ ...terms, source, ...signed }, options);
  }
  if (signature !== undefined) {
    throw new UsageError("Cannot stream an upgrade with a signature of its own: leave --transfer out", path);
  }
  const { allowDowngrade, sha256 } = terms;
  const how = {
    ...(allowDowngrade === undefined ? {} : { allowDowngrade }),
    ...(sha256 === undefined ? {} : { sha256 }),
  };
  // A file as the body goes by sendfile.
  const body = file === undefined ? { body: standardInput() } : { body: Bun.file(file.path), bytes: file.bytes };
  return await client.upgradeFromBody({ ...how, ...body }, options);
}
