import { expect, test } from "bun:test";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import {
  appendEnding,
  describeEnding,
  endingOf,
  endingsPath,
  isFailure,
  readEndings,
} from "../../source/units/endings.ts";

function withPath(use: (path: string) => void): void {
  const directory = mkdtempSync(join(tmpdir(), "endings-"));
  try {
    const path = endingsPath(directory, "edge");
    mkdirSync(dirname(path));
    use(path);
  } finally {
    rmSync(directory, { recursive: true });
  }
}

const failure = endingOf({ SERVICE_RESULT: "exit-code", EXIT_CODE: "exited", EXIT_STATUS: "1" });

test("endings are kept beside .current, oldest first, and the last 32 of them", () => {
  withPath((path) => {
    expect(path).toEndWith("/.current/.edge.endings");
    expect(readEndings(path)).toEqual([]);
    for (let count = 0; count < 40; count += 1) appendEnding(path, { ...failure, bootTimeMs: count });
    expect(readEndings(path).map(({ bootTimeMs }) => bootTimeMs)).toEqual(Array.from({ length: 32 }, (_, i) => i + 8));
  });
});

test("readEndings leaves out what makes no sense, and appendEnding goes on behind it", () => {
  withPath((path) => {
    writeFileSync(path, `nonsense\n{"at":1}\n${JSON.stringify(failure)}\n{"at":`);
    expect(readEndings(path)).toEqual([failure]);
    appendEnding(path, failure);
    expect(readEndings(path)).toEqual([failure, failure]);
  });
});

test("endingOf takes what systemd says, bounded, with the clock of this boot", () => {
  expect(failure).toEqual({
    at: expect.stringMatching(/^\d{4}-.*Z$/),
    bootTimeMs: expect.any(Number),
    result: "exit-code",
    code: "exited",
    status: "1",
  });
  expect(endingOf({ SERVICE_RESULT: "x".repeat(1000) }).result).toHaveLength(64);
});

test("isFailure and describeEnding, for every result that a unit can have", () => {
  const cases: [result: string, code: string, status: string][] = [
    ["success", "exited", "0"],
    ["success", "exited", "133"],
    ["success", "killed", "TERM"],
    ["exit-code", "exited", "1"],
    ["signal", "killed", "KILL"],
    ["core-dump", "dumped", "SEGV"],
    ["protocol", "exited", "0"],
    ["timeout", "killed", "TERM"],
    ["oom-kill", "killed", "KILL"],
    ["watchdog", "dumped", "ABRT"],
    ["start-limit-hit", "", ""],
    ["resources", "", ""],
    ["something-new", "", ""],
  ];
  const told = cases.map(([result, code, status]) => {
    const ending = { ...failure, result, code, status };
    return `${isFailure(ending) ? "failure" : "no failure"}: it ended ${describeEnding(ending)}`;
  });
  expect(told).toEqual([
    "no failure: it ended with exit status 0",
    "failure: it ended by a reboot of its own",
    "no failure: it ended by the signal TERM",
    "failure: it ended with exit status 1",
    "failure: it ended by the signal KILL",
    "failure: it ended by the signal SEGV",
    "failure: it ended with exit status 0, because it never said that it was ready",
    "failure: it ended by the signal TERM, because it took too long",
    "failure: it ended by the signal KILL, because there was no memory left for it",
    "failure: it ended by the signal ABRT, because its watchdog heard nothing",
    "failure: it ended because it was started too often",
    "failure: it ended because systemd could not start it",
    'failure: it ended with the result "something-new"',
  ]);
});
