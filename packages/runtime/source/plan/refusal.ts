// The three ways to say no to a config.yaml, each with the key and what to do.
import { RuntimeError } from "../error.ts";
import type { Lacking } from "../error.ts";
import { grantKeys } from "../model/grant.ts";
import type { Grant, RuntimeName } from "../model/grant.ts";

/** For whom a plan is made, and what a refusal stops. */
export interface Wish {
  name: string;
  runtime: Exclude<RuntimeName, "none">;
  grant: Grant;
  /** "install the image", "start the container" or what sets a key live. */
  deed: string;
  /** How a key that was set live is taken back, "" where it is not set yet; undefined for what config.yaml has. */
  undoOf: (key: string) => string | undefined;
}

const programNames: Record<Wish["runtime"], string> = { nspawn: "systemd-nspawn", lxc: "LXC" };

/** With the line that the host's administrator would write below `[containers.NAME]`: what is granted, and what is lacking. */
export function notGranted(wish: Wish, key: string, lacking: Lacking, asked?: string): RuntimeError {
  const what = asked === undefined ? "" : ` ${quoted(asked)}`;
  const message =
    `Cannot ${wish.deed}: ${asker(wish, key)} asks for ${quoted(key)}${what}, which this host does not grant to "${wish.name}"; ` +
    `its administrator grants it with [containers.${wish.name}] ${grantLine(wish.grant, lacking)}${orUndo(wish, key)}`;
  return new RuntimeError("not-granted", message, { key, lacking });
}

/** `why` follows the key ("which …"), `next` is what to do instead. */
export function notSupported(wish: Wish, key: string, { why, next }: { why?: string; next: string }): RuntimeError {
  const reason = why ?? `${programNames[wish.runtime]} cannot do here`;
  const message = `Cannot ${wish.deed}: ${asker(wish, key)} asks for ${quoted(key)}, which ${reason}; ${next}${orUndo(wish, key)}`;
  return new RuntimeError("not-supported", message, { key });
}

/** A value that says nothing; `shown` only where it is no secret. */
export function badValue(
  wish: Wish,
  key: string,
  { shown, expected }: { shown?: string; expected: string },
): RuntimeError {
  const got = shown === undefined ? "" : `, got ${quoted(shown)}`;
  const what = `${quoted(key)} in ${asker(wish, key)} has to be ${expected}${got}`;
  const undo = wish.undoOf(key);
  const next = undo === undefined || undo === "" ? "" : `; set it anew, or take it back with ${undo}`;
  return new RuntimeError("value", `Cannot ${wish.deed}: ${what}${next}`, { key });
}

/** Who has the key: the image, or whoever set it live. */
function asker({ undoOf }: Wish, key: string): string {
  return undoOf(key) === undefined ? "config.yaml" : "the live configuration";
}

function orUndo({ undoOf }: Wish, key: string): string {
  const undo = undoOf(key);
  return undo === undefined || undo === "" ? "" : `, or take it back with ${undo}`;
}

function grantLine(grant: Grant, lacking: Lacking): string {
  if (!("word" in lacking)) return `${grantKeys[lacking.key]} = true`;
  const words = [...grant[lacking.key], lacking.word];
  return `${grantKeys[lacking.key]} = [${words.map(quotedWhole).join(", ")}]`;
}

/** Text of strangers for a terminal: short, and nothing that moves a cursor. */
export function quoted(text: string): string {
  return quotedWhole(text.length > 80 ? `${text.slice(0, 80)}…` : text);
}

function quotedWhole(text: string): string {
  const json = JSON.stringify(text);
  return json.replaceAll(/\p{C}/gu, (character) =>
    [...Array(character.length).keys()]
      .map((index) => `\\u${character.charCodeAt(index).toString(16).padStart(4, "0")}`)
      .join(""),
  );
}

/** "true" and its friends, as Incus reads them. */
export function isOn(value: string | undefined): boolean {
  return value !== undefined && /^(?:true|1|yes|on)$/iu.test(value);
}
