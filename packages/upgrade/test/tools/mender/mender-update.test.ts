// mender-update 4 and 5, which Debian 12 does not have: a small program that says and writes what they do.
import { expect, test } from "bun:test";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { menderBackend, type MenderRequest } from "../../../source/index.ts";
import { bootEnvironment } from "../kit/boot-environment.ts";
import { inPlace, recorded, refusal, withSource, writeProgram } from "../kit/place.ts";

/** Its note of an update in progress is the file `note`, the boot environment the file `environment`; the artifact's text says what happens. */
const menderUpdate = `#!/bin/sh
cd "$(dirname "$0")/boot-environment" || exit 1
put() { sed -i "s/^$1=.*/$1=$2/" environment; }
log() { printf '%s\\n' "record_id=1 severity=$1 time=\\"2026-Mar-03 07:05:21.952463\\" name=\\"Global\\" msg=\\"$2\\"" >&2; }
echo "$1" >>calls
case $1 in
install)
  [ ! -e note ] || { echo "Could not fulfill request: Operation now in progress: Update already in progress. Please commit or roll back first" >&2; exit 1; }
  echo "Installing artifact..."
  kind=$(cat "$2")
  case $kind in
    rootfs*) put mender_boot_part 3; put mender_boot_part_hex 3; put upgrade_available 1; put bootcount 0; touch note ;;
    module*) touch note ;;
    late) put mender_boot_part 3; put upgrade_available 1; touch note; log error "Arm and fail"; exit 1 ;;
    nothing) ;;
    broken) log info "Reading"; log error 'SHA \\"mismatch\\"'; echo "Installation failed. System not modified."; exit 1 ;;
  esac
  echo "Installed, but not committed."
  echo "Use 'commit' to update, or 'rollback' to roll back the update."
  case $kind in *reboot*) echo "At least one payload requested a reboot of the device it updated." ;; esac
  case $kind in *4) exit 4 ;; esac ;;
commit|rollback)
  [ -e note ] || { echo "No update in progress."; exit 2; }
  rm note
  [ "$1" = commit ] || put mender_boot_part 2
  [ "$1" = commit ] || put mender_boot_part_hex 2
  put upgrade_available 0 ;;
esac
`;

interface Rig {
  directory: string;
  environment: ReturnType<typeof bootEnvironment>;
  backend: ReturnType<typeof menderBackend>;
  install: (
    artifact: string,
    more?: Partial<MenderRequest>,
  ) => ReturnType<ReturnType<typeof menderBackend>["installer"]["install"]>;
  variables: () => string;
  calls: () => string;
}

const settled = "mender_boot_part=2 mender_boot_part_hex=2 upgrade_available=0 bootcount=0";
const armed = "mender_boot_part=3 mender_boot_part_hex=3 upgrade_available=1 bootcount=0";

function withMenderUpdate(story: (rig: Rig) => Promise<void>): Promise<void> {
  return inPlace(async (directory) => {
    const at = (name: string) => join(directory, name);
    writeFileSync(at("device"), "");
    const environment = bootEnvironment(directory);
    const client = (name: string) => join(directory, "boot-environment", name);
    writeFileSync(client("calls"), "");
    const backend = menderBackend({
      command: [writeProgram(at("mender-update"), menderUpdate)],
      devices: { a: at("device"), b: at("device") },
      bootEnvironment: environment,
    });
    await story({
      directory,
      environment,
      backend,
      install(text, more = {}) {
        writeFileSync(at("artifact"), text);
        const request = { imageId: "sha256:0", name: "release-2", payloadType: "rootfs-image", ...more };
        return withSource(at("artifact"), (source) => backend.installer.install(source, request, recorded().options));
      },
      variables: () => environment.text,
      calls: () => readFileSync(client("calls"), "utf8").trim().split("\n").join(" "),
    });
  });
}

test("menderBackend takes mender-update's 0 and 4 as success, once the boot environment says the same", async () => {
  for (const artifact of ["rootfs", "rootfs reboot", "rootfs reboot 4"]) {
    await withMenderUpdate(async ({ install, variables, calls }) => {
      const expected = { imageId: "sha256:0", name: "release-2", bytes: artifact.length, warnings: [], isArmed: true };
      expect(await install(artifact)).toEqual(expected);
      expect({ variables: variables(), calls: calls() }).toEqual({ variables: armed, calls: "rollback install" });
    });
  }
});

test("menderBackend does not believe a success that the boot environment does not show", async () => {
  await withMenderUpdate(async ({ install, variables }) => {
    expect(await refusal(install("nothing"))).toEqual({
      name: "UpgradeError",
      kind: "boot-environment",
      message: "Cannot try slot b: mender ended well, but slot a starts next",
    });
    expect(variables()).toBe(settled);
  });
});

test("menderBackend has mender-update's reason, and takes back what it had armed before it failed", async () => {
  await withMenderUpdate(async ({ directory, install, variables }) => {
    const start = "Cannot install the artifact: mender-update ended with exit code 1: ";
    expect((await refusal(install("broken"))).message).toBe(`${start}SHA "mismatch"`);
    expect((await refusal(install("late"))).message).toBe(`${start}Arm and fail`);
    expect({ variables: variables(), note: existsSync(join(directory, "boot-environment/note")) }).toEqual({
      variables: settled,
      note: false,
    });
  });
});

test("menderBackend installs although mender-update still believes in an update that the boot loader went back from", async () => {
  await withMenderUpdate(async ({ directory, install, variables, calls }) => {
    writeFileSync(join(directory, "boot-environment/note"), "");
    expect((await install("rootfs")).isArmed).toBe(true);
    expect({ variables: variables(), calls: calls() }).toEqual({ variables: armed, calls: "rollback install" });
  });
});

test("menderBackend leaves another payload's ending to keep and returnTo of the slot that runs", async () => {
  await withMenderUpdate(async ({ directory, install, backend, variables, calls }) => {
    const payload = { payloadType: "single-file" };
    const installed = await install("module reboot", payload);
    expect({ isArmed: installed.isArmed, warnings: installed.warnings, variables: variables() }).toEqual({
      isArmed: false,
      warnings: ["mender: At least one payload requested a reboot of the device it updated."],
      variables: settled,
    });
    await backend.bootLoader.keep("a");
    await install("module", payload);
    await backend.bootLoader.returnTo("a");
    expect({
      calls: calls(),
      note: existsSync(join(directory, "boot-environment/note")),
      variables: variables(),
    }).toEqual({
      calls: "rollback install commit rollback install rollback",
      note: false,
      variables: settled,
    });
  });
});

test("menderBackend returns to the slot that runs although the client is gone, and says so where it is asked to install", async () => {
  await withMenderUpdate(async ({ directory, environment }) => {
    const gone = menderBackend({
      command: [join(directory, "no-mender-update")],
      devices: { a: "/dev/null", b: "/dev/null" },
      bootEnvironment: environment,
    });
    await environment.tryOnce("b");
    await gone.bootLoader.returnTo("a");
    expect(await gone.bootLoader.view()).toEqual({ booted: "a", next: "a", isTrial: false });
    expect((await refusal(gone.installer.check("b"))).message).toContain(
      "; install it (in Debian: mender-client), or name it",
    );
    expect((await refusal(gone.bootLoader.keep("a"))).message).toStartWith("Cannot keep slot a: there is no ");
  });
});
