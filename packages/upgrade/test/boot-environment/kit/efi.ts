// The EFI variables of a machine that systemd-boot has started, as files, and a played bootctl that sets two of them.
import { access, rm } from "node:fs/promises";
import { inPlace, type Place } from "./programs.ts";

export interface EfiPlace extends Place {
  set: (name: string, text: string | undefined) => Promise<void>;
  get: (name: string) => Promise<string | undefined>;
  setFeatures: (bits: bigint | undefined) => Promise<void>;
  calls: () => Promise<string[]>;
}

const vendor = "4a67b082-0a4c-41cf-b6c7-440b29bb8c4f";
const attributes = Buffer.from([6, 0, 0, 0]);

export async function withEfi(story: (place: EfiPlace) => Promise<void>): Promise<void> {
  await inPlace(async (place) => {
    const file = (name: string) => `${name}-${vendor}`;
    const set = async (name: string, text: string | undefined) => {
      if (text === undefined) await rm(place.path(file(name)), { force: true });
      else await place.write(file(name), Buffer.concat([attributes, Buffer.from(`${text}\0`, "utf16le")]));
    };
    const setFeatures = async (bits: bigint | undefined) => {
      const value = Buffer.alloc(8);
      value.writeBigUInt64LE(bits ?? 0n);
      if (bits === undefined) await rm(place.path(file("LoaderFeatures")), { force: true });
      else await place.write(file("LoaderFeatures"), Buffer.concat([attributes, value]));
    };
    await setFeatures(0xffn);
    await set("LoaderEntries", "root-a.conf\0root-b.conf");
    await set("LoaderEntrySelected", "root-a.conf");
    await place.program(
      "bootctl",
      `echo "$*" >>'${place.path("calls")}'
case $1 in set-oneshot) name=LoaderEntryOneShot;; set-default) name=LoaderEntryDefault;; *) exit 1;; esac
file='${place.directory}'/$name-${vendor}
if [ -z "$2" ]; then rm -f "$file"; exit; fi
{ printf '\\006\\000\\000\\000'; printf '%s' "$2" | iconv -t UTF-16LE; printf '\\000\\000'; } >"$file"`,
    );
    await story({
      ...place,
      set,
      setFeatures,
      get: async (name) => {
        const path = place.path(file(name));
        const isSet = await access(path).then(
          () => true,
          () => false,
        );
        return isSet
          ? Buffer.from(await Bun.file(path).bytes())
              .subarray(4, -2)
              .toString("utf16le")
          : undefined;
      },
      calls: async () => (await place.read("calls")).split("\n").slice(0, -1),
    });
  });
}
