// What systemd's portable services themselves do, as our checks and the way back rely on it: the assertions of what was observed, in the words
// of systemd 252.
import { expect } from "bun:test";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { packRootfs, portableImages, portableProgram, writePortableImage } from "@host-service/fixtures";
import type { PortableImageName, PortableRecipe } from "@host-service/fixtures";
import { attachedFiles } from "./kit/attached-files.ts";
import type { SystemdDevice } from "./kit/device.ts";
import { onEachSystemd, onPortable } from "./kit/portable-host.ts";
import { onPlainDevice } from "./kit/story.ts";
import { cache } from "./kit/trees.ts";

const minimal: PortableRecipe = portableImages["minimal_1.0"];

async function put(device: SystemdDevice, name: string, recipe: PortableRecipe): Promise<string> {
  const directory = await mkdtemp(join(tmpdir(), "hs-portable-image-"));
  try {
    await writePortableImage(join(directory, "image"), { ...recipe, program: await portableProgram(cache) });
    const { path } = await packRootfs(join(directory, "image"), join(directory, "image"), { format: "tar" });
    await device.put(path, "/srv/image.tar");
    await device.shell(`mkdir -p /srv/${name}; tar -C /srv/${name} -xf /srv/image.tar; rm /srv/image.tar`);
  } finally {
    await rm(directory, { recursive: true });
  }
  return `/srv/${name}`;
}

/** How portablectl ends, and the last line that it says. */
function teller(device: SystemdDevice) {
  return async (...words: string[]): Promise<[number, string]> => {
    const { stderr, exitCode } = await device.run(["portablectl", ...words]);
    return [exitCode, stderr.trimEnd().split("\n").at(-1) ?? ""];
  };
}

onPortable("P3, P4, P6, P7: which units systemd takes, and which images it refuses", async () => {
  await onPlainDevice(async (device) => {
    const tell = teller(device);
    const multi = await put(device, "multi_2.1", portableImages["multi_2.1"]);
    await device.shell(`portablectl attach --runtime ${multi}`);
    const attached = await attachedFiles(device);
    const units = attached.flatMap((line) => /^f 644 \/run\/systemd\/system\.attached\/([^/]+)$/.exec(line)?.[1] ?? []);
    // The same list is what packages/portable finds in the same image.
    expect(units.toSorted()).toEqual([
      "multi-dash.service",
      "multi-lib.service",
      "multi-link.service",
      "multi-local.service",
      "multi-run.service",
      "multi-w@.service",
      "multi.dot.service",
      "multi.path",
      "multi.service",
      "multi.socket",
      "multi.target",
      "multi.timer",
      "multi@.service",
      "multi@inst.service",
    ]);
    expect(await device.shell("grep Description /run/systemd/system.attached/multi.service")).toContain("from etc");
    await device.shell(`portablectl detach --runtime ${multi}`);

    const refusals: [PortableImageName, string[], string][] = [
      ["noos_1", [], "Image '/srv/noos_1' lacks os-release data, refusing."],
      ["nounit_1", [], "Couldn't find any matching unit files in image '/srv/nounit_1', refusing."],
      ["noid_1", [], "Image /srv/noid_1 os-release metadata lacks the ID field"],
      [
        "prefixes_1",
        ["prefixes"],
        "Selected matches 'prefixes' are not compatible with portable service image '/srv/prefixes_1', refusing. (Acceptable prefix matches are: allowed, alsook)",
      ],
    ];
    for (const [name, prefixes, words] of refusals) {
      const image = await put(device, name, portableImages[name]);
      const [exitCode, line] = await tell("attach", "--runtime", image, ...prefixes);
      expect([exitCode, line]).toEqual([1, `AttachImage failed: ${words}`]);
    }
    expect((await tell("attach", "--runtime", "/srv/prefixes_1", "allowed", "alsook"))[0]).toBe(0);
    expect((await device.run(["portablectl", "inspect", "/srv/noid_1"])).exitCode).toBe(0);
    expect((await device.run(["portablectl", "inspect", "/srv/noos_1"])).exitCode).toBe(1);
  });
});

