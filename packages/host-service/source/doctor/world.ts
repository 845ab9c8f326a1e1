// What is examined: this host, by the files and programs that tell of it. Tests build one of these with what is wrong in it.
import { join } from "node:path";
import { kernelKnows } from "@host-service/disk";
import type { ProbedCall } from "@host-service/disk";
import { kernelBootId } from "../boot-id.ts";

export interface World {
  /** "/", below which /proc, /sys and the like are. */
  root: string;
  environment: Readonly<Record<string, string | undefined>>;
  now: Date;
  bootId: string;
  /** The argv that starts this program again. */
  program: readonly string[];
  knows: (call: ProbedCall) => boolean;
  /** The daemon itself examines the host: its own limits count, and the number of its running operations. */
  daemon: { operations: number } | undefined;
}

const searched = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

export function thisWorld(options: {
  program: readonly string[];
  bootId?: string | undefined;
  daemon?: { operations: number };
}): World {
  return {
    root: "/",
    // Of a person who became root without its own path, and of a daemon that was given a short one.
    environment: { ...process.env, PATH: `${process.env["PATH"] ?? ""}:${searched}` },
    now: new Date(),
    bootId: options.bootId ?? kernelBootId(),
    program: options.program,
    knows: kernelKnows,
    daemon: options.daemon,
  };
}

export async function textOf(world: World, path: string): Promise<string | undefined> {
  return await Bun.file(join(world.root, path))
    .text()
    .catch(() => undefined);
}

const toolTimeMs = 10_000;

export function findProgram(world: World, name: string): string | null {
  return Bun.which(name, { PATH: world.environment["PATH"] ?? "" });
}

/** What a program says on standard output, and how it ended; undefined where it is not there, or does not end. */
export async function ask(
  world: World,
  [name, ...words]: readonly [string, ...string[]],
): Promise<{ text: string; status: number } | undefined> {
  const path = findProgram(world, name);
  if (path === null) return undefined;
  const child = Bun.spawn([path, ...words], {
    stdin: "ignore",
    stdout: "pipe",
    stderr: "ignore",
    env: { PATH: world.environment["PATH"] ?? "", LC_ALL: "C", SYSTEMD_PAGER: "cat" },
    timeout: toolTimeMs,
    killSignal: "SIGKILL",
  });
  const text = await child.stdout.text();
  const status = await child.exited;
  return child.signalCode === null ? { text: text.trim(), status } : undefined;
}
