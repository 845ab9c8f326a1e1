// The child that edits files of a root: descriptor 0 has the request, 3 is the root, 4 a lock that is only held. It shuts itself into the
// root as the one that unpacks does.
import { readFileSync, writeSync } from "node:fs";
import {
  type FullStatus,
  capability,
  confineCapabilities,
  execute,
  keepOnExecute,
  parentDeathSignal,
  syncFileSystem,
} from "@host-service/disk";
import { parse } from "@host-service/schema";
import { shutJail, unpackCapabilities } from "../unpack/jail.ts";
import type { IdRange } from "../unpack/shift.ts";
import { shiftedId } from "../unpack/shift.ts";
import { codeOf } from "../unpack/write-error.ts";
import { Skipped, checkEditable, readSpot, replaceSpot, withSpot } from "./edit-in-root.ts";
import type { Owner } from "./edit-in-root.ts";
import type { Template } from "./metadata.ts";
import { type TemplatesAnswer, type TemplatesRequest, templatesRequest } from "./templates-message.ts";
import { hostWordsIn, replaceWords } from "./words.ts";

const rootFd = 3;
const lockFd = 4;
const killSignal = 9;
const confinedWord = "confined";
const writtenMode = 0o644;

/** `argv` is whether there is a lock ("lock" or "free"), how to start this program again, or `confined` when that was done. */
export async function runTemplatesJob(argv: readonly string[]): Promise<number> {
  try {
    if (!parentDeathSignal(killSignal)) return 1;
    const isRoot = process.geteuid?.() === 0;
    const [lock, ...again] = argv;
    if (isRoot && again[0] !== confinedWord) confine(lock === "lock", again);
    const request = parse(templatesRequest, JSON.parse(readFileSync(0, "utf8")), { subject: "the request" });
    shutJail(rootFd, isRoot);
    say(applyHere(request));
    return 0;
  } catch (error) {
    const code = codeOf(error);
    const message = error instanceof Error ? error.message : String(error);
    say({ type: "failed", message, isNoSpace: code === "ENOSPC" || code === "EDQUOT" });
    return 1;
  }
}

function confine(hasLock: boolean, program: readonly string[]): never {
  if (hasLock) keepOnExecute(lockFd);
  confineCapabilities([...unpackCapabilities, capability.SYS_CHROOT]);
  const lock = hasLock ? "lock" : "free";
  const argv = ["host-service", ...program.slice(1), "job", "templates", lock, confinedWord];
  return execute(program[0] ?? "", argv, {});
}

function applyHere({ templates, ids }: TemplatesRequest): TemplatesAnswer {
  const applied: number[] = [];
  const skipped: { index: number; why: string }[] = [];
  const hostWords = new Set<string>();
  for (const [index, template] of templates.entries()) {
    try {
      if (template.kind === "write") write(template, ids);
      else for (const word of substitute(template)) hostWords.add(word);
      applied.push(index);
    } catch (error) {
      if (!(error instanceof Skipped)) throw error;
      skipped.push({ index, why: error.message });
    }
  }
  syncFileSystem(rootFd);
  return { type: "done", applied, skipped, hostWords: [...hostWords].toSorted() };
}

/** Answers the words of the host that stay in the file. */
function substitute({ path, words }: Extract<Template, { kind: "substitute" }>): string[] {
  return withSpot(rootFd, path, undefined, (spot) => {
    if (spot.status === undefined) throw new Skipped("it is not there");
    checkEditable(spot.status);
    const text = readSpot(spot);
    if (text.includes("\0")) throw new Skipped("it has a zero byte");
    const replaced = replaceWords(text, words);
    if (replaced !== text) replaceSpot(spot, replaced, spot.status);
    return hostWordsIn(replaced);
  });
}

function write(template: Extract<Template, { kind: "write" }>, ids: IdRange | undefined): void {
  const { path, text, createOnly } = template;
  withSpot(rootFd, path, inside({ uid: 0, gid: 0 }, path, ids), (spot) => {
    const { status } = spot;
    if (status !== undefined && createOnly) throw new Skipped("it is there already");
    if (status !== undefined) checkEditable(status);
    replaceSpot(spot, text, { ...ownerOf(template, status, ids), mode: template.mode ?? status?.mode ?? writtenMode });
  });
}

/** What the template says, else what the file has. */
function ownerOf(
  { path, uid, gid }: Extract<Template, { kind: "write" }>,
  status: FullStatus | undefined,
  ids: IdRange | undefined,
): Owner {
  const made = inside({ uid: uid ?? 0, gid: gid ?? 0 }, path, ids);
  return {
    uid: uid === undefined ? (status?.uid ?? made.uid) : made.uid,
    gid: gid === undefined ? (status?.gid ?? made.gid) : made.gid,
  };
}

/** From ids of the container to ids of the host. */
function inside({ uid, gid }: Owner, path: string, ids: IdRange | undefined): Owner {
  if (ids === undefined) return { uid, gid };
  return {
    uid: shiftedId(uid, ids, { path, what: "template's uid" }),
    gid: shiftedId(gid, ids, { path, what: "template's gid" }),
  };
}

function say(answer: TemplatesAnswer): void {
  const line = Buffer.from(`${JSON.stringify(answer)}\n`);
  for (let written = 0; written < line.byteLength;) {
    try {
      written += writeSync(1, line, written);
    } catch (error) {
      // The parent reads without pause, so a full pipe is about to have room.
      if (codeOf(error) !== "EAGAIN") throw error;
    }
  }
}
