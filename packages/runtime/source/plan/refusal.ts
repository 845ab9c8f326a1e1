// The three ways to say no to a config.yaml, each with the key and what to do.
import { RuntimeError } from "../error.ts";
import type { Grant, RuntimeName } from "../model/grant.ts";

/** For whom a plan is made, and what a refusal stops. */
export interface Wish {
  name: string;
  runtime: Exclude<RuntimeName, "none">;
  grant: Grant;
  /** "install the image" or "start the container". */
  deed: string;
}

const programNames: Record<Wish["runtime"], string> = { nspawn: "systemd-nspawn", lxc: "LXC" };

/** `line` is what the host's administrator would write below `[containers.NAME]`. */
export function notGranted(wish: Wish, key: string, { asked, line }: { asked?: string; line: string }): RuntimeError {
  const what = asked === undefined ? "" : ` ${quoted(asked)}`;
  const message =
    `Cannot ${wish.deed}: config.yaml asks for ${quoted(key)}${what}, which this host does not grant to "${wish.name}"; ` +
    `its administrator grants it with [containers.${wish.name}] ${line}`;
  return new RuntimeError("not-granted", message, { key });
}

/** `why` follows the key ("which …"), `next` is what to do instead. */
export function notSupported(wish: Wish, key: string, { why, next }: { why?: string; next: string }): RuntimeError {
  const reason = why ?? `${programNames[wish.runtime]} cannot do here`;
  const message = `Cannot ${wish.deed}: config.yaml asks for ${quoted(key)}, which ${reason}; ${next}`;
  return new RuntimeError("not-supported", message, { key });
}

/** A value that says nothing; `shown` only where it is no secret. */
export function badValue(
  wish: Wish,
  key: string,
  { shown, expected }: { shown?: string; expected: string },
): RuntimeError {
  const got = shown === undefined ? "" : `, got ${quoted(shown)}`;
  return new RuntimeError("value", `Cannot ${wish.deed}: ${quoted(key)} in config.yaml has to be ${expected}${got}`, {
    key,
  });
}

/** A line of TOML that adds one word to a list. */
export function tomlList(key: string, granted: readonly string[], more: string): string {
  return `${key} = [${[...granted, more].map(quotedWhole).join(", ")}]`;
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
