// Requests and answers as they are on the wire, good ones and bad ones.
const imageId = `sha256:${"ab".repeat(32)}`;
const at = "2026-01-02T03:04:05.678Z";
const id = "11111111-1111-4111-8111-111111111111";

const slot = { slot: "a", imageId, version: "1.0.0", stagedAt: at, entries: 3, bytes: 10, bootable: true };
const outcome = { result: "rolled-back", imageId, version: "1.0.0", why: "rebooted without commit", at };

export const emptyStatus = {
  name: "edge",
  state: "normal",
  empty: true,
  why: "nothing is installed",
  resolved: true,
};

export const status = {
  ...emptyStatus,
  state: "trying",
  empty: false,
  running: slot,
  nextBoot: { slot: "b", imageId, bootable: false },
  other: slot,
  bootsLeft: 0,
  outcome,
  operation: id,
};

export const problem = {
  type: "urn:host-service:problem:busy",
  title: "Another operation is running",
  status: 409,
  detail: "Cannot install",
  code: "busy",
  operation: id,
};

export const progress = {
  type: "progress",
  operation: id,
  phase: "receive",
  part: "the bundle",
  bytes: 1,
  bytesTotal: 2,
  percent: 50,
};

export const operation = {
  id,
  action: "install",
  container: "edge",
  state: "failed",
  startedAt: at,
  endedAt: at,
  progress,
  events: `/v1/operations/${id}/events`,
  problem,
};

export const history = {
  operation: id,
  at,
  container: "edge",
  action: "install",
  caller: "host",
  result: "failed",
  imageId,
  version: "1.0.0",
  durationMs: 5,
  code: "no-space",
  why: "Cannot unpack",
};

export const info = {
  name: "host-service",
  version: "0.1.0",
  api: 1,
  features: ["container", "power", "path"],
  bootId: "boot-1",
  listener: "host",
};

export { at, id, imageId, slot };
