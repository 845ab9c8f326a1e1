import { describe, expect, test } from "bun:test";
import { mkdir, mkdtemp, readFile, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { architectureOf, launcherOf } from "../../../compile/launcher/launcher.ts";

const folder = path.resolve(import.meta.dirname, "../../../compile/launcher");
const machines = [
  { architecture: "x64", source: "x86-64", tools: "x86_64-linux-gnu-", loader: "ld-linux-x86-64.so.2" },
  { architecture: "arm64", source: "arm64", tools: "aarch64-linux-gnu-", loader: "ld-linux-aarch64.so.1" },
] as const;

describe.each(machines)("launcherOf for $architecture", ({ architecture, source, tools, loader }) => {
  testWith([`${tools}as`, `${tools}objcopy`], "is what its source assembles to", async () => {
    const bytes = await inDirectory(async (directory) => {
      const object = path.join(directory, "launcher.o");
      run([`${tools}as`, "-o", object, path.join(folder, `${source}.s`)]);
      run([`${tools}objcopy`, "-O", "binary", "-j", ".text", object, path.join(directory, "code")]);
      return new Uint8Array(await readFile(path.join(directory, "code")));
    });
    if (process.env["UPDATE_GOLDEN"] === "1") {
      const lines = Buffer.from(bytes)
        .toString("hex")
        .replaceAll(/.{1,64}/g, "$&\n");
      await writeFile(path.join(folder, `${source}.hex`), lines);
    }
    expect(launcherOf(architecture).slice(codeOffset)).toEqual(bytes);
  });

  testWith([`${tools}readelf`], "is a program that readelf has nothing to say against", async () => {
    const text = await inspected(architecture, [`${tools}readelf`, "--wide", "--file-header", "--segments"]);
    expect(text).toContain("EXEC (Executable file)");
    expect(text).toMatch(/LOAD +0x000000 0x0*400000 .* R E 0x10000/);
    expect(text).toMatch(/GNU_STACK .* RW /);
    expect(text).not.toMatch(/warning|error/i);
  });

  const emulator = process.arch === architecture ? [] : [`qemu-${source === "arm64" ? "aarch64" : "x86_64"}-static`];
  describe("called", () => {
    testWith(
      emulator,
      "starts the loader beside it with the arguments, and without what was meant for others",
      async () => {
        const { lines, status } = await launched(async (directory) => {
          await fakeLoader(path.join(directory, "lib", loader), 'printf "%s\\n" "$0" "$@"; env | sort; exit 7');
          return { directory, args: ["container", "two words", "", "--json"] };
        });
        expect(status).toBe(7);
        expect(lines).toEqual([
          `DIR/lib/${loader}`,
          "--library-path",
          "DIR/lib",
          "DIR/lib/hostctl",
          "container",
          "two words",
          "",
          "--json",
          "BU=1",
          "FIRST=1",
          "LAST=1",
          "LD=1",
          "PWD=DIR",
        ]);
      },
    );

    testWith(emulator, "finds it behind a link to itself, with very many arguments", async () => {
      const many = Array.from({ length: 3000 }, (_, index) => `argument-${index}`);
      const { lines } = await launched(async (directory) => {
        await fakeLoader(path.join(directory, "lib", loader), 'printf "%s\\n" "$0" "$#" "${3003}"');
        await mkdir(path.join(directory, "bin"));
        await symlink("../hostctl", path.join(directory, "bin/hostctl"));
        return { directory, args: many, program: "bin/hostctl" };
      });
      expect(lines).toEqual([`DIR/lib/${loader}`, "3003", "argument-2999"]);
    });

    testWith(emulator, "says what is missing where the loader is not there", async () => {
      const { lines, status } = await launched((directory) => Promise.resolve({ directory, args: ["ping"] }));
      expect({ lines, status }).toEqual({
        status: 1,
        lines: [
          "Cannot run hostctl: what it needs is not in lib/ beside it, or may not be run there; restart the container",
        ],
      });
    });

    async function launched(
      prepare: (directory: string) => Promise<{ directory: string; args: string[]; program?: string }>,
    ): Promise<{ lines: string[]; status: number }> {
      return inDirectory(async (directory) => {
        await mkdir(path.join(directory, "lib"));
        await writeFile(path.join(directory, "hostctl"), launcherOf(architecture), { mode: 0o755 });
        const { args, program } = await prepare(directory);
        const command = [...emulator, path.join(directory, program ?? "hostctl"), ...args];
        const child = Bun.spawnSync(command, { cwd: directory, env: environment, stderr: "inherit" });
        const text = child.stdout.toString().replaceAll(directory, "DIR");
        return { lines: text.split("\n").slice(0, -1), status: child.exitCode };
      });
    }
  });
});

/** Dropped by the launcher: the four with a prefix. Without a PATH the shell's own one would be added. */
const environment = {
  FIRST: "1",
  LD_PRELOAD: "/nowhere.so",
  LD_LIBRARY_PATH: "/nowhere",
  BUN_OPTIONS: "--version",
  BUN_BE_BUN: "1",
  LD: "1",
  BU: "1",
  LAST: "1",
};

/** Behind the header and the two segments. */
const codeOffset = 176;

describe("architectureOf", () => {
  test("reads Bun's names of targets", () => {
    expect(architectureOf("bun-linux-arm64")).toBe("arm64");
    expect(architectureOf("bun-linux-x64-baseline")).toBe("x64");
  });

  test("refuses what there is no launcher for", () => {
    expect(() => architectureOf("bun-darwin-arm64")).toThrow("there is one for x64 and one for arm64");
  });
});

function fakeLoader(file: string, script: string): Promise<void> {
  return writeFile(file, `#!/bin/sh\nPATH=/usr/bin:/bin\n${script}\n`, { mode: 0o755 });
}

async function inspected(architecture: "x64" | "arm64", command: string[]): Promise<string> {
  return inDirectory(async (directory) => {
    const file = path.join(directory, "launcher");
    await writeFile(file, launcherOf(architecture));
    return run([...command, file]);
  });
}

function run(command: string[]): string {
  const child = Bun.spawnSync(command, { stderr: "pipe" });
  const said = `${child.stdout.toString()}${child.stderr.toString()}`;
  if (child.exitCode !== 0) throw new Error(`${command.join(" ")}: ${said}`);
  return said;
}

async function inDirectory<Result>(work: (directory: string) => Promise<Result>): Promise<Result> {
  const directory = await mkdtemp(path.join(tmpdir(), "launcher-"));
  try {
    return await work(directory);
  } finally {
    await rm(directory, { recursive: true });
  }
}

function testWith(tools: readonly string[], name: string, story: () => Promise<void>): void {
  const missing = tools.filter((tool) => Bun.which(tool) === null);
  if (missing.length > 0) console.error(`skipped: ${name}: it needs ${missing.join(", ")}`);
  test.skipIf(missing.length > 0)(name, story);
}
