import { lstat } from "node:fs/promises";
import { buildBundle, inspectImage } from "@host-service/archive";
import { checkLocalFile } from "@host-service/client";
import { exitCodes } from "@host-service/protocol";
import type { Invocation } from "../arguments/command.ts";
import { printAnswer } from "../output/answer.ts";
import { CommandError } from "../output/failure.ts";
import { imageLines } from "../output/image.ts";

export async function inspect(invocation: Invocation): Promise<number> {
  const file = await checkLocalFile(invocation.positionals[0] ?? "", { action: "inspect", what: "a bundle" });
  const summary = inspectImage(file.path);
  printAnswer(invocation, summary, imageLines(summary));
  return exitCodes.done;
}

export async function build(invocation: Invocation): Promise<number> {
  const [out = "", config = "", rootfs = "", meta] = invocation.positionals;
  if ((await lstat(out).catch(() => undefined)) !== undefined) {
    throw new CommandError(`Cannot write "${out}": it exists; remove it, or give another name`);
  }
  const action = "read";
  const built = await buildBundle(out, {
    config: (await checkLocalFile(config, { action, what: "the config.yaml" })).path,
    rootfs: (await checkLocalFile(rootfs, { action, what: "the rootfs archive" })).path,
    ...(meta === undefined ? {} : { meta: (await checkLocalFile(meta, { action, what: "the meta archive" })).path }),
  });
  printAnswer(invocation, built, ["OK"]);
  return exitCodes.done;
}
