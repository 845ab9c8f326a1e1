import { expect, test } from "bun:test";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { raucBackend } from "../../../source/index.ts";
import { inPlace, recorded, refusal, withSource, writeProgram } from "../kit/place.ts";

/** A rauc of which only the answers are known: what `info`, `status` and `install` print, and how they end. */
function withFake<T>(cases: string, use: (backend: ReturnType<typeof raucBackend>, file: string) => Promise<T>) {
  return inPlace(async (directory) => {
    const status = JSON.stringify({
      compatible: "edge-x1",
      booted: "A",
      boot_primary: "rootfs.0",
      slots: [
        { "rootfs.0": { device: "/dev/null", bootname: "A", boot_status: "good" } },
        { "rootfs.1": { device: "/dev/null", bootname: "B", boot_status: null } },
      ],
    });
    const program = `#!/bin/sh\ncase $1 in\n${cases}\nstatus) echo '${status}' ;;\nesac\n`;
    const file = join(directory, "bundle");
    writeFileSync(file, "bundle");
    return use(raucBackend({ command: [writeProgram(join(directory, "rauc"), program)], silenceTimeoutMs: 300 }), file);
  });
}

const information = `info) echo '{"compatible":"edge-x1","version":null}' ;;`;

function install(backend: ReturnType<typeof raucBackend>, file: string) {
  const request = { imageId: "sha256:0", version: "from the caller" };
  return refusal(withSource(file, (source) => backend.installer.install(source, request, recorded().options)));
}

test("raucBackend says that rauc hangs, and ends what it started", async () => {
  await withFake(`${information}\ninstall) echo "  0% Installing"; exec sleep 1000 ;;`, async (backend, file) => {
    expect(await install(backend, file)).toEqual({
      name: "UpgradeError",
      kind: "stalled",
      message: "Cannot install the bundle: rauc did nothing for 0.3 s, and was ended",
    });
  });
});

test("raucBackend says that an answer of rauc is none", async () => {
  const table = {
    "status) echo nothing ;;": "Cannot use rauc: rauc answers nonsense: JSON Parse error: Unexpected EOF",
    "status) echo '{' ;;": "Cannot use rauc: rauc answers nonsense: JSON Parse error: Expected '}'",
    [`status) echo '{"compatible":"x"}' ;;`]: expect.stringContaining(
      "Cannot use rauc: rauc answers nonsense: Cannot read rauc's status: ",
    ),
    [`status) echo '{"compatible":"x","slots":[]}' ;;`]:
      "Cannot use rauc: rauc has 0 slots with a bootname (none), and two are needed; name them as upgrade.slots",
  };
  for (const [cases, message] of Object.entries(table)) {
    await withFake(cases, async (backend) => {
      expect(await refusal(backend.installer.check("b"))).toEqual({ name: "UpgradeError", kind: "backend", message });
    });
  }
});

test("raucBackend tells a rauc that fails without a word from one whose loader did not follow", async () => {
  await withFake(`${information}\ninstall) exit 2 ;;`, async (backend, file) => {
    expect((await install(backend, file)).message).toBe("Cannot install the bundle: rauc ended with exit code 2");
  });
  await withFake(`${information}\ninstall) ;;`, async (backend) => {
    expect(await refusal(backend.bootLoader.tryOnce("b"))).toEqual({
      name: "UpgradeError",
      kind: "boot-environment",
      message: 'Cannot try slot b: rauc says that rootfs.0 starts next, not rootfs.1; see "rauc status"',
    });
  });
});
