// A host on paper: two partitions and a boot environment as files of whatever disk, and firmware that does with them what
// U-Boot's boot count and Mender's variables do. So every instant of a change can be a power cut.
import { join } from "node:path";
import { replaceFile } from "@host-service/disk";
import type { Disk } from "@host-service/disk";
import { openSystemLedger } from "@host-service/slots";
import type { SlotName } from "@host-service/slots";
import type { BootLoader, BootView } from "../../source/boot-loader.ts";
import type { Installer } from "../../source/installer.ts";
import { resolveSystem } from "../../source/life/resolve-system.ts";
import type { SystemBoot } from "../../source/life/resolve-system.ts";
import { openSystem } from "../../source/life/system.ts";
import type { HostSystem } from "../../source/life/system.ts";

export const now = () => new Date("2026-01-02T03:04:05.000Z");
const freeLock = async () => ({ fd: -1, release() {} });
const root = "/host";
const environmentPath = join(root, "environment");
const partition = (slot: SlotName) => join(root, `partition-${slot}`);
const other = { a: "b", b: "a" } as const;
const bootsMax = 8;

interface Environment {
  part: SlotName;
  isTrial: boolean;
  bootCount: number;
  bootLimit: number;
}

export interface Host {
  disk: Disk;
  system(boot: Boot): HostSystem;
  upgrade(boot: Boot, version: string): Promise<void>;
  /** Power on: the firmware chooses, the hook resolves, again where the hook reboots. Throws where nothing whole boots. */
  boot(): Promise<Boot>;
  environment(): Promise<Environment>;
  setEnvironment(environment: Partial<Environment>): Promise<void>;
  contents(slot: SlotName): Promise<string>;
}

/** One boot: what the kernel would say. */
export interface Boot {
  id: string;
  booted: SlotName;
  version: string;
  hook: SystemBoot;
  /** How often the machine was started until this boot stayed. */
  starts: number;
}

let boots = 0;

/** A host with its factory image in slot a. */
export async function makeHost(disk: Disk): Promise<Host> {
  await disk.makeDirectory(root);
  await disk.makeDirectory(join(root, "state"));
  await disk.sync("/");
  await disk.sync(root);
  await write(disk, "a", "factory");
  await save(disk, { part: "a", isTrial: false, bootCount: 0, bootLimit: 1 });
  return openHost(disk);
}

export function openHost(disk: Disk, options: { ignoresEnvironment?: SlotName } = {}): Host {
  const ledger = (bootId: string) =>
    openSystemLedger({ disk, stateDirectory: join(root, "state"), bootId, now, takeLock: freeLock });
  const system = (boot: Boot) => {
    const parts = { ledger: ledger(boot.id), bootLoader: bootLoader(disk, boot.booted), bootId: boot.id, now };
    return openSystem(parts);
  };
  return {
    disk,
    system,
    async upgrade(boot, version) {
      const how = { signal: new AbortController().signal, onProgress() {}, beforeRecord() {} };
      const downgrade = { isWanted: false, isPermitted: false };
      const source = { kind: "file", fd: -1, bytes: version.length } as const;
      await system(boot).upgrade({ installer: installer(disk), source, request: version, downgrade }, how);
    },
    async boot() {
      for (let starts = 1; starts <= bootsMax; starts += 1) {
        const booted = await startFirmware(disk, options.ignoresEnvironment);
        boots += 1;
        const id = `boot-${boots}`;
        let hasRebooted = false;
        const reboot = async () => {
          hasRebooted = true;
        };
        const parts = { ledger: ledger(id), bootLoader: bootLoader(disk, booted), bootId: id, reboot };
        const hook = await resolveSystem(parts);
        const version = await read(disk, booted);
        if (!hasRebooted) return { id, booted, version, hook, starts };
      }
      throw new Error(`the host rebooted ${bootsMax} times and did not stay`);
    },
    environment: () => load(disk),
    async setEnvironment(environment) {
      await save(disk, { ...(await load(disk)), ...environment });
    },
    contents: (slot) => read(disk, slot),
  };
}

/** mender's bootcmd and altbootcmd; a slot without a whole image is one whose kernel does not load. */
async function startFirmware(disk: Disk, ignores: SlotName | undefined): Promise<SlotName> {
  if (ignores !== undefined) return ignores;
  for (let attempt = 0; attempt < bootsMax; attempt += 1) {
    let environment = await load(disk);
    if (environment.isTrial) {
      environment = { ...environment, bootCount: environment.bootCount + 1 };
      if (environment.bootCount > environment.bootLimit) {
        environment = { ...environment, part: other[environment.part], isTrial: false };
      }
      await save(disk, environment);
    }
    if (isWhole(await read(disk, environment.part))) return environment.part;
    if (!environment.isTrial) throw new Error(`bricked: slot ${environment.part} does not boot`);
  }
  throw new Error("bricked: no slot boots");
}

function bootLoader(disk: Disk, booted: SlotName): BootLoader {
  return {
    async view(): Promise<BootView> {
      const { part, isTrial } = await load(disk);
      return { booted, next: part, isTrial };
    },
    check: async () => {},
    tryOnce: (slot) => set(disk, { part: slot, isTrial: true, bootCount: 0 }),
    keep: (slot) => set(disk, { part: slot, isTrial: false }),
    returnTo: (slot) => set(disk, { part: slot, isTrial: false }),
  };
}

/** The request is the version; the slot holds garbage while it is written. */
function installer(disk: Disk): Installer<string> {
  return {
    takes: "file",
    armsItself: false,
    check: async () => {},
    async install(_source, version, { slot, beforeWriting }) {
      await beforeWriting({ version });
      await write(disk, slot, "garbage");
      await write(disk, slot, version);
      const imageId = `sha256:${new Bun.CryptoHasher("sha256").update(version).digest("hex")}`;
      return { imageId, version, bytes: version.length, warnings: [] };
    },
  };
}

async function write(disk: Disk, slot: SlotName, contents: string): Promise<void> {
  await replaceFile(disk, partition(slot), contents);
}

async function read(disk: Disk, slot: SlotName): Promise<string> {
  if ((await disk.status(partition(slot))) === undefined) return "nothing";
  return new TextDecoder().decode(await disk.read(partition(slot)));
}

function isWhole(contents: string): boolean {
  return contents === "factory" || /^\d/.test(contents);
}

async function load(disk: Disk): Promise<Environment> {
  return JSON.parse(new TextDecoder().decode(await disk.read(environmentPath)));
}

/** With the two copies that U-Boot keeps, one of them is always whole. */
async function save(disk: Disk, environment: Environment): Promise<void> {
  await replaceFile(disk, environmentPath, JSON.stringify(environment));
}

async function set(disk: Disk, changes: Partial<Environment>): Promise<void> {
  const before = await load(disk);
  const after = { ...before, ...changes };
  if (JSON.stringify(before) !== JSON.stringify(after)) await save(disk, after);
}
