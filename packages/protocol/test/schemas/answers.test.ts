import { expect, test } from "bun:test";
import {
  ContainerAnswer,
  ContainerList,
  ContainerStatus,
  DoctorReport,
  Finding,
  History,
  HistoryEntry,
  Operation,
  OperationEvent,
  Problem,
  Removed,
  routes,
  ServerInfo,
} from "@host-service/protocol";
import { parse, SchemaError } from "@host-service/schema";
import type { GenericSchema } from "@host-service/schema";
import { emptyStatus, history, id, info, operation, problem, progress, slot, status } from "./examples.ts";

const good: [string, GenericSchema, unknown][] = [
  ["ContainerStatus", ContainerStatus, status],
  ["ContainerStatus of an empty one", ContainerStatus, emptyStatus],
  ["ContainerList", ContainerList, { containers: [status, emptyStatus] }],
  ["ContainerAnswer", ContainerAnswer, { container: status, warnings: ["it was dropped"], operation: id }],
  ["History", History, { history: [history] }],
  ["DoctorReport", DoctorReport, { ok: true, findings: [{ check: "kernel", status: "ok", message: "Linux 6.1" }] }],
  ["Operation", Operation, operation],
  ["Operation that is done", Operation, { ...operation, state: "done", result: { removed: "edge" } }],
  ["OperationEvent of a progress", OperationEvent, progress],
  ["OperationEvent of a result", OperationEvent, { type: "result", operation: id, result: { any: "thing" } }],
  ["OperationEvent of an error", OperationEvent, { type: "error", operation: id, problem }],
  ["Problem", Problem, problem],
  ["Removed", Removed, { removed: "edge", operation: id }],
  ["ServerInfo", ServerInfo, info],
  ["Accepted", routes.reboot.response, { ok: true }],
];

const bad: [string, GenericSchema, unknown][] = [
  ["a state that is none", ContainerStatus, { ...status, state: "empty" }],
  ["a slot that is none", ContainerStatus, { ...status, running: { ...slot, slot: "c" } }],
  ["a missing name", ContainerStatus, { ...status, name: undefined }],
  ["a fraction", ContainerStatus, { ...status, bootsLeft: 0.5 }],
  ["warnings that are no list", ContainerAnswer, { container: status, warnings: "one", operation: id }],
  ["an action that is none", HistoryEntry, { ...history, action: "reboot" }],
  ["a result that is none", HistoryEntry, { ...history, result: "ok" }],
  ["an operation's state that is none", Operation, { ...operation, state: "recording" }],
  ["a phase that is none", OperationEvent, { ...progress, phase: "download" }],
  ["an event that is none", OperationEvent, { ...progress, type: "log" }],
  ["an error without its problem", OperationEvent, { type: "error", operation: id }],
  ["a finding's status that is none", Finding, { check: "kernel", status: "error", message: "old" }],
  ["a problem without a code", Problem, { ...problem, code: undefined }],
  ["another server", ServerInfo, { ...info, name: "nginx" }],
  ["another api", ServerInfo, { ...info, api: 2 }],
];

for (const [what, schema, value] of good) {
  test(`${what} is taken as it is`, () => {
    expect(parse(schema, value, { subject: "the answer" })).toEqual(value);
  });
}

for (const [what, schema, value] of bad) {
  test(`${what} is refused`, () => {
    expect(() => parse(schema, value, { subject: "the answer" })).toThrow(SchemaError);
  });
}

test("answers with what a later version adds are read", () => {
  expect(parse(ContainerStatus, { ...emptyStatus, later: 1 }, { subject: "the answer" })).toEqual(
    parse(ContainerStatus, emptyStatus, { subject: "the answer" }),
  );
});
