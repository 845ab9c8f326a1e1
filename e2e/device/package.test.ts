// The Debian package on a fresh Debian 12: installed, used under its units' restrictions, upgraded, removed, purged.
import { afterAll, beforeAll, expect } from "bun:test";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { buildSmallRootfs, packRootfs, writeConfigYaml } from "@host-service/fixtures";
import { repository } from "../kit/program.ts";
import { addRichEntries } from "../kit/rich-tree.ts";
import { must } from "../kit/run.ts";
import { differences, treeOf, unpackedByTar } from "../kit/same-tree.ts";
import type { SystemdDevice } from "./kit/device.ts";
import { edgeUnit, runs, seed } from "./kit/edge.ts";
import { flavours, granting, wishing } from "./kit/flavours.ts";
import { busyboxImage } from "./kit/images.ts";
import { isSystemdHere, onDevice, onPlainDevice, onSystemd } from "./kit/story.ts";

let directory: string;

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), "package-test-"));
  // Packages of one program: their versions are all that an upgrade needs.
  if (isSystemdHere) for (const version of ["1.0", "1.1"]) await packed(version);
}, 300_000);

afterAll(() => rm(directory, { recursive: true }));

async function packed(version: string): Promise<void> {
  const main = join(repository, "packaging/main.ts");
  await must([process.execPath, main, "--compression=none", `--version=${version}`, `--output=${directory}`]);
}

async function install(device: SystemdDevice, version: string): Promise<string> {
  const architecture = process.arch === "arm64" ? "arm64" : "amd64";
  await device.put(join(directory, `host-service_${version}_${architecture}.deb`), "/srv/host-service.deb");
  return device.must(["dpkg", "--install", "--force-confold", "/srv/host-service.deb"]);
}

const units = [
  "host-service.target",
  "host-service-boot.service",
  "host-service.service",
  "host-service-containers.service",
];
const library = "/usr/lib/host-service/container/lib";

/** Whatever of ours there is, by its name, and the links that enable it. */
async function ours(device: SystemdDevice): Promise<string> {
  const places = "/etc /usr /run /var /opt /dev/shm";
  const others = "-path /var/lib/dpkg -o -path /run/log -o -path /var/log";
  const found = `find ${places} \\( ${others} \\) -prune -o -name '*host-service*' -print -o -name '*hostctl*' -print`;
  return await device.shell(`{ ${found}; find /var/lib/host-service; } | sort -u`);
}

/** The point where the data partition of the device is mounted stays, whatever is done. */
const nothing = "/var/lib/host-service\n";

onSystemd("the package installs and starts, and its restrictions leave an install everything that it needs", () =>
  onPlainDevice(async (device) => {
    await install(device, "1.0");
    for (const unit of units) {
      expect(await device.shell(`systemctl is-active ${unit}; systemctl is-enabled ${unit}`)).toBe("active\nenabled\n");
    }
    expect(await device.must(["hostctl", "ping"])).toBe("OK\n");
    expect(await device.must(["host-service", "check-config"])).toBe("OK: /etc/host-service/config.toml\n");

    // Owners, modes, setuid, nodes, capabilities, attributes: what systemd could have taken away shows here.
    const tree = join(directory, "rich");
    await buildSmallRootfs(tree, { version: "1.0.0" });
    await addRichEntries(tree);
    const { path } = await packRootfs(tree, tree, { format: "tar.xz", level: 1 });
    await writeConfigYaml(join(directory, "config.yaml"), { name: "edge", version: "1.0.0" });
    await device.put(path, "/srv/rootfs.tar.xz");
    await device.put(join(directory, "config.yaml"), "/srv/config.yaml");
    const said = await device.run(["hostctl", "container", "install", "/srv/config.yaml", "/srv/rootfs.tar.xz"]);
    expect(said).toEqual({ stdout: "OK\n", stderr: "", exitCode: 0 });
    const unpacked = treeOf(device.path("/var/lib/host-service/containers/edge/slots/a/rootfs"));
    expect(differences(await unpackedByTar(path, join(directory, "by-tar")), unpacked)).toEqual([]);

    await device.reboot();
    expect(await device.must(["hostctl", "container", "status"])).toStartWith("trying\n");
    expect(await device.must(["hostctl", "container", "commit"])).toBe("OK\n");
  }),
);

