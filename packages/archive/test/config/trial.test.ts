import { expect, test } from "bun:test";
import { parseInstanceConfig } from "../../source/config/instance-config.ts";

function answer(trial: string): unknown {
  try {
    return parseInstanceConfig(`trial: ${trial}\n`).trial;
  } catch (error) {
    return error instanceof Error ? error.message.replace("Cannot use config.yaml: ", "") : String(error);
  }
}

test("trial of config.yaml, with its defaults", () => {
  expect(answer("{}")).toEqual({ commit: "manual", boots: 1 });
  expect(answer("{commit: ready, boots: 3, timeout: 1h 30m}")).toEqual({
    commit: "ready",
    boots: 3,
    timeoutMs: 5_400_000,
  });
  expect(answer('{commit: ready, health: {command: [/usr/bin/well, "--quick"]}}')).toEqual({
    commit: "ready",
    boots: 1,
    health: { command: ["/usr/bin/well", "--quick"], passes: 3, intervalMs: 10_000 },
  });
  expect(answer("{commit: ready, health: {command: [well], passes: 1, interval: 2s}}")).toMatchObject({
    health: { command: ["well"], passes: 1, intervalMs: 2000 },
  });
});

test("what trial cannot be is refused by the key's name", () => {
  const command = /"trial\.health\.command" has to be a list such as/;
  const cases: [string, RegExp][] = [
    ["{health: {command: [well]}}", /"trial\.health" says when a trial is committed; set "trial\.commit" to "ready"/],
    ["{commit: ready, health: {}}", /the key "trial\.health\.command" is missing/],
    ["{commit: ready, health: {command: well}}", /"trial\.health\.command"/],
    ["{commit: ready, health: {command: []}}", command],
    ['{commit: ready, health: {command: [""]}}', command],
    ['{commit: ready, health: {command: ["a\\0b"]}}', command],
    [`{commit: ready, health: {command: [${"a,".repeat(65)}]}}`, command],
    [`{commit: ready, health: {command: [${"a".repeat(5000)}]}}`, command],
    [
      "{commit: ready, health: {command: [well], passes: 0}}",
      /"trial\.health\.passes" has to be a whole number from 1 to 1000, got 0/,
    ],
    [
      "{commit: ready, health: {command: [well], interval: 25h}}",
      /"trial\.health\.interval" has to be a duration .* at most 24h, got "25h"/,
    ],
    ["{commit: ready, health: {command: [well], timeout: 1s}}", /unknown key "timeout" in "trial\.health"/],
    ["{timeout: 31d}", /"trial\.timeout" has to be a duration .* at most 30d, got "31d"/],
    ["{boots: 0}", /"trial\.boots" has to be a whole number from 1 to 100, got 0/],
  ];
  for (const [trial, wanted] of cases) expect([trial, answer(trial)]).toEqual([trial, expect.stringMatching(wanted)]);
});
