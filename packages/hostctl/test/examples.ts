// Answers of a daemon for the golden files.
import type { ContainerAnswer, ContainerStatus, History, SlotSummary } from "@host-service/protocol";

const first: SlotSummary = {
  slot: "a",
  imageId: "sha256:3f9a1c20b7de55d10e8cbb9a5ab8f4d3b0a1f6c2e3d4958677869504a3b2c1d0",
  version: "1.4.0",
  stagedAt: "2026-10-02T08:15:00.000Z",
  entries: 18129,
  bytes: 501000000,
  bootable: true,
};
const second: SlotSummary = {
  slot: "b",
  imageId: "sha256:9d0c3f5a1b2c6677889900aabbccddeeff00112233445566778899aabbccddee",
  version: "1.5.0-rc.1",
  stagedAt: "2026-11-21T23:50:12.345Z",
  entries: 18200,
  bytes: 503000000,
  bootable: true,
};
const base = { name: "edge", empty: false, resolved: true } as const;

export const statuses = {
  empty: { ...base, state: "normal", empty: true, why: "nothing was ever installed" },
  normal: { ...base, state: "normal", running: first, nextBoot: first, why: "1.4.0 was committed" },
  pending: {
    ...base,
    state: "pending",
    running: first,
    nextBoot: second,
    other: second,
    why: "1.5.0-rc.1 is staged and starts at the next boot",
    operation: "0d6b5a0e-1111-4222-8333-444455556666",
  },
  trying: {
    ...base,
    state: "trying",
    running: second,
    nextBoot: first,
    other: first,
    bootsLeft: 0,
    runtime: "nspawn",
    unit: { state: "running", since: "2026-11-21T23:51:00Z" },
    trial: { commit: "manual", endsAt: "2026-11-22T00:01:00.000Z" },
    why: "1.5.0-rc.1 is on trial; commit it, or the next boot goes back to 1.4.0",
  },
  tryingAgain: {
    ...base,
    state: "trying",
    running: { ...second, signer: { keyId: "D6368DF573E87904", verified: true, trustedComment: "1.5.0" } },
    nextBoot: { ...second, signer: { keyId: "31A3BF0638E9409D", verified: false } },
    other: first,
    bootsLeft: 2,
    runtime: "lxc",
    unit: { state: "restarting", ended: { how: "with exit status 1", at: "2026-11-21T23:52:10.000Z" } },
    trial: { commit: "ready", passes: 1, passesWanted: 3, problem: '"/bin/well" ended with 1: no route\u001b[2J' },
    why: "on trial",
  },
  rollback: {
    ...base,
    state: "rollback",
    running: second,
    nextBoot: first,
    other: first,
    why: "a rollback was asked for",
    resolved: false,
  },
  hostile: {
    ...base,
    name: "edge\u001b[2J",
    state: "normal",
    running: {
      ...first,
      version: "\u001b]0;owned\u0007\u202e1.0\n\u009b31m",
      stagedAt: "\u001b[1A",
      signer: { keyId: "\u001b[2J", verified: true },
      bootable: false,
    },
    why: "line one\nline two \u001b[31mred",
  },
} as const satisfies Record<string, ContainerStatus>;

export const answer: ContainerAnswer = {
  container: statuses.pending,
  warnings: [],
  operation: "0d6b5a0e-1111-4222-8333-444455556666",
};

export const answerWithWarning: ContainerAnswer = {
  ...answer,
  warnings: ['the candidate "1.4.9" was dropped: it had not been booted\u001b[0m'],
};

export const history: History = {
  history: [
    {
      operation: "0d6b5a0e-1111-4222-8333-444455556666",
      at: "2026-11-21T23:50:12.345Z",
      container: "edge",
      action: "install",
      caller: "host",
      result: "done",
      imageId: second.imageId,
      version: "1.5.0-rc.1",
      durationMs: 4210,
    },
    {
      operation: "-",
      at: "2026-11-22T00:01:00.000Z",
      container: "edge",
      action: "boot",
      caller: "boot",
      result: "done",
      imageId: second.imageId,
      version: "1.5.0-rc.1",
      why: "started on trial",
    },
    {
      operation: "0d6b5a0e-1111-4222-8333-444455556667",
      at: "2026-11-22T00:02:00.000Z",
      container: "edge",
      action: "install",
      caller: "edge",
      result: "refused",
      durationMs: 95000,
      code: "refused-in-state",
      why: "a trial is running\u001b[31m",
    },
  ],
};
