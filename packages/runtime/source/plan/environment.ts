// `environment.NAME` and the metadata's own. Values are secrets: no message shows one.
import type { MetaHints } from "../model/plan.ts";
import { badValue, notSupported } from "./refusal.ts";
import type { Wish } from "./refusal.ts";

const prefix = "environment.";

/** The runtimes say these themselves, and what they say has to hold. */
const runtimesOwn = new Set([
  "CREDENTIALS_DIRECTORY",
  "LISTEN_FDNAMES",
  "LISTEN_FDS",
  "LISTEN_PID",
  "NOTIFY_SOCKET",
  "container",
  "container_ttys",
  "container_uuid",
]);

/** The kernel takes at most 128 KiB for one variable (MAX_ARG_STRLEN), with its name and a zero byte. */
const variableBytesMax = 128 * 1024 - 1;
/** All together have to fit beside the arguments of a program (a quarter of the stack, 2 MiB). */
const environmentBytesMax = 1024 * 1024;

export function readEnvironment(
  config: Readonly<Record<string, string>>,
  meta: MetaHints | undefined,
  wish: Wish,
): ReadonlyMap<string, string> {
  const own = Object.entries(config).filter(([key]) => key.startsWith(prefix));
  const environment = new Map(Object.entries(meta?.environment ?? {}));
  for (const [key, value] of own) environment.set(key.slice(prefix.length), value);
  let bytes = 0;
  for (const [name, value] of environment) {
    checkVariable(name, value, wish);
    bytes += Buffer.byteLength(name) + Buffer.byteLength(value) + 2;
  }
  if (bytes > environmentBytesMax) {
    throw badValue(wish, `${prefix}*`, { expected: `at most ${environmentBytesMax} bytes together` });
  }
  return environment;
}

function checkVariable(name: string, value: string, wish: Wish): void {
  const key = prefix + name;
  const next = "write it into a file of the image, or give it as user.*, which the guest API hands out";
  if (!/^[A-Za-z_][A-Za-z0-9_]{0,255}$/u.test(name)) {
    throw badValue(wish, key, { expected: "a name of letters, digits and _ that does not begin with a digit" });
  }
  if (runtimesOwn.has(name)) {
    throw notSupported(wish, key, { why: "the runtime itself sets", next: "choose another name" });
  }
  // Both runtimes read it from a line of a file, and systemd ends a line at a carriage return as well.
  if (/(?!\t)\p{Cc}/u.test(value)) {
    throw notSupported(wish, key, { why: "has a line break or another control character in its value", next });
  }
  if (Buffer.byteLength(name) + Buffer.byteLength(value) + 2 > variableBytesMax) {
    throw notSupported(wish, key, { why: "is longer than the 128 KiB that the kernel takes", next });
  }
}
