import { describe, expect, test } from "bun:test";
import { verdictOf } from "../../../source/containers/trials/verdict.ts";
import type { Seen } from "../../../source/containers/trials/verdict.ts";

const limits = { trialEndingsMax: 3, trialEndingsWithinMs: 60_000 };
const minute = 60_000;

const failure = (bootTimeMs: number, wishes: { result?: string; status?: string } = {}) => ({
  at: "2026-01-02T03:04:05.000Z",
  bootTimeMs,
  result: "exit-code",
  code: "exited",
  status: "1",
  ...wishes,
});

function verdict(wishes: Partial<Seen>): string {
  const seen = {
    trial: { commit: "manual", boots: 1 },
    beganAtMs: 1000,
    nowMs: 2000,
    endings: [],
    unit: undefined,
  } as const;
  const found = verdictOf({ ...seen, problem: undefined, ...wishes }, limits);
  return found === undefined ? "goes on" : `${found.result}: ${found.why}`;
}

describe("verdictOf", () => {
  test("a restart loop is so many failures within so long, of this trial", () => {
    const loop = "failed: it ended 3 times within 60 s, the last time with exit status 1";
    expect(verdict({ endings: [2000, 3000, 4000].map((at) => failure(at)) })).toBe(loop);
    expect(verdict({ endings: [2000, 3000].map((at) => failure(at)) })).toBe("goes on");
    // Too far apart; the last three of five.
    expect(verdict({ endings: [2000, 33_000, 62_001].map((at) => failure(at)) })).toBe("goes on");
    expect(verdict({ endings: [2000, 33_000, 62_000].map((at) => failure(at)) })).toBe(loop);
    expect(verdict({ endings: [2000, 90_000, 180_000, 190_000, 200_000].map((at) => failure(at)) })).toBe(loop);
  });

  test("what was asked for is no failure, a reboot of its own is", () => {
    const stopped = { result: "success", status: "0" };
    expect(verdict({ endings: [2000, 3000, 4000].map((at) => failure(at, stopped)) })).toBe("goes on");
    const rebooted = { result: "success", status: "133" };
    expect(verdict({ endings: [2000, 3000, 4000].map((at) => failure(at, rebooted)) })).toBe(
      "failed: it ended 3 times within 60 s, the last time by a reboot of its own",
    );
  });

  test("a unit that systemd gave up", () => {
    const unit = { state: "failed", ended: { result: "exit-code", code: "exited", status: "1" } } as const;
    expect(verdict({ unit })).toBe("failed: its unit failed and is not started again; it ended with exit status 1");
    expect(verdict({ unit: { state: "failed" } })).toBe("failed: its unit failed and is not started again");
    expect(verdict({ unit, endings: [failure(2000, { status: "7" })] })).toEndWith("it ended with exit status 7");
    for (const state of ["running", "starting", "restarting", "stopping", "stopped"] as const) {
      expect(verdict({ unit: { state } })).toBe("goes on");
    }
  });

  test("a container that ended by itself, well or not, and that nobody starts again", () => {
    const ending = { ...failure(2000), result: "success", status: "0" };
    const unit = { state: "stopped" } as const;
    const why = "failed: it ended by itself, with exit status 0, and is not started again";
    expect(verdict({ unit, endings: [{ ...ending, asked: false }] })).toBe(why);
    expect(verdict({ unit, endings: [{ ...failure(2000), asked: false }] })).toBe(why.replace("status 0", "status 1"));
    // Somebody stopped it; nobody knows; it is started again.
    expect(verdict({ unit, endings: [{ ...ending, asked: true }] })).toBe("goes on");
    expect(verdict({ unit, endings: [ending] })).toBe("goes on");
    expect(verdict({ unit: { state: "restarting" }, endings: [{ ...ending, asked: false }] })).toBe("goes on");
  });

  test("the time limit, with what was waited for", () => {
    const late = { nowMs: 1000 + 10 * minute };
    const health = { command: ["/bin/well"], passes: 3, intervalMs: 1000 };
    const [manual, ready] = [
      { boots: 1, timeoutMs: 10 * minute, commit: "manual" },
      { boots: 1, timeoutMs: 10 * minute, commit: "ready" },
    ] as const;
    expect(verdict({ trial: manual, nowMs: late.nowMs - 1 })).toBe("goes on");
    expect(verdict({ trial: manual, ...late })).toBe("rolled-back: nobody committed it within 10 min");
    expect(verdict({ trial: ready, ...late })).toBe("rolled-back: it did not say that it is ready within 10 min");
    expect(verdict({ trial: { ...ready, health }, ...late, problem: '"/bin/well" ended with 1: no route' })).toBe(
      'rolled-back: its health check did not pass 3 times in a row within 10 min: "/bin/well" ended with 1: no route',
    );
    expect(verdict({ trial: { boots: 1, commit: "manual" }, nowMs: 1e12 })).toBe("goes on");
  });
});
