// A change of a portable service is cut off at each of its calls to the real systemd, before and after it: what runs afterwards is a version that the
// record names, or nothing where it names nothing. A commit makes no call; its one write is cut in the tests of the slots.
import { expect } from "bun:test";
import { until } from "../kit/until.ts";
import { attachedFiles } from "./kit/attached-files.ts";
import { CutBus, cutBusPath } from "./kit/cut-bus.ts";
import type { Cut } from "./kit/cut-bus.ts";
import { answering, onPortable, PortableHost } from "./kit/portable-host.ts";

const calls = {
  "a first attach": ["AttachImageWithExtensions", "Reload", "RestartUnit"],
  "an update": ["ReattachImageWithExtensions", "Reload", "RestartUnit"],
  "a rollback": ["ReattachImageWithExtensions", "Reload", "RestartUnit"],
  "a detach": ["StopUnit", "DetachImageWithExtensions", "Reload"],
} as const;
type Deed = keyof typeof calls;

/** What may run once all is settled; a daemon that dies before anything was changed, or after all of it was, need not go back. */
const ends: Readonly<Record<Deed, { daemon: string[]; power: string[] }>> = {
  "a first attach": { daemon: ["", "1.0"], power: [""] },
  "an update": { daemon: ["1.0", "1.1"], power: ["1.0"] },
  "a rollback": { daemon: ["1.0"], power: ["1.0"] },
  "a detach": { daemon: ["", "1.0"], power: ["", "1.0"] },
};

class CutHost {
  readonly #host: PortableHost;
  readonly #bus: CutBus;
  readonly #images: Readonly<Record<"1.0" | "1.1", string>>;

  constructor(host: PortableHost, bus: CutBus, images: Readonly<Record<"1.0" | "1.1", string>>) {
    this.#host = host;
    this.#bus = bus;
    this.#images = images;
  }

  /** Nothing is attached, or what the deed needs. */
  async prepare(deed: Deed): Promise<void> {
    await this.#host.hostctl("portable", "detach", "minimal");
    if (deed === "a first attach") return;
    await this.#host.must("portable", "attach", this.#images["1.0"]);
    await this.#host.must("portable", "commit", "minimal");
    if (deed === "a rollback") await this.#host.must("portable", "attach", this.#images["1.1"]);
  }

  async cut(deed: Deed, cut: Cut, what: "daemon" | "power"): Promise<void> {
    const { device } = this.#host;
    const reached = this.#bus.at(cut);
    const ended = this.#host.hostctl("portable", ...this.#words(deed)).catch(() => undefined);
    await Promise.race([
      reached,
      ended.then((answer) => {
        throw new Error(`Cannot cut ${deed} at ${cut.member}: it ended with ${JSON.stringify(answer)}`);
      }),
    ]);
    if (what === "power") {
      await device.cut();
      await ended;
      await device.boot();
      await this.#bus.open();
      // It may have been started before there was a way to the bus.
      await device.shell("systemctl restart host-service.service");
      return;
    }
    await device.shell("systemctl kill --signal=KILL host-service.service");
    await ended;
    await device.shell("systemctl restart host-service.service");
  }

  /** The version that runs when all is as the record says; empty where nothing does. */
  async settled(): Promise<string> {
    const { device } = this.#host;
    return (
      await until("what runs is what the record names", async () => {
        const { exitCode, stdout } = await this.#host.hostctl("portable", "status", "minimal", "--json");
        const { state, running, attached } = exitCode === 0 ? JSON.parse(stdout) : {};
        // What is left by a rollback may still run while the daemon that has just started goes on with it.
        if (state === "rollback") return undefined;
        const answer = await this.#host.askOnce().catch(() => "");
        if (attached?.slot !== running?.slot || answer !== (running?.version ?? "")) return undefined;
        const units = (await attachedFiles(device)).filter((line) => /system\.attached\/[^/]*\.service$/.test(line));
        return units.length === (running === undefined ? 0 : 1) ? { version: answer } : undefined;
      })
    ).version;
  }

  #words(deed: Deed): string[] {
    if (deed === "a rollback") return ["rollback", "minimal"];
    if (deed === "a detach") return ["detach", "minimal"];
    return ["attach", this.#images[deed === "an update" ? "1.1" : "1.0"]];
  }
}

for (const deed of Object.keys(calls) as Deed[]) {
  onPortable(`P28: ${deed} is cut off at each call, and what runs is what the record names`, async () => {
    await PortableHost.with(
      async (host) => {
        const bus = new CutBus(host.device);
        await bus.open();
        try {
          const images = {
            "1.0": await host.image("minimal_1.0", answering("1.0")),
            "1.1": await host.image("minimal_1.1", answering("1.1")),
          };
          const cuts = new CutHost(host, bus, images);
          let number = 0;
          for (const member of calls[deed]) {
            for (const when of ["before", "after"] as const) {
              const what = (number += 1) % 2 === 0 ? "power" : "daemon";
              await cuts.prepare(deed);
              await cuts.cut(deed, { member, when }, what);
              const version = await cuts.settled();
              expect([member, when, what, ends[deed][what].includes(version) ? "settled" : version]).toEqual([
                member,
                when,
                what,
                "settled",
              ]);
            }
          }
        } finally {
          bus.close();
        }
      },
      { portable: `dwell = "200ms"\nbus = "unix:path=${cutBusPath}"` },
    );
  });
}
