import { expect, test } from "bun:test";
import type { PortableInspection, PortableStatus } from "@host-service/protocol";
import { inspectionLines, serviceLines, serviceListLines } from "../../source/output/portable.ts";

const imageId = `sha256:${"1".repeat(64)}`;

const status: PortableStatus = {
  name: "minimal",
  state: "trying",
  empty: false,
  running: { slot: "b", imageId, version: "1.1", bootable: true },
  why: "version 1.1 is on trial; a reboot without a commit goes back to version 1.0",
  resolved: true,
  attached: { image: "minimal_1.1-b", slot: "b", profile: "strict", units: ["minimal.service", "minimal.socket"] },
};

test("serviceLines ends with what is attached, and says nothing where nothing is", () => {
  expect(serviceLines(status).at(0)).toBe("trying");
  expect(serviceLines(status).at(-1)).toBe(
    "attached:   minimal_1.1-b, profile strict: minimal.service, minimal.socket",
  );
  const { attached: _gone, ...detached } = status;
  expect(serviceLines(detached).at(-1)).toBe("attached:   nothing");
});

test("serviceListLines has a line for each service", () => {
  expect(serviceListLines([status]).map((line) => line.split(/\s{2,}/))).toEqual([
    ["NAME", "STATE", "VERSION", "PROFILE", "ATTACHED"],
    ["minimal", "trying", "1.1", "strict", "minimal_1.1-b"],
  ]);
});

test("inspectionLines begins with the verdict, and every finding is a line without control characters", () => {
  const found: PortableInspection = {
    name: "minimal",
    kind: "directory",
    title: "Minimal\u001b[31m",
    version: "1.1",
    profile: "default",
    prefixes: ["minimal"],
    units: [{ name: "minimal.service", kind: "unit", description: "Test", starts: true }],
    findings: [
      {
        check: "files",
        result: "refused",
        path: "etc/machine-id",
        text: "etc/machine-id is missing; add an empty file",
      },
    ],
    isFit: false,
    operation: "x",
  };
  const lines = inspectionLines(found);
  expect(lines.at(0)).toBe("refused");
  expect(lines.at(-1)).toBe("refused:    files: etc/machine-id is missing; add an empty file");
  expect(lines.join("\n")).not.toContain("\u001b");
  expect(inspectionLines({ ...found, findings: [], isFit: true }).at(0)).toBe("fit");
});
