// Stories of upgrades that fail: what is said, and that the host boots what it booted before and takes the next good upgrade.
import { expect } from "bun:test";
import { buildArtifact, makeArtifactKeys } from "@host-service/fixtures";
import { GoldenSection } from "../bad-input/golden.ts";
import { type BoardOptions, needsBoard } from "../kit/board.ts";
import { type BoardHost, type BoardHostWishes, onBoardHost } from "../kit/board-host.ts";
import { tracesOf } from "../kit/board-traces.ts";
import { testUnless } from "../kit/requirements.ts";
import type { Answer } from "../kit/run.ts";
import { worked } from "../kit/steps.ts";

export const mebibyte = 1024 * 1024;
export const slotBytes = 8 * mebibyte;
const installed = "Upgrade installed successfully. Please reboot to complete the process.\n";
/** Where the upgrades lie on the board. */
export const files = { good: "/data/good.mender", image: "/data/image", large: "/data/large.mender" } as const;

const keys = makeArtifactKeys();
const noise = (bytes: number) => {
  const image = new Uint8Array(bytes);
  for (let at = 0; at < bytes; at += 65_536) crypto.getRandomValues(image.subarray(at, at + 65_536));
  return image;
};
const image = noise(3 * mebibyte);
const good = buildArtifact(keys, { image });
export const large = () => buildArtifact(keys, { image: noise(slotBytes + 512) });

export interface StoryOptions extends BoardHostWishes {
  unless?: readonly (string | undefined)[];
  board?: Omit<Partial<BoardOptions>, "bootLoader">;
}

export interface Expectation {
  exit: number;
  /** "unknown" where something may have been written to the slot that does not run. */
  inactive?: "same" | "unknown";
  /** False where the failure is one of the boot environment, which is looked at by the story itself. */
  environment?: "same" | "looked at";
}

export class Story {
  readonly host: BoardHost;
  readonly said: string[] = [];

  constructor(host: BoardHost) {
    this.host = host;
  }

  upgrade(file: string = files.good, ...more: string[]): Promise<Answer> {
    return this.host.hostctl("system", "upgrade", file, ...more);
  }

  /** One line, an exit code, and nothing that the next boot would notice. */
  async fails(expectation: Expectation, act: () => Promise<Answer> = () => this.upgrade()): Promise<void> {
    const { exit, inactive = "same", environment = "same" } = expectation;
    const before = await tracesOf(this.host);
    const { stdout, exitCode } = await act();
    expect({ exitCode, stdout }).toEqual({ exitCode: exit, stdout: expect.stringMatching(/^Cannot [^\n]+\n$/) });
    this.said.push(`exit ${exitCode}: ${stdout.trimEnd()}`);
    const after = await tracesOf(this.host);
    if (inactive === "unknown") after.inactive = before.inactive;
    if (environment === "looked at") after.environment = before.environment;
    expect(after).toEqual(before);
  }

  /** The next good upgrade works, and is dropped again. */
  async goesOn(): Promise<void> {
    const { stdout, stderr, exitCode } = await this.upgrade();
    expect({ stdout, exitCode, errors: exitCode === 0 ? "" : stderr }).toEqual({
      stdout: installed,
      exitCode: 0,
      errors: "",
    });
    expect(await this.host.board.variables()).toMatchObject({ mender_boot_part: "3", upgrade_available: "1" });
    worked(await this.host.hostctl("system", "rollback"));
    expect(await this.host.board.variables()).toMatchObject({ mender_boot_part: "2", upgrade_available: "0" });
  }
}

export class Failures {
  readonly #golden: GoldenSection;

  constructor(section: string) {
    this.#golden = new GoldenSection(section, import.meta.dirname);
  }

  story(name: string, options: StoryOptions, tell: (story: Story) => Promise<void>): void {
    const { unless = [], board, ...wishes } = options;
    const reasons = [needsBoard("u-boot"), ...unless];
    if (reasons.some((reason) => reason !== undefined)) this.#golden.skip();
    const places = { [files.good]: good, [files.image]: image, ...wishes.files };
    const setting = { board: { slotBytes: { a: 16 * mebibyte, b: slotBytes }, ...board }, ...wishes, files: places };
    testUnless(reasons, name, () =>
      onBoardHost(setting, async (host) => {
        const story = new Story(host);
        try {
          await tell(story);
        } catch (error) {
          console.error(`The daemon's log:\n${await host.log()}`);
          throw error;
        }
        this.#golden.compare(name, masked(story.said));
      }),
    );
  }

  complete(): void {
    this.#golden.complete();
  }
}

function masked(said: readonly string[]): string {
  return said
    .join("\n")
    .replaceAll(/[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}/gu, "<uuid>")
    .replaceAll(/\b[0-9a-f]{64}\b/gu, "<sha256>")
    .replaceAll(/\bimage sha256:[0-9a-f]{12}\b/gu, "image <digest>")
    .replaceAll(/\bloop\d+(?:p\d+)?/gu, "<loop>")
    .replaceAll(/\bat byte \d+/gu, "at byte <n>")
    .replaceAll(/\d[\d.]* (?:[KM]i)?B \(\d+ bytes\) are free/gu, "<bytes> are free");
}
