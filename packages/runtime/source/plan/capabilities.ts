// `security.capabilities.add` and `.drop`, ours: what Incus has in raw.lxc only.
import { capabilityNames } from "../model/capability-names.ts";
import { badValue, notGranted } from "./refusal.ts";
import type { Wish } from "./refusal.ts";

export function readCapabilities(config: Readonly<Record<string, string>>, wish: Wish) {
  const { grant } = wish;
  const add = readNames("security.capabilities.add", config, wish);
  const drop = readNames("security.capabilities.drop", config, wish);
  for (const name of add) {
    if (grant.capabilities.includes(name)) continue;
    throw notGranted(wish, "security.capabilities.add", { key: "capabilities", word: name }, name);
  }
  const both = add.find((name) => drop.includes(name));
  if (both === undefined) return { add, drop };
  const expected = 'without what "security.capabilities.add" has as well';
  throw badValue(wish, "security.capabilities.drop", { shown: both, expected });
}

function readNames(key: string, config: Readonly<Record<string, string>>, wish: Wish): readonly string[] {
  const words = (config[key] ?? "").split(/[\s,]+/u).filter((word) => word !== "");
  const names = words.map((word) => (/^cap_/iu.test(word) ? word : `CAP_${word}`).toUpperCase());
  const unknown = names.findIndex((name) => !capabilityNames.includes(name));
  if (unknown === -1) return [...new Set(names)].toSorted();
  const expected = 'names of capabilities(7), such as "CAP_NET_ADMIN CAP_SYS_TIME"';
  throw badValue(wish, key, { shown: words[unknown] ?? "", expected });
}
