// The flat convention of LXC images (distrobuilder build-lxc, lxc-create -t local): which file counts, and what each one means.
import { checkedPattern, excludeLimits } from "../unpack/excludes.ts";
import { checkExpiry, readUnixTime } from "./expiry.ts";
import { readLxcConfig } from "./lxc-config.ts";
import { readFstab } from "./lxc-fstab.ts";
import type { Members } from "./members.ts";
import type { MetaContext, Metadata, Template } from "./metadata.ts";
import { clean, refuseMeta } from "./refusal.ts";
import { checkTemplatePath } from "./template-path.ts";
import { replaceWords, wordsOf } from "./words.ts";

const messageCharactersMax = 4096;
/** The patterns go to the job that unpacks as an argument. */
const excludesBytesMax = 96 * 1024;
const templatesMax = 256;

export function readLxc(members: Members, context: MetaContext): Metadata {
  const chosen = (name: string) => choose(name, members, context.unprivileged);
  const words = wordsOf(context);
  const config = chosen("config");
  if (config === undefined) {
    throw refuseMeta(
      `it has no config${context.unprivileged ? " and no config-user" : ""}; take an image for this kind of container`,
    );
  }
  const read = (name: string) => members.lines(name).map((line) => replaceWords(line, words));
  const { hints, used, ignored } = readLxcConfig(read(config), config, context);
  const [fstab, excludes, templates] = [chosen("fstab"), chosen("excludes"), chosen("templates")];
  const [message, expiry] = [chosen("create-message"), chosen("expiry")];
  const mounts = fstab === undefined ? { mounts: [], ignored: [] } : readFstab(read(fstab), fstab, context);
  const files = [config, fstab, excludes, templates, message, expiry].filter((name) => name !== undefined);
  return {
    convention: "lxc",
    members: [...members.names],
    used: [...files, ...used],
    ignored: [...members.names.filter((name) => !files.includes(name)), ...ignored, ...mounts.ignored],
    warnings: [
      ...(message === undefined ? [] : messageOf(members.text(message))),
      ...(expiry === undefined ? [] : checkExpiry(readUnixTime(members.text(expiry).trim(), expiry), context.now)),
    ],
    excludes: excludes === undefined ? [] : readExcludes(members.lines(excludes), excludes),
    templates: templates === undefined ? [] : readTemplates(members.lines(templates), templates, context),
    hints,
    mounts: mounts.mounts,
    properties: {},
  };
}

/** As lxc-local chooses: the one for unprivileged containers where there is one, and of that the one for LXC's newest images. */
function choose(name: string, members: Members, unprivileged: boolean): string | undefined {
  const base = unprivileged && isThere(`${name}-user`, members) ? `${name}-user` : name;
  return [`${base}.5`, base].find((candidate) => members.has(candidate));
}

function isThere(name: string, members: Members): boolean {
  return members.has(name) || members.has(`${name}.5`);
}

function messageOf(text: string): string[] {
  const message = clean(text, messageCharactersMax);
  return message === "" ? [] : [`the image says: ${message}`];
}

function readExcludes(lines: readonly string[], name: string): string[] {
  const patterns = lines.map((line) => {
    const checked = checkedPattern(line);
    if ("pattern" in checked) return checked.pattern;
    throw refuseMeta(`${name} leaves out ${JSON.stringify(clean(line, 80))}, which cannot be used: ${checked.problem}`);
  });
  const wildcards = patterns.filter((pattern) => /[*?]/u.test(pattern)).length;
  if (wildcards > excludeLimits.wildcardsMax) {
    throw refuseMeta(
      `${name} has ${wildcards} patterns with "*" or "?"; at most ${excludeLimits.wildcardsMax} are taken`,
    );
  }
  if (Buffer.byteLength(JSON.stringify(patterns)) > excludesBytesMax) throw refuseMeta(`${name} is too long`);
  return patterns;
}

function readTemplates(lines: readonly string[], name: string, context: MetaContext): Template[] {
  if (lines.length > templatesMax) throw refuseMeta(`${name} has more than ${templatesMax} lines`);
  // In a file of the root, the root is not where the host has it.
  const words = { ...wordsOf(context), LXC_ROOTFS: "/" };
  return lines.map((line) => ({ kind: "substitute", path: checkTemplatePath(line, name), words }));
}
