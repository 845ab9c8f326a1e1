// Access control lists as tar's --acls writes them (acl(5), the long and the short text form). They have names, which mean nothing
// here, and from star and bsdtar numbers behind them: "user:alice:rwx:1000". GNU tar writes numbers in place of names where it
// knows no name. With a number for everybody who is named such a list is as good as the binary form.

const baseTags: Readonly<Record<string, number>> = { user: 0x01, group: 0x04, mask: 0x10, other: 0x20 };
const namedTags: Readonly<Record<string, number>> = { user: 0x02, group: 0x08 };
const words: Readonly<Record<string, string>> = { u: "user", g: "group", m: "mask", o: "other" };
const nobody = 0xffff_ffff;

interface AclEntry {
  readonly tag: number;
  readonly permissions: number;
  readonly id: number;
}

/** The value of system.posix_acl_*; undefined where somebody has only a name, or where it is not such a text. */
export function aclOfText(text: string): Uint8Array | undefined {
  const entries: AclEntry[] = [];
  for (const line of text.split(/[\n,]/u)) {
    const stripped = line.replace(/#.*$/u, "").trim();
    if (stripped === "") continue;
    const entry = entryOf(stripped);
    if (entry === undefined) return undefined;
    entries.push(entry);
  }
  return packed(entries.toSorted((left, right) => left.tag - right.tag || left.id - right.id));
}

function entryOf(text: string): AclEntry | undefined {
  const [kind = "", name = "", letters = "", number, ...others] = text.split(":");
  const word = words[kind] ?? kind;
  const isShort = others.length === 0 && letters === "" && (word === "other" || word === "mask");
  const permissions = permissionsOf(isShort ? name : letters);
  if (permissions === undefined || others.length > 0) return undefined;
  if (isShort || name === "") {
    const tag = baseTags[word];
    return tag === undefined ? undefined : { tag, permissions, id: nobody };
  }
  const tag = namedTags[word];
  const id = number ?? name;
  if (tag === undefined || !/^\d{1,10}$/u.test(id) || Number(id) >= nobody) return undefined;
  return { tag, permissions, id: Number(id) };
}

function permissionsOf(letters: string): number | undefined {
  const [, r, w, x] = /^([r-])([w-])([x-])$/u.exec(letters.trim()) ?? [];
  if (r === undefined) return undefined;
  return (r === "r" ? 4 : 0) + (w === "w" ? 2 : 0) + (x === "x" ? 1 : 0);
}

// linux/posix_acl_xattr.h: version 2, then tag, permissions and id of each entry.
function packed(entries: readonly AclEntry[]): Uint8Array {
  const value = new Uint8Array(4 + 8 * entries.length);
  const view = new DataView(value.buffer);
  view.setUint32(0, 2, true);
  for (const [index, { tag, permissions, id }] of entries.entries()) {
    view.setUint16(4 + 8 * index, tag, true);
    view.setUint16(6 + 8 * index, permissions, true);
    view.setUint32(8 + 8 * index, id, true);
  }
  return value;
}
