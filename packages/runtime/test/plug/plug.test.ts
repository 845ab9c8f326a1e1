// In a process with mounts of its own, which stands for a container. Real containers: e2e/device/hot-devices.test.ts.
import { expect, test } from "bun:test";
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

const program = join(import.meta.dirname, "../programs/plug.ts");
const cannotMount = process.getuid?.() !== 0 || Bun.which("unshare") === null;
if (cannotMount) console.log("skipped: to mount takes root and unshare");

interface Inside {
  /** What lies at a path in there, seen from here. */
  path: (name: string) => string;
  plug: (
    verb: "in" | "out",
    wishes?: { target?: string; readonly?: boolean; source?: string; init?: number },
  ) => string;
}

/** `base` is the host's id of its root. */
async function within(base: number, use: (inside: Inside) => void): Promise<void> {
  const top = mkdtempSync(join(tmpdir(), "plug-"));
  const [root, shared] = [join(top, "root"), join(top, "shared")];
  for (const path of [root, shared]) mkdirSync(path);
  writeFileSync(join(shared, "file"), "shared");
  const shell = base === 0 ? "" : "unshare --user";
  const script = `mount -t tmpfs -o mode=1777 none "$0" && exec ${shell} sh -c 'echo born; exec cat'`;
  const child = Bun.spawn(["unshare", "--mount", "sh", "-c", script, root], { stdio: ["pipe", "pipe", "inherit"] });
  try {
    const reader = child.stdout.getReader();
    await reader.read();
    if (base !== 0) {
      for (const map of ["uid_map", "gid_map"]) writeFileSync(`/proc/${child.pid}/${map}`, `0 ${base} 65536\n`);
    }
    const path = (name: string) => join(`/proc/${child.pid}`, "root", root, name);
    const plug: Inside["plug"] = (
      verb,
      { target = "mnt/data", readonly = false, source = shared, init = child.pid } = {},
    ) => {
      const mount = {
        device: "data",
        target: join(root, target),
        readonly,
        recursive: false,
        required: true,
        source: { kind: "host", path: source, beneath: top },
      };
      const places = {
        containerDirectory: top,
        slotDirectory: top,
        spare: join(top, "spare"),
        hostMounts: "/proc/self/ns/mnt",
      };
      const request = { verb, what: { kind: "mount", mount }, init, ownPaths: [], ...places };
      const done = Bun.spawnSync([process.execPath, program, JSON.stringify(request)], { stderr: "inherit" });
      return done.exitCode === 0 ? "done" : String(JSON.parse(done.stdout.toString()));
    };
    use({ path, plug });
    expect(existsSync(join(root, "mnt"))).toBe(false);
  } finally {
    child.kill("SIGKILL");
    await child.exited;
    rmSync(top, { recursive: true });
  }
}

test.skipIf(cannotMount)("plugIn shows a directory in there alone, and plugOut takes it away, once and again", () =>
  within(0, ({ path, plug }) => {
    expect(plug("in")).toBe("done");
    expect(readFileSync(path("mnt/data/file"), "utf8")).toBe("shared");
    writeFileSync(path("mnt/data/written"), "");
    expect(plug("in")).toBe(
      'Cannot add the device "data" while the container runs: something is mounted there in the container already; stop the container first (hostctl container stop)',
    );
    expect([plug("out"), plug("out")]).toEqual(["done", "done"]);
    expect(existsSync(path("mnt/data/file"))).toBe(false);
    expect(plug("in", { readonly: true })).toBe("done");
    expect(() => writeFileSync(path("mnt/data/written"), "")).toThrow("EROFS");
  }),
);

test.skipIf(cannotMount)(
  "plugIn follows no link, neither to what is shared nor to where, and shows nothing to the host itself",
  () =>
    within(0, ({ path, plug }) => {
      symlinkSync("/", path("link"));
      expect(plug("in", { target: "link/data" })).toContain("a symbolic link is on the way");
      expect(plug("in", { init: process.pid })).toEndWith("it has ended; start it and try again");
      expect(plug("in", { source: path("link") })).toStartWith("Cannot add the device: ");
      expect(existsSync(path("mnt/data/file"))).toBe(false);
    }),
);

test.skipIf(cannotMount)(
  "plugIn refuses what is read-only where the root inside has other ids, and owns what it makes by them",
  () =>
    within(524_288, ({ path, plug }) => {
      expect(plug("in", { readonly: true })).toContain("a container with ids of its own could make writable");
      expect(plug("in")).toBe("done");
      expect(readFileSync(path("mnt/data/file"), "utf8")).toBe("shared");
      expect(statSync(path("mnt")).uid).toBe(524_288);
    }),
);
