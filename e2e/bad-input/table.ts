// A table of bad input on one device: each row is a test that something is refused with its code and message, and that nothing has
// changed by it.
import { afterAll, beforeAll, expect } from "bun:test";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { JsonAnswer } from "../kit/api.ts";
import { Device } from "../kit/device.ts";
import type { DeviceOptions } from "../kit/device.ts";
import { workshop } from "../kit/images.ts";
import { testUnless } from "../kit/requirements.ts";
import { worked } from "../kit/steps.ts";
import type { Answer } from "../kit/run.ts";
import { GoldenSection } from "./golden.ts";
import { goodImage } from "./good-image.ts";
import { settled, traces } from "./traces.ts";

export interface TableOptions {
  device?: DeviceOptions;
  /** Further steps before the daemon starts. */
  prepare?: (device: Device) => Promise<void>;
}

export interface RowOptions {
  unless?: readonly (string | undefined)[];
  /** False where the design lets the state change: the row looks itself. */
  untouched?: boolean;
  /** Parts of the message that differ from run to run, each with the word that stands for it. */
  mask?: readonly (readonly [pattern: RegExp, word: string])[];
}

export class Table {
  /** For what a row needs to be given. */
  readonly workplace = mkdtempSync(join(tmpdir(), "hs-bad-"));
  readonly #golden: GoldenSection;
  #device: Device | undefined;

  constructor(section: string, options: TableOptions = {}) {
    this.#golden = new GoldenSection(section);
    beforeAll(async () => {
      const device = await Device.make(options.device);
      this.#device = device;
      const { config, rootfs } = goodImage();
      worked(await device.seed(config, rootfs));
      await options.prepare?.(device);
      worked(await device.boot());
      await device.startDaemon();
    });
    afterAll(async () => {
      await this.#device?.cleanUp();
      rmSync(this.workplace, { recursive: true, force: true });
    });
  }

  get device(): Device {
    if (this.#device === undefined) throw new Error("Cannot use the device: the tests have not begun");
    return this.#device;
  }

  /** A row for hostctl: one line on standard output and this exit code. */
  row(name: string, exitCode: number, act: (device: Device) => Promise<Answer>, options: RowOptions = {}): void {
    this.#test(name, options, async (device) => {
      const answer = await act(device);
      expect({ exitCode: answer.exitCode, lines: answer.stdout.split("\n").length - 1 }).toEqual({
        exitCode,
        lines: 1,
      });
      const hint = answer.stderr.trim() === "" ? "" : `\nstderr: ${answer.stderr.trim()}`;
      return `exit ${answer.exitCode}: ${answer.stdout.trimEnd()}${hint}`;
    });
  }

  /** A row for any other client: the problem document. */
  rawRow(name: string, status: number, act: (device: Device) => Promise<JsonAnswer>, options: RowOptions = {}): void {
    this.#test(name, options, async (device) => {
      const { status: got, body } = await act(device);
      expect(got).toBe(status);
      return `${got} ${String(body["code"])}: ${String(body["detail"])}`;
    });
  }

  complete(): void {
    this.#golden.complete();
  }

  #test(name: string, options: RowOptions, act: (device: Device) => Promise<string>): void {
    if (options.unless?.some((reason) => reason !== undefined) === true) this.#golden.skip();
    testUnless(options.unless ?? [], name, async () => {
      const { device } = this;
      const before = await traces(device);
      const said = await act(device);
      await settled(device);
      expect(await device.inbox()).toEqual([]);
      if (options.untouched !== false) expect(await traces(device)).toEqual(before);
      this.#golden.compare(name, this.#masked(said, options.mask ?? []));
    });
  }

  #masked(text: string, more: NonNullable<RowOptions["mask"]>): string {
    const { device } = this;
    const places = [
      [join(device.paths.stateDirectory, ".."), "$STATE"],
      [device.directory, "$DEVICE"],
      [this.workplace, "$HERE"],
      [workshop, "$IMAGES"],
    ] as const;
    let masked = text;
    for (const [pattern, word] of more) masked = masked.replaceAll(pattern, word);
    for (const [place, word] of places) masked = masked.replaceAll(place, word);
    return masked
      .replaceAll(/n{60,}/gu, "<n…>")
      .replaceAll(/[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}/gu, "<uuid>")
      .replaceAll(/\b[0-9a-f]{64}\b/gu, "<sha256>");
  }
}
