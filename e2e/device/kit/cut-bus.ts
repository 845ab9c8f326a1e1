// A way to the device's bus on which the daemon is cut off at one call: before the call is passed on, or when its answer is there. What comes
// after it is lost, as with a daemon that died at this instant.
import { rm } from "node:fs/promises";
import type { Socket } from "bun";
import { Messages } from "./bus-messages.ts";
import type { SystemdDevice } from "./device.ts";

/** Of the daemon's configuration, on the device. */
export const cutBusPath = "/var/lib/host-service/.cut-bus";

export interface Cut {
  member: string;
  when: "before" | "after";
}

interface Line {
  host: Socket | undefined;
  /** What was said before the other end was reached. */
  early: Uint8Array[];
  calls: Messages;
  answers: Messages;
  /** The answer that is waited for. */
  awaited: number | undefined;
  isCut: boolean;
}

export class CutBus {
  readonly #device: SystemdDevice;
  readonly #lines = new Map<Socket, Line>();
  #cut: { cut: Cut; reached: () => void } | undefined;
  #server: { stop(force: boolean): void } | undefined;

  constructor(device: SystemdDevice) {
    this.#device = device;
  }

  async open(): Promise<void> {
    const path = this.#device.seen(cutBusPath);
    await rm(path, { force: true });
    this.#server = Bun.listen({
      unix: path,
      socket: {
        open: (daemon) => void this.#connect(daemon),
        data: (daemon, bytes) => this.#said(daemon, new Uint8Array(bytes)),
        close: (daemon) => void this.#lines.get(daemon)?.host?.end(),
      },
    });
  }

  close(): void {
    this.#server?.stop(true);
  }

  /** Answers when the daemon has come to this call; from then on it hears nothing any more. */
  at(cut: Cut): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#cut = { cut, reached: resolve };
    return promise;
  }

  async #connect(daemon: Socket): Promise<void> {
    const line: Line = {
      host: undefined,
      early: [],
      calls: new Messages("BEGIN"),
      answers: new Messages("OK"),
      awaited: undefined,
      isCut: false,
    };
    this.#lines.set(daemon, line);
    try {
      line.host = await Bun.connect({
        unix: this.#device.seen("/run/dbus/system_bus_socket"),
        socket: {
          data: (_, bytes) => this.#answered(daemon, new Uint8Array(bytes)),
          close: () => void daemon.end(),
        },
      });
      for (const bytes of line.early) line.host.write(bytes);
    } catch {
      daemon.end();
    }
  }

  #said(daemon: Socket, bytes: Uint8Array): void {
    const line = this.#lines.get(daemon);
    if (line === undefined || line.isCut) return;
    for (const message of line.calls.of(bytes)) {
      if (this.#cut === undefined || message.member !== this.#cut.cut.member) continue;
      if (this.#cut.cut.when === "before") return this.#reach(line);
      line.awaited = message.serial;
    }
    if (line.host === undefined) line.early.push(bytes);
    else line.host.write(bytes);
  }

  #answered(daemon: Socket, bytes: Uint8Array): void {
    const line = this.#lines.get(daemon);
    if (line === undefined || line.isCut) return;
    for (const message of line.answers.of(bytes)) {
      if (line.awaited !== undefined && message.answers === line.awaited) return this.#reach(line);
    }
    daemon.write(bytes);
  }

  #reach(line: Line): void {
    line.isCut = true;
    this.#cut?.reached();
    this.#cut = undefined;
  }
}
