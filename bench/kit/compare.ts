import { median } from "./statistics.ts";

/** One way of doing the work of a scenario. */
export interface Way {
  readonly name: string;
  /** Not timed. */
  readonly before?: () => unknown;
  readonly run: () => Promise<unknown>;
  /** Not timed. */
  readonly after?: () => unknown;
  /** The way whose median is the 1.00 of this one; the first of the scenario where it is not given. */
  readonly against?: string;
  /** At most this ratio is aimed at. */
  readonly aim?: number;
}

export interface Row {
  readonly name: string;
  readonly medianMs: number;
  readonly minMs: number;
  readonly maxMs: number;
  readonly against: string;
  readonly ratio: number;
  readonly aim?: number;
  readonly roundsMs: readonly number[];
}

/** All ways take turns, so that whatever else the machine does meets all of them. */
export async function compare(ways: readonly Way[], rounds: number): Promise<Row[]> {
  const times = new Map(ways.map((way): [string, number[]] => [way.name, []]));
  for (let round = 1; round <= rounds; round += 1) {
    for (const way of ways) {
      await way.before?.();
      const started = performance.now();
      await way.run();
      times.get(way.name)?.push(performance.now() - started);
      await way.after?.();
    }
    if (process.stderr.isTTY) process.stderr.write(`  round ${round} of ${rounds}\n`);
  }
  return ways.map((way) => rowOf(way, times, ways[0]?.name ?? ""));
}

function rowOf(way: Way, times: ReadonlyMap<string, readonly number[]>, first: string): Row {
  const roundsMs = times.get(way.name) ?? [];
  const against = way.against ?? first;
  return {
    name: way.name,
    medianMs: median(roundsMs),
    minMs: Math.min(...roundsMs),
    maxMs: Math.max(...roundsMs),
    against,
    ratio: median(roundsMs) / median(times.get(against) ?? []),
    ...(way.aim === undefined ? {} : { aim: way.aim }),
    roundsMs,
  };
}