onSystemd("an upgrade restarts the daemon and leaves containers alone, and an update of libc6 reaches them", () =>
  onPlainDevice(async (device) => {
    // Stands for a container; what one is has stories of its own.
    await device.write(
      "/etc/systemd/system/host-service-container@edge.service.d/stand-in.conf",
      "[Service]\nType=exec\nExecStart=\nExecStart=/usr/bin/sleep infinity\nExecStop=\nExecStopPost=\n",
    );
    await install(device, "1.0");
    await device.shell(
      "systemctl start host-service-container@edge.service; echo '# mine' >>/etc/host-service/config.toml",
    );
    const pids = async () => [
      await device.property("host-service.service", "MainPID"),
      await device.property("host-service-container@edge.service", "MainPID"),
    ];
    const [daemon, container] = await pids();
    await install(device, "1.1");
    const [nextDaemon, nextContainer] = await pids();
    expect(nextContainer).toBe(container);
    expect(nextDaemon).not.toBe(daemon);
    expect(await device.must(["hostctl", "ping"])).toBe("OK\n");
    expect(await device.shell("tail -n 1 /etc/host-service/config.toml")).toBe("# mine\n");

    await device.shell(
      `echo old >${library}/libc.so.6; dpkg-trigger --by-package=libc6 /lib/$(ls /lib | grep linux-gnu$)/libc.so.6`,
    );
    await device.must(["dpkg", "--configure", "--pending"]);
    await device.shell(`cmp ${library}/libc.so.6 /lib/*-linux-gnu/libc.so.6`);

    await device.must(["systemctl", "stop", "host-service.service"]);
    await install(device, "1.0");
    // Who stopped it does not find it running because of an upgrade.
    expect((await device.run(["systemctl", "is-active", "host-service.service"])).stdout).toBe("inactive\n");
    await device.must(["systemctl", "disable", "host-service.service"]);
    await install(device, "1.1");
    expect((await device.run(["systemctl", "is-enabled", "host-service.service"])).stdout).toBe("disabled\n");
  }),
);

for (const flavour of flavours) {
  onSystemd(`${flavour.name}: a container runs on while the package is upgraded, and its /host works`, async () => {
    const image = await busyboxImage("1.0.0", wishing(flavour));
    const prepare = (device: SystemdDevice) => seed(device, image);
    await onDevice({ configuration: granting(flavour), prepare }, async (device) => {
      await runs(device, "1.0.0");
      const leader = await device.leaderOf("edge");
      const daemon = await device.property("host-service.service", "MainPID");
      // The configuration is the administrator's, and dpkg has nobody to ask.
      await install(device, "1.1");
      expect(await device.leaderOf("edge")).toBe(leader);
      expect(await device.property("host-service.service", "MainPID")).not.toBe(daemon);
      await runs(device, "1.0.0");
      expect(await device.must(["dpkg-query", "--show", "--showformat=${Version}", "host-service"])).toBe("1.1");
      // And once more when it starts, with the units and the program of the new package.
      await device.must(["systemctl", "restart", edgeUnit]);
      await runs(device, "1.0.0");
    });
  });
}

onSystemd("a removal stops everything and keeps the state, and a purge leaves nothing but volumes", () =>
  onPlainDevice(async (device) => {
    expect(await ours(device)).toBe(nothing);
    await install(device, "1.0");
    await device.shell(
      "cd /var/lib/host-service && mkdir -p containers/edge/slots/a/rootfs && touch containers/edge/record.json",
    );
    const container = "host-service-container@edge.service";
    const lines = [
      "[Service]",
      "Type=exec",
      "ExecStart=",
      "ExecStart=/usr/bin/sleep infinity",
      "ExecStop=",
      "ExecStopPost=",
    ];
    const dropIn = `/run/systemd/system/${container}.d`;
    await device.shell(
      `mkdir ${dropIn}; printf '%s\\n' ${lines.map((line) => `'${line}'`).join(" ")} >${dropIn}/stand-in.conf`,
    );
    await device.shell(`systemctl daemon-reload; systemctl start ${container}`);
    await device.must(["dpkg", "--remove", "host-service"]);
    expect((await device.run(["pgrep", "-x", "sleep"])).stdout).toBe("");
    await device.shell(`rm -r ${dropIn}`);
    expect((await device.run(["pgrep", "-f", "host-service"])).stdout).toBe("");
    const kept = await ours(device);
    expect(kept).toContain("/etc/host-service\n");
    expect(kept).toContain("/var/lib/host-service/containers/edge/record.json\n");
    expect(kept).not.toMatch(/^\/(usr|run)\//m);
    expect(
      (await device.run(["systemctl", "list-units", "--state=active", "--no-legend", "host-service*"])).stdout,
    ).toBe("");

    await install(device, "1.1");
    expect(await device.must(["hostctl", "ping"])).toBe("OK\n");
    await device.shell(
      "cd /var/lib/host-service/containers/edge && mkdir -p volumes/data/empty && echo precious >volumes/data/file",
    );
    const purge = await device.run(["dpkg", "--purge", "host-service"]);
    expect(purge.stderr).toContain("the volumes of containers are kept in /var/lib/host-service/containers");
    expect((await ours(device)).replaceAll("/var/lib/host-service", "…").split("\n")).toEqual([
      "…",
      "…/containers",
      "…/containers/edge",
      "…/containers/edge/volumes",
      "…/containers/edge/volumes/data",
      "…/containers/edge/volumes/data/empty",
      "…/containers/edge/volumes/data/file",
      "",
    ]);

    await device.shell("rm -r /var/lib/host-service/containers");
    await install(device, "1.1");
    await device.must(["dpkg", "--purge", "host-service"]);
    expect(await ours(device)).toBe(nothing);
  }),
);
