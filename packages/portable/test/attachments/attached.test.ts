import { expect, test } from "bun:test";
import { mkdir, symlink, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { readAttached, unitOnHost } from "../../source/attachments/attached.ts";
import { removeLeftovers, removeStaleLink } from "../../source/attachments/leftovers.ts";
import { inDirectory } from "../kit/image.ts";

const runtime = "run/systemd/system.attached";

/** As portabled writes it. */
async function attach(root: string, image: string, unit: string, options: { place?: string; profile?: string } = {}) {
  const { place = runtime, profile = "default" } = options;
  const directory = join(root, place, `${unit}.d`);
  await mkdir(directory, { recursive: true });
  await writeFile(
    join(directory, "20-portable.conf"),
    `# Drop-in created for image '${image}', do not edit.\n\n[Service]\n`,
  );
  await writeFile(join(root, place, unit), "[Service]\n");
  if (unit.endsWith(".service")) {
    await symlink(`/usr/lib/systemd/portable/profile/${profile}/service.conf`, join(directory, "10-profile.conf"));
  }
}

test("P25, P26: readAttached tells versions apart, by nothing but the host's files", async () => {
  await inDirectory(async (root) => {
    expect(await readAttached(root)).toEqual([]);
    await attach(root, "/x/minimal_1.1-b", "minimal.socket");
    await attach(root, "/x/minimal_1.1-b", "minimal-test.service", { profile: "strict" });
    await attach(root, "/y/other_1.raw", "other.service", { place: "etc/systemd/system.attached" });
    await mkdir(join(root, runtime, "foreign.service.d"));
    expect(await readAttached(root)).toEqual([
      {
        service: "minimal",
        images: [
          {
            image: "/x/minimal_1.1-b",
            isRuntime: true,
            units: ["minimal-test.service", "minimal.socket"],
            profile: "strict",
          },
        ],
      },
      {
        service: "other",
        images: [{ image: "/y/other_1.raw", isRuntime: false, units: ["other.service"], profile: "default" }],
      },
    ]);
  });
});

test("P17: unitOnHost finds the host's own units and those of other services, not those of the service itself", async () => {
  await inDirectory(async (root) => {
    await attach(root, "/x/minimal_1.0-a", "minimal-test.service");
    await attach(root, "/x/other_1.0-a", "other.service");
    const own = join(root, "usr/lib/systemd/system/ssh.service");
    await mkdir(dirname(own), { recursive: true });
    await writeFile(own, "");
    const found = ["minimal-test.service", "other.service", "ssh.service", "none.service"].map((unit) =>
      unitOnHost(root, unit, "minimal"),
    );
    expect(await Promise.all(found)).toEqual([
      undefined,
      `/${runtime}/other.service`,
      "/usr/lib/systemd/system/ssh.service",
      undefined,
    ]);
  });
});

test("removeLeftovers takes only what portabled wrote for this image, and an administrator's drop-in stays", async () => {
  await inDirectory(async (root) => {
    await attach(root, "/x/minimal_1.0-a", "minimal-test.service");
    await attach(root, "/x/minimal_1.1-b", "minimal-extra.service");
    await writeFile(join(root, runtime, "minimal-test.service.d/50-admin.conf"), "");
    expect(await removeLeftovers(root, "/x/minimal_1.0-a")).toEqual(["minimal-test.service"]);
    const left = await Array.fromAsync(new Bun.Glob("**/*").scan({ cwd: join(root, runtime), onlyFiles: false }));
    expect(left.toSorted()).toEqual([
      "minimal-extra.service",
      "minimal-extra.service.d",
      "minimal-extra.service.d/10-profile.conf",
      "minimal-extra.service.d/20-portable.conf",
      "minimal-test.service.d",
      "minimal-test.service.d/50-admin.conf",
    ]);
  });
});

test("P34: removeStaleLink removes a link of the image's name that leads elsewhere, and no other", async () => {
  await inDirectory(async (root) => {
    const link = join(root, "run/portables/minimal_1.0-a");
    await mkdir(dirname(link), { recursive: true });
    await symlink("/x/minimal_1.0-a", link);
    await removeStaleLink(root, "/x/minimal_1.0-a");
    expect(await Array.fromAsync(new Bun.Glob("*").scan({ cwd: dirname(link), onlyFiles: false }))).toHaveLength(1);
    await removeStaleLink(root, "/y/minimal_1.0-a");
    expect(await Array.fromAsync(new Bun.Glob("*").scan({ cwd: dirname(link), onlyFiles: false }))).toEqual([]);
  });
});
