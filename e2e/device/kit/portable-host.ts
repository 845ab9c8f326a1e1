// A device on which host-service looks after portable services, and images for it.
import { mkdir, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { osRelease, packRootfs, portableProgram, writePortableImage } from "@host-service/fixtures";
import type { PortableRecipe, RootfsFormat } from "@host-service/fixtures";
import { needsTools } from "../../kit/requirements.ts";
import type { Transcript } from "../../kit/golden.ts";
import { must } from "../../kit/run.ts";
import type { Answer } from "../../kit/run.ts";
import { until } from "../../kit/until.ts";
import type { SystemdDevice } from "./device.ts";
import { needsNewerSystemd, onDevice, onSystemd } from "./story.ts";
import type { DeviceWishes } from "./story.ts";
import { cache } from "./trees.ts";

/** A test of portable services: its images have a program that is made here, and one story has a file system in a file. */
export function onPortable(name: string, story: () => Promise<void>, ...reasons: (string | undefined)[]): void {
  onSystemd(name, story, needsTools("gcc"), ...reasons);
}

/** The same on the device's own systemd and on a later one. */
export async function onEachSystemd(
  name: string,
  story: (host: PortableHost, isNewer: boolean) => Promise<void>,
  ...reasons: (string | undefined)[]
): Promise<void> {
  const tell = (isNewer: boolean) => () => PortableHost.with((host) => story(host, isNewer), { isNewer });
  onPortable(`${name} (systemd 252)`, tell(false), ...reasons);
  onPortable(`${name} (systemd 257)`, tell(true), ...reasons, await needsNewerSystemd());
}

const unitDirectory = "usr/lib/systemd/system";

export class PortableHost {
  readonly device: SystemdDevice;
  readonly directory: string;

  private constructor(device: SystemdDevice, directory: string) {
    this.device = device;
    this.directory = directory;
  }

  /** Runs the story on a device that has host-service, with a short time to watch new versions. */
  static async with(
    story: (host: PortableHost) => Promise<void>,
    { portable = 'dwell = "1s"', ...wishes }: DeviceWishes & { portable?: string } = {},
  ): Promise<void> {
    const directory = await mkdtemp(join(tmpdir(), "hs-portable-host-"));
    try {
      const configuration = `${wishes.configuration ?? ""}[portable]\n${portable}\n`;
      await onDevice({ ...wishes, configuration }, (device) => story(new PortableHost(device, directory)));
    } finally {
      await rm(directory, { recursive: true });
    }
  }

  hostctl(...words: string[]): Promise<Answer> {
    return this.device.run(["hostctl", ...words]);
  }

  /** The same for a command that has to succeed. */
  async must(...words: string[]): Promise<string> {
    return await this.device.must(["hostctl", ...words]);
  }

  /** What the service answers, as soon as it does. */
  ask(): Promise<string> {
    return until("the service answers", () => this.askOnce().catch(() => undefined));
  }

  /** What it answers now, as it is asked from out here; throws where it does not. */
  async askOnce(): Promise<string> {
    const answer = Promise.withResolvers<string>();
    let text = "";
    await Bun.connect({
      unix: this.device.seen("/run/minimal/socket"),
      socket: {
        data: (_, data) => void (text += data.toString()),
        close: () => answer.resolve(text),
        error: (_, error) => answer.reject(error),
      },
    });
    return await answer.promise;
  }

  /** Types a command as a person does and keeps what is answered; `shell` is what stands around it. */
  async type(transcript: Transcript, words: readonly string[], shell?: string): Promise<void> {
    const argv = ["hostctl", "portable", ...words];
    const script = shell ?? '"$@"';
    const answer = await this.device.run(["/bin/sh", "-c", script, "sh", ...argv], { cwd: "/" });
    const shown = shell === undefined ? argv : [shell.replace('"$@"', argv.join(" "))];
    transcript.add(shown, answer);
  }

  /** Puts an image onto the device; answers its path there. */
  async image(name: string, recipe: PortableRecipe, format: RootfsFormat | "raw" = "tar.xz"): Promise<string> {
    const root = join(this.directory, crypto.randomUUID(), name);
    await mkdir(join(root, ".."), { recursive: true });
    await writePortableImage(root, { ...recipe, program: recipe.program ?? (await portableProgram(cache)) });
    const path = format === "raw" ? await squashfs(root) : (await packRootfs(root, root, { format })).path;
    const place = `/srv/${basename(path)}`;
    await this.device.put(path, place);
    return place;
  }
}

async function squashfs(root: string): Promise<string> {
  await must(["mksquashfs", root, `${root}.raw`, "-quiet", "-no-progress", "-noappend", "-all-root"]);
  return `${root}.raw`;
}

/** A version of a service that answers on a socket with its own version. */
export function answering(
  version: string,
  changes: { exec?: string; more?: string; prefix?: string } = {},
): PortableRecipe {
  const exec = changes.exec ?? `/usr/bin/minimald answer /run/minimal/socket ${version}`;
  const unit = `[Service]\nExecStart=${exec}\nRuntimeDirectory=minimal\n${changes.more ?? ""}\n[Install]\nWantedBy=multi-user.target\n`;
  return {
    entries: {
      "usr/lib/os-release": osRelease("minimal", version),
      [`${unitDirectory}/${changes.prefix ?? "minimal"}-test.service`]: unit,
    },
  };
}

/** Asks without a pause until it is told to stop. */
export function listenTo(ask: () => Promise<string>): { stop(): Promise<{ longestGapMs: number; answers: string[] }> } {
  const over = new AbortController();
  const answers = new Set<string>();
  let longestGapMs = 0;
  const asking = (async () => {
    let last = performance.now();
    while (!over.signal.aborted) {
      const answer = await ask().catch(() => "");
      await Bun.sleep(1);
      if (answer === "") continue;
      answers.add(answer);
      const now = performance.now();
      longestGapMs = Math.max(longestGapMs, now - last);
      last = now;
    }
  })();
  return {
    async stop() {
      over.abort();
      await asking;
      return { longestGapMs, answers: [...answers] };
    },
  };
}