onPortable("P11, P12, P22: what systemd refuses to attach and to detach, and what it detaches by mistake", async () => {
  await onPlainDevice(async (device) => {
    const tell = teller(device);
    const image = await put(device, "minimal_1.0", minimal);
    const other = await put(device, "minimal_1.1", portableImages["minimal_1.1"]);
    await device.shell(`portablectl attach --runtime ${image}`);
    for (const again of [image, other])
      expect((await tell("attach", "--runtime", again))[1]).toContain("exists on the host already");
    expect((await tell("attach", image))[1]).toContain("exists on the host already");
    await device.shell("systemctl start minimal-test.service");
    expect((await tell("detach", "--runtime", image))[1]).toContain("is active, can't detach");
    await device.shell("systemctl stop minimal-test.service");
    await device.write("/srv/admin.conf", "");
    await device.shell("cp /srv/admin.conf /run/systemd/system.attached/minimal-test.service.d/50-admin.conf");
    expect((await tell("detach", "--runtime", image))[0]).toBe(1);
    expect((await attachedFiles(device)).filter((line) => line.includes("20-portable"))).toEqual([]);
    await device.shell("rm -r /run/systemd/system.attached");
    const longer = await put(device, "minimalfoo_2", {
      entries: {
        "usr/lib/os-release": "ID=x\n",
        "usr/lib/systemd/system/minimalfoo.service": "[Service]\nExecStart=/usr/bin/minimald\n",
      },
    });
    await device.shell(`portablectl attach --runtime ${longer}; portablectl detach --runtime ${image}`);
    expect((await attachedFiles(device)).filter((line) => line.includes("minimalfoo.service"))).toEqual([]);
  });
});

onPortable(
  "P14: a reattach that fails leaves nothing attached and the process alive; only force attaches again",
  async () => {
    await onPlainDevice(async (device) => {
      const tell = teller(device);
      const image = await put(device, "minimal_1.0", minimal);
      const bad = await put(device, "minimal_2", { ...minimal, entries: { "usr/lib/os-release": "ID=x\n" } });
      await device.shell(`portablectl attach --runtime --now ${image}`);
      const pid = () => device.shell("systemctl show --property=MainPID --value minimal-test.service");
      const before = await pid();
      expect((await tell("reattach", "--runtime", bad))[0]).toBe(1);
      expect((await attachedFiles(device)).filter((line) => line.startsWith("f"))).toEqual([]);
      expect(await pid()).toBe(before);
      expect((await tell("attach", "--runtime", image))[1]).toContain("is active already");
      expect((await tell("attach", "--runtime", "--force", image))[0]).toBe(0);
      expect(await pid()).toBe(before);
    });
  },
);

onPortable("P19: on an image that cannot be written each missing entry is a start that fails with 226", async () => {
  await onPlainDevice(async (device) => {
    const unit = "[Service]\nType=exec\nExecStart=/usr/bin/minimald\n";
    const entries = { ...minimal.entries, "usr/lib/systemd/system/minimal-test.service": unit };
    const start = async (without: string[], name: string, profile = "default") => {
      const image = await put(device, name, { without, entries });
      await device.shell(`mount --bind ${image} ${image}; mount -o remount,bind,ro ${image}`);
      await device.shell(`portablectl attach --runtime --profile=${profile} ${image}`);
      // Of type "exec", so that its start tells whether it could be started.
      await device.run(["systemctl", "start", "minimal-test.service"]);
      const status = ["systemctl", "show", "--property=ExecMainStatus", "--value", "minimal-test.service"];
      const seen = await device.must(status);
      await device.shell("systemctl stop minimal-test.service; systemctl reset-failed");
      await device.shell(`portablectl detach --runtime ${image}; systemctl daemon-reload`);
      return seen.trim();
    };
    expect(await start([], "minimal_0")).toBe("0");
    const each = "proc sys dev run tmp var/tmp etc/machine-id etc/resolv.conf".split(" ");
    for (const [index, path] of each.entries()) {
      expect([path, await start([path], `minimal_${index + 1}`)]).toEqual([path, "226"]);
    }
    expect(await start(["etc/resolv.conf"], "minimal_9", "strict")).toBe("0");
  });
});

await onEachSystemd(
  "P4: our matcher and systemd's find the same units in every image that was recorded",
  async (host) => {
    const { device } = host;
    const manager = "org.freedesktop.portable1 /org/freedesktop/portable1 org.freedesktop.portable1.Manager".split(" ");
    for (const [name, recipe] of Object.entries<PortableRecipe>(portableImages)) {
      const prefix = name.split("_")[0] ?? name;
      const image = await host.image(name, recipe, "tar");
      await device.shell(`mkdir -p "/srv/${name}"; tar -C "/srv/${name}" -xf "${image}"`);
      const asked = ["GetImageMetadata", "sas", `/srv/${name}`, "1", prefix];
      const theirs = await device.run(["busctl", "--json=short", "call", ...manager, ...asked]);
      const words = ["portable", "inspect", image, "--name", "probe", "--prefix", prefix, "--json"];
      const { units, isFit } = JSON.parse((await host.hostctl(...words)).stdout);
      const ours = units.map((unit: { name: string }) => unit.name);
      // What it refuses we refuse as well, whatever units there are.
      if (theirs.exitCode === 0)
        expect([name, ours]).toEqual([name, Object.keys(JSON.parse(theirs.stdout).data[2]).toSorted()]);
      else expect([name, isFit, theirs.stderr === ""]).toEqual([name, false, false]);
    }
  },
);
