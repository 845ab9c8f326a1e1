import { buildArtifact, buildArtifactSet, headerInfo, sampleImage } from "@host-service/fixtures";
import { expect, test } from "bun:test";
import { describeUpgrade } from "../../source/read-upgrade.ts";
import { attempt, chunked, keys, program } from "../kit/reading.ts";

const forDevice = (type: string, name: string): Uint8Array =>
  buildArtifact(keys, {
    headerInfo: {
      ...headerInfo,
      artifact_provides: { artifact_name: name },
      artifact_depends: { device_type: [type] },
    },
    image: type === "edge-x1" ? sampleImage : new Uint8Array(3000),
    compression: type === "edge-x1" ? "none" : "gzip",
  });
const ours = forDevice("edge-x1", "ours");
const first = forDevice("edge-y9", "first");
const second = forDevice("edge-z3", "second");

test("M50 a set gives the image for this device, wherever it stands", async () => {
  for (const order of [
    { "ours.mender": ours, "first.mender": first, "second.mender": second },
    { "first.mender": first, "ours.mender": ours, "second.mender": second },
    { "first.mender": first, "second.mender": second, "ours.mender": ours },
    { "ours.mender": ours },
  ]) {
    for (const chunkBytes of [1000, 1_000_000]) {
      const { report, sink } = await attempt(chunked(buildArtifactSet(order), chunkBytes));
      const members = report?.kind === "set" ? report.members.map(({ file, artifact }) => [file, artifact.name]) : [];
      expect(members).toEqual(Object.keys(order).map((file) => [file, file.replace(".mender", "")]));
      expect(report).toMatchObject({ kind: "set", artifact: { name: "ours" }, warnings: [] });
      expect(Buffer.from(sink.bytes).equals(sampleImage)).toBe(true);
    }
  }
});

test("a set without a device is verified and writes nothing", async () => {
  const { report, sink } = await attempt(buildArtifactSet({ "a.mender": first, "b.mender": second }), {
    device: undefined,
  });
  expect(report).toMatchObject({ kind: "set", artifact: undefined });
  expect(sink.begun).toBeUndefined();
});

test("describeUpgrade lists the members of a set", async () => {
  const description = await describeUpgrade(chunked(buildArtifactSet({ "a.mender": first, "b.mender": ours })), {
    program,
  });
  expect(description).toMatchObject({
    kind: "set",
    members: [
      { file: "a.mender", artifact: { name: "first", compression: "gzip", files: [{ bytes: 3000 }] } },
      { file: "b.mender", artifact: { name: "ours", compression: "none", files: [{ bytes: 5000 }] } },
    ],
  });
});

test("M50 warnings name the member", async () => {
  const unsigned = buildArtifact(keys, { sign: () => undefined });
  const { report } = await attempt(buildArtifactSet({ "a.mender": unsigned }), {
    policy: { keys: [], signatureRequired: false },
  });
  expect(report?.warnings).toEqual(["a.mender: the artifact is not signed"]);
});
