import { expect, test } from "bun:test";
import { chmod } from "node:fs/promises";
import { findTool, needTool, runTool } from "../../source/boot-environment/tool.ts";
import { UpgradeError } from "../../source/error.ts";
import { inPlace } from "./kit/programs.ts";

const purpose = "try a tool";

test("findTool takes the first directory that has a program of the name", () =>
  inPlace(async (first) => {
    await inPlace(async (second) => {
      await first.write("tool", "not executable");
      const path = await second.program("tool", "true");
      const directories = [first.directory, second.directory];
      expect(findTool("tool", { directories })).toBe(path);
      await chmod(first.path("tool"), 0o755);
      expect(findTool("tool", { directories })).toBe(first.path("tool"));
      expect(findTool("other", { directories })).toBeUndefined();
    });
  }));

test("needTool says where it looked and what to install", () => {
  expect(() => needTool("fw_none", "install libubootenv-tool", {})).toThrow(
    new UpgradeError(
      "boot-environment",
      'Cannot use the boot environment: there is no "fw_none" in /usr/sbin, /usr/bin, /sbin, /bin; install libubootenv-tool',
    ),
  );
});

test("runTool gives the tool a fixed environment and the input", () =>
  inPlace(async ({ program }) => {
    const tool = await program("tool", "cat; pwd; env | sort; echo words >&2");
    process.env["FOREIGN"] = "1";
    const { stdout, stderr, complaint } = await runTool([tool], { purpose, input: "in\n" });
    expect({ stdout: stdout.replaceAll(/^_=.*\n/gm, ""), stderr, complaint }).toEqual({
      stdout: "in\n/\nLC_ALL=C\nPATH=/usr/sbin:/usr/bin:/sbin:/bin\nPWD=/\n",
      stderr: "words\n",
      complaint: undefined,
    });
  }));

test("runTool tells how a tool ended and its last words", () =>
  inPlace(async ({ program }) => {
    const says = async (script: string) => (await runTool([await program("tool", script)], { purpose })).complaint;
    expect(await says("exit 7")).toBe("ended with exit code 7");
    expect(await says("echo first >&2; printf 'the\\033last.\\n' >&2; exit 1")).toBe(
      "ended with exit code 1: the last",
    );
    expect(await says("echo only on stdout; exit 2")).toBe("ended with exit code 2: only on stdout");
    expect(await says("kill -9 $$")).toBe("was ended by SIGKILL");
  }));

test("runTool ends a tool that hangs, and what it has started", () =>
  inPlace(async ({ program, path, read }) => {
    const tool = await program("tool", `sleep 1000 & echo $! >'${path("pid")}'; wait`);
    const failure = await runTool([tool], { purpose, timeLimitMs: 300 }).catch((error: unknown) => error);
    expect(failure).toEqual(
      new UpgradeError(
        "boot-environment",
        `Cannot try a tool: "${tool}" did not end within 0.3 s; run it by hand to see what it waits for`,
      ),
    );
    const pid = Number(await read("pid"));
    while (await isRunning(pid)) await Bun.sleep(1);
  }));

test("runTool ends a tool that does not stop to write", () =>
  inPlace(async ({ program }) => {
    const tool = await program("tool", "yes");
    const failure = await runTool([tool], { purpose }).catch((error: unknown) => error);
    expect(failure).toEqual(
      new UpgradeError("boot-environment", `Cannot try a tool: "${tool}" wrote more than 1048576 bytes`),
    );
  }));

test("runTool says which tool cannot be started", () =>
  inPlace(async ({ write }) => {
    const tool = await write("tool", "#!/no/such/interpreter\n");
    await chmod(tool, 0o755);
    const failure = await runTool([tool], { purpose }).catch((error: unknown) => error);
    expect(failure).toBeInstanceOf(UpgradeError);
    expect(String(failure)).toStartWith(`UpgradeError: Cannot try a tool: "${tool}" cannot be started (`);
  }));

async function isRunning(pid: number): Promise<boolean> {
  const stat = await Bun.file(`/proc/${pid}/stat`)
    .text()
    .catch(() => "");
  return stat !== "" && !/\) Z /.test(stat);
}
