// A host's portabled and systemd as they were observed, on a directory: what they leave in the files when all goes well and when it does not. The
// real ones are in e2e/device.
import { mkdir, readdir, rm, symlink, writeFile } from "node:fs/promises";
import { basename, join } from "node:path";
import type { Attachment, ImageMetadata, Portabled } from "../../source/bus/portabled.ts";
import type { JobVerb, Systemd, UnitView } from "../../source/bus/systemd.ts";
import { PortableError } from "../../source/error.ts";
import type { Host } from "../../source/update/target.ts";

const attached = "run/systemd/system.attached";

/** In a short time, until the count is reset. */
const startsMax = 5;

interface Process {
  root: string;
  pid: number;
  restarts: number;
}

/** What units of an image do when they are started, by a word in the image's name: "broken", "looping". */
export class FakeHost {
  readonly root: string;
  /** What was called, in order. */
  readonly calls: string[] = [];
  /** Each call may be made to fail, by its name. */
  fail: ((call: string) => Error | undefined) | undefined;
  metadata: (image: string) => ImageMetadata;
  version = 252;
  #running = new Map<string, Process>();
  #starts = new Map<string, number>();
  #pid = 100;
  #cut: { number: number; resolve: () => void } | undefined;

  constructor(root: string, metadata: (image: string) => ImageMetadata) {
    this.root = root;
    this.metadata = metadata;
  }

  get host(): Host {
    return { root: this.root, portabled: this.#portabled(), systemd: this.#systemd() };
  }

  runs(unit: string): Process | undefined {
    return this.#running.get(unit);
  }

  /** What a boot leaves. */
  async reboot(): Promise<void> {
    this.#cut = undefined;
    this.#running.clear();
    await rm(join(this.root, "run"), { recursive: true, force: true });
  }

  /** The power goes at the call of this number: it never ends, and so nothing after it is done. Answers when that is so. */
  cutAt(number: number): Promise<void> {
    this.calls.length = 0;
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#cut = { number, resolve };
    return promise;
  }

  async #called(call: string): Promise<void> {
    this.calls.push(call);
    if (this.#cut?.number === this.calls.length) {
      this.#cut.resolve();
      await new Promise(() => {});
    }
    const error = this.fail?.(call);
    if (error !== undefined) throw error;
  }

  #portabled(): Portabled {
    return {
      profiles: async () => ["default", "strict", "trusted"],
      metadata: async (image) => this.metadata(image),
      attach: async (attachment, { force } = { force: false }) => {
        const units = this.#unitsOf(attachment);
        if (!force && units.some((unit) => this.#running.has(unit))) {
          throw new PortableError("unit-exists", "Cannot attach the image: a unit is active already");
        }
        await this.#called(`attach ${basename(attachment.image)}${force ? " by force" : ""}`);
        await this.#write(attachment);
        return [];
      },
      // As it was seen: what is there goes first, and where the new one then fails nothing is left.
      reattach: async (attachment) => {
        await this.#clear();
        await this.#called(`reattach ${basename(attachment.image)}`);
        await this.#write(attachment);
        return [];
      },
      detach: async (image) => {
        await this.#called(`detach ${basename(image)}`);
        await this.#clear();
        return [];
      },
    };
  }

  #systemd(): Systemd {
    return {
      version: async () => this.version,
      reload: async () => this.#called("reload"),
      resetFailed: async (unit) => {
        this.#starts.delete(unit);
      },
      kill: async (unit) => this.#called(`kill ${unit}`),
      list: async () => [],
      run: async (verb, unit) => await this.#run(verb, unit),
      view: async (unit) => await this.#view(unit),
    };
  }

  async #run(verb: JobVerb, unit: string): Promise<string> {
    await this.#called(`${verb} ${unit}`);
    this.#running.delete(unit);
    if (verb === "StopUnit") return "done";
    const starts = (this.#starts.get(unit) ?? 0) + 1;
    this.#starts.set(unit, starts);
    const root = await this.#imageOf(unit);
    if (starts > startsMax) return "failed";
    if (root !== undefined) {
      this.#running.set(unit, { root, pid: (this.#pid += 1), restarts: 0 });
      await mkdir(join(this.root, "proc", String(this.#pid)), { recursive: true });
      await writeFile(join(this.root, "proc", String(this.#pid), "environ"), `A=b\0PORTABLE=${basename(root)}\0`);
    }
    return root === undefined ? "failed" : "done";
  }

  async #view(unit: string): Promise<UnitView> {
    const process = this.#running.get(unit);
    const isBroken = process?.root.includes("broken") === true;
    if (process?.root.includes("looping") === true) process.restarts += 1;
    return {
      loadState: "loaded",
      activeState: process === undefined ? "inactive" : isBroken ? "failed" : "active",
      subState: "",
      result: isBroken ? "exit-code" : "success",
      statusCode: isBroken ? 203 : 0,
      type: "simple",
      mainPid: process?.pid ?? 0,
      restarts: process?.restarts ?? 0,
      invocationId: String(process?.pid),
      // Of the unit, not of the process.
      root: (await this.#imageOf(unit)) ?? "",
    };
  }

  #unitsOf({ image }: Attachment): string[] {
    return [...this.metadata(image).units.keys()];
  }

  async #write(attachment: Attachment): Promise<void> {
    for (const unit of this.#unitsOf(attachment)) {
      const directory = join(this.root, attached, `${unit}.d`);
      await mkdir(directory, { recursive: true });
      const marker = `# Drop-in created for image '${attachment.image}', do not edit.\n`;
      await rm(join(directory, "10-profile.conf"), { force: true });
      await writeFile(join(directory, "20-portable.conf"), marker);
      await symlink(
        `/usr/lib/systemd/portable/profile/${attachment.profile}/service.conf`,
        join(directory, "10-profile.conf"),
      );
      await writeFile(join(this.root, attached, unit), "");
    }
  }

  async #clear(): Promise<void> {
    await rm(join(this.root, attached), { recursive: true, force: true });
  }

  async #imageOf(unit: string): Promise<string | undefined> {
    const names: string[] = await readdir(join(this.root, attached)).catch(() => []);
    if (!names.includes(unit)) return undefined;
    const text = await Bun.file(join(this.root, attached, `${unit}.d`, "20-portable.conf")).text();
    return /'(.*)'/.exec(text)?.[1];
  }
}
