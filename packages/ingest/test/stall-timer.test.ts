import { expect, test } from "bun:test";
import { type Watch, watched } from "../source/stall-timer.ts";
import { refusal, until } from "./workshop.ts";

const action = 'receive "image"';
const forever = new Promise<never>(() => undefined);

test("watched: gives what the work gives, and is over then", async () => {
  let over: AbortSignal | undefined;
  const work = (watch: Watch) => {
    over = watch.over;
    return Promise.resolve(watch.over.aborted);
  };
  expect(await watched({ action, signal: undefined, stallTimeoutMs: 10_000 }, work)).toBe(false);
  expect(over?.aborted).toBe(true);
});

test("watched: work that says nothing is stalled, and is told that it is over", async () => {
  let over: AbortSignal | undefined;
  const error = await refusal(
    watched({ action, signal: undefined, stallTimeoutMs: 20 }, (watch) => {
      over = watch.over;
      return forever;
    }),
  );
  expect(error.problem).toEqual({ kind: "stalled", stallTimeoutMs: 20 });
  expect(over?.aborted).toBe(true);
});

test("watched: work that is alive may take longer than the timer", async () => {
  const startMs = performance.now();
  await watched({ action, signal: undefined, stallTimeoutMs: 300 }, (watch) =>
    until(() => {
      watch.alive();
      return performance.now() - startMs > 600;
    }, "twice the stall timer has passed"),
  );
});

test("watched: without a timer only the signal ends it", async () => {
  const controller = new AbortController();
  const work = watched({ action, signal: controller.signal }, () => forever);
  controller.abort("by hand");
  const error = await refusal(work);
  expect({ problem: error.problem, cause: error.cause }).toEqual({
    problem: { kind: "cancelled" },
    cause: "by hand",
  });
});

test("watched: a signal that has fired already starts nothing", async () => {
  let started = false;
  const work = watched({ action, signal: AbortSignal.abort() }, () => {
    started = true;
    return forever;
  });
  expect((await refusal(work)).kind).toBe("cancelled");
  expect(started).toBe(false);
});
