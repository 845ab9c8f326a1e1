// The two sockets of one container, `<run_dir>/<name>/incus/sock` and `lxd/sock`: there while the switches say so. Their directories stay, since the
// container has them mounted.
import { chmod, mkdir, rm } from "node:fs/promises";
import { dirname, join } from "node:path";
import { flavours, Gate, isApiOn } from "@host-service/guest-api";
import type { Flavour, GateOptions } from "@host-service/guest-api";
import { publishSocket } from "../listeners/publish.ts";

export type GuestSocketsOptions = Omit<GateOptions, "flavour" | "privateDirectory"> & { runDirectory: string };

export class GuestSockets {
  readonly #options: GuestSocketsOptions;
  /** Also of a flavour that is off: open streams go on. */
  readonly #gates = new Map<Flavour, { gate: Gate; isPublished: boolean }>();

  constructor(options: GuestSocketsOptions) {
    this.#options = options;
  }

  /** Follows the switches. */
  async follow(): Promise<void> {
    for (const flavour of flavours) {
      const isOn = isApiOn(this.#options.guest.merged.config, flavour);
      const isPublished = this.#gates.get(flavour)?.isPublished === true;
      if (isOn && !isPublished) await this.#publish(flavour);
      if (!isOn) await this.#withdraw(flavour);
    }
  }

  /** Ends every connection. The sockets stay, stale, until the next daemon puts its own in their place. */
  close(): void {
    for (const { gate } of this.#gates.values()) gate.close();
    this.#gates.clear();
  }

  async #publish(flavour: Flavour): Promise<void> {
    const { runDirectory, ...options } = this.#options;
    const path = this.#pathOf(flavour);
    await mkdir(dirname(path), { recursive: true, mode: 0o755 });
    await chmod(dirname(path), 0o755);
    const privateDirectory = join(runDirectory, ".guests");
    await mkdir(privateDirectory, { recursive: true, mode: 0o700 });
    await chmod(privateDirectory, 0o700);
    const gate = this.#gates.get(flavour)?.gate ?? new Gate({ ...options, flavour, privateDirectory });
    // Everybody may connect: who may ask is decided by who connected, not by the mode of a file.
    await publishSocket(path, { mode: 0o666, nursery: runDirectory, bind: (born) => gate.listen(born) });
    this.#gates.set(flavour, { gate, isPublished: true });
  }

  async #withdraw(flavour: Flavour): Promise<void> {
    const known = this.#gates.get(flavour);
    known?.gate.withdraw();
    if (known !== undefined) this.#gates.set(flavour, { gate: known.gate, isPublished: false });
    // Also what an earlier daemon left.
    await rm(this.#pathOf(flavour), { force: true });
  }

  #pathOf(flavour: Flavour): string {
    return join(this.#options.runDirectory, this.#options.guest.name, flavour, "sock");
  }
}
