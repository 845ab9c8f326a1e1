import { expect, test } from "bun:test";
import {
  CommitRequest,
  ContainerName,
  inlineBytesMax,
  InstallRequest,
  OperationId,
  RebootRequest,
  routes,
  Source,
} from "@host-service/protocol";
import { parse, SchemaError } from "@host-service/schema";
import type { GenericSchema } from "@host-service/schema";
import { id } from "./examples.ts";

/** Undefined where the schema takes the value as it is, else what is wrong with it. */
function wrong(schema: GenericSchema, value: unknown): string | undefined {
  try {
    expect(parse(schema, value, { subject: "it" })).toEqual(value);
    return undefined;
  } catch (error) {
    if (error instanceof SchemaError) return error.message;
    throw error;
  }
}

const inline = { inline: "name: edge\n" };

test("Source takes exactly one way for the bytes to come", () => {
  for (const good of [
    { path: "/a" },
    { token: "t" },
    { upload: "u" },
    inline,
    { inline: "x".repeat(inlineBytesMax) },
  ]) {
    expect(wrong(Source, good)).toBeUndefined();
  }
  const bad = [
    {},
    null,
    "path",
    { path: 1 },
    { path: "/a", token: "t" },
    { file: "/a" },
    { path: "x".repeat(4097) },
    { token: "x".repeat(129) },
    { inline: "x".repeat(inlineBytesMax + 1) },
  ];
  for (const value of bad) expect(wrong(Source, value)).toStartWith("Cannot read it: ");
});

test("InstallRequest needs config and rootfs, and knows its keys", () => {
  const rootfs = { path: "/rootfs.tar.xz" };
  expect(wrong(InstallRequest, { config: inline, rootfs })).toBeUndefined();
  const all = { config: inline, rootfs, meta: rootfs, manifest: inline, signature: inline };
  expect(wrong(InstallRequest, all)).toBeUndefined();
  expect(wrong(InstallRequest, { config: inline })).toContain('"rootfs"');
  expect(wrong(InstallRequest, { rootfs })).toContain('"config"');
  expect(wrong(InstallRequest, { config: inline, roots: rootfs, rootfs })).toBe(
    'Cannot read it: unknown key "roots"; did you mean "rootfs"?',
  );
});

test("CommitRequest and RebootRequest take what they know, or nothing", () => {
  for (const good of [{}, { expect: "1.0.0" }]) expect(wrong(CommitRequest, good)).toBeUndefined();
  for (const bad of [{ expect: 1 }, { expect: "x".repeat(257) }, { force: true }]) {
    expect(wrong(CommitRequest, bad)).toBeDefined();
  }
  for (const good of [{}, { duringTrial: "allow" }, { duringTrial: "refuse" }]) {
    expect(wrong(RebootRequest, good)).toBeUndefined();
  }
  for (const bad of [{ duringTrial: "ask" }, { duringTrial: true }, { now: true }]) {
    expect(wrong(RebootRequest, bad)).toBeDefined();
  }
});

test("routes without members in their request refuse every member", () => {
  const empty = [routes.suspend, routes.rollbackContainer, routes.tryContainer, routes.startContainer];
  for (const { request } of empty) {
    expect([wrong(request, {}), wrong(request, { now: true }) === undefined]).toEqual([undefined, false]);
  }
});

test("ContainerName and OperationId take names and ids, and nothing that a path could be made of", () => {
  for (const good of ["~", "a", "Edge-1", "x".repeat(63)]) expect(wrong(ContainerName, good)).toBeUndefined();
  for (const bad of ["", ".", "..", "a/b", "1a", "-a", "a-", "a b", "a\n", "é", "~a", "x".repeat(64), 5]) {
    expect([bad, wrong(ContainerName, bad) === undefined]).toEqual([bad, false]);
  }
  expect(wrong(OperationId, id)).toBeUndefined();
  for (const bad of ["", "1", `${id}0`, ` ${id}`, `${id}\n`, id.replaceAll("1", "G"), id.replace("1111", "ABCD")]) {
    expect([bad, wrong(OperationId, bad) === undefined]).toEqual([bad, false]);
  }
});
