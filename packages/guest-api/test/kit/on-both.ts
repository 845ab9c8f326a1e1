import { test } from "bun:test";
import { flavours } from "../../source/index.ts";
import type { Flavour } from "../../source/index.ts";
import { Fixture } from "./fixture.ts";

type Options = ConstructorParameters<typeof Fixture>[1];

/** A test of each flavour with a container of its own; nothing that nobody foresaw may have happened in it. */
export function onBoth(name: string, use: (fixture: Fixture) => Promise<void>, options: Options = {}): void {
  for (const flavour of flavours) on(flavour, name, use, options);
}

export function on(
  flavour: Flavour,
  name: string,
  use: (fixture: Fixture) => Promise<void>,
  options: Options = {},
): void {
  test(`${name} (${flavour})`, () => withFixture(flavour, use, options), 30_000);
}

export async function withFixture(
  flavour: Flavour,
  use: (fixture: Fixture) => Promise<void>,
  options: Options = {},
): Promise<void> {
  const fixture = new Fixture(flavour, options);
  try {
    await use(fixture);
    if (fixture.failures.length > 0) throw fixture.failures[0];
  } finally {
    fixture.stop();
  }
}
