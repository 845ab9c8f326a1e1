import { expect, test } from "bun:test";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { lastWords, runTool, toolFailure } from "../../../source/tools/run/run-tool.ts";
import type { Tool } from "../../../source/tools/run/tool.ts";
import { inPlace, isRunning, refusal, until, writeProgram } from "../kit/place.ts";

const action = "Cannot install the artifact";
const patient = { action, silenceTimeoutMs: 30_000 };

function tool(...commands: string[][]): Tool {
  return { name: "flasher", commands, debianPackage: "flasher-tools", environment: { FLASHER: "yes" } };
}

function withProgram<T>(text: string, use: (program: string, directory: string) => Promise<T>): Promise<T> {
  return inPlace((directory) => use(writeProgram(join(directory, "flasher"), `#!/bin/sh\n${text}`), directory));
}

test("runTool answers how a tool ended and what it printed, line by line as it came", async () => {
  await withProgram('echo " 10% one"; echo "$1 $2" >&2; printf "last"; exit 3', async (program) => {
    const lines: string[] = [];
    const ending = await runTool(tool([program, "first"]), ["second"], {
      ...patient,
      onLine: (line) => void lines.push(line),
    });
    expect(ending).toEqual({
      name: "flasher",
      exitCode: 3,
      signal: null,
      output: [" 10% one", "last"],
      errors: ["first second"],
    });
    expect(lines.toSorted()).toEqual([" 10% one", "first second", "last"]);
  });
});

test("runTool gives a tool an environment that we wrote, and nothing to read", async () => {
  process.env["BUN_OPTIONS_OF_THE_TEST"] = "leaked";
  await withProgram("env | sort; pwd; cat", async (program) => {
    const { output } = await runTool(tool([program]), [], patient);
    const variables = output.filter((line) => !/^(?:_|OLDPWD|SHLVL)=/u.test(line));
    expect(variables).toEqual([
      "FLASHER=yes",
      "LC_ALL=C",
      "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
      "PWD=/",
      "/",
    ]);
  });
});

test("runTool keeps the last hundred lines of one that talks too much", async () => {
  await withProgram("seq 1 5000; seq 1 5000 >&2", async (program) => {
    const { output, errors } = await runTool(tool([program]), [], patient);
    const last = Array.from({ length: 100 }, (_, index) => String(4901 + index));
    expect({ output, errors }).toEqual({ output: last, errors: last });
  });
});

test("toolFailure has the tool's name, its ending and its last words, harmless", async () => {
  await withProgram(
    'printf "\\033[31mgood\\n"; [ "$1" = kill ] && kill -9 $$; [ "$1" ] && echo "$1" >&2; echo >&2; exit 7',
    async (program) => {
      const failureOf = async (word: string) => {
        const ending = await runTool(tool([program]), word === "" ? [] : [word], patient);
        const { kind, message } = toolFailure(action, ending, lastWords(ending));
        return `${kind}: ${message}`;
      };
      expect(await failureOf("No space\u001B[2J")).toBe(`backend: ${action}: flasher ended with exit code 7: No space`);
      expect(await failureOf("")).toBe(`backend: ${action}: flasher ended with exit code 7: good`);
      expect(await failureOf("kill")).toBe(`backend: ${action}: flasher was ended by SIGKILL: good`);
    },
  );
});

test("runTool says which tool is missing, where it was looked for and how it comes there", async () => {
  expect(await refusal(runTool(tool(["no-such-flasher"], ["nor-this-one"]), [], patient))).toEqual({
    name: "UpgradeError",
    kind: "backend",
    message:
      `${action}: there is no "no-such-flasher" nor "nor-this-one" in /usr/local/sbin, /usr/local/bin, /usr/sbin, /usr/bin, /sbin, /bin; ` +
      "install it (in Debian: flasher-tools), or name it as upgrade.command",
  });
  expect((await refusal(runTool(tool(["/nowhere/flasher"]), [], patient))).message).toBe(
    `${action}: there is no "/nowhere/flasher"; install it (in Debian: flasher-tools), or name it as upgrade.command`,
  );
});

test("runTool takes the second command where the first is missing, and says so when it cannot be started", async () => {
  const { name } = await runTool(tool(["no-such-flasher"], ["true"]), [], patient);
  expect(name).toBe("true");
  await inPlace(async (directory) => {
    const program = writeProgram(join(directory, "flasher"), "#!/nowhere/interpreter\n");
    const { kind, message } = await refusal(runTool(tool([program]), [], patient));
    expect({ kind, start: message.slice(0, 55) }).toEqual({
      kind: "backend",
      start: `${action}: flasher cannot be started: `.slice(0, 55),
    });
  });
});

test("runTool ends a tool and all that it started when it is cancelled", async () => {
  await withProgram('(trap "" TERM; sleep 1000.5) & echo started; exec sleep 1000.25', async (program, directory) => {
    const abort = new AbortController();
    const lines: string[] = [];
    const onLine = (line: string) => {
      lines.push(line);
      abort.abort();
    };
    const refused = await refusal(runTool(tool([program]), [directory], { ...patient, signal: abort.signal, onLine }));
    expect(refused).toEqual({ name: "UpgradeError", kind: "cancelled", message: `${action}: it was cancelled` });
    await until("nothing is left", () => !isRunning("sleep 1000."));
    expect(lines).toEqual(["started"]);
  });
});

test("runTool starts nothing that was cancelled before", async () => {
  await withProgram('touch "$1/was-here"', async (program, directory) => {
    const refused = await refusal(runTool(tool([program]), [directory], { ...patient, signal: AbortSignal.abort() }));
    expect(refused.kind).toBe("cancelled");
    expect(() => readFileSync(join(directory, "was-here"))).toThrow();
  });
});

test("runTool ends a tool that says and does nothing for too long, and none that gives a sign", async () => {
  await withProgram("exec sleep 1000.75", async (program) => {
    expect(await refusal(runTool(tool([program]), [], { action, silenceTimeoutMs: 200 }))).toEqual({
      name: "UpgradeError",
      kind: "stalled",
      message: `${action}: flasher did nothing for 0.2 s, and was ended`,
    });
    expect(isRunning("sleep 1000.75")).toBe(false);
  });
  const words = "for i in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15; do sleep 0.1; printf .; done";
  await withProgram(words, async (program) => {
    expect((await runTool(tool([program]), [], { action, silenceTimeoutMs: 1000 })).output).toEqual([".".repeat(15)]);
  });
  await withProgram("sleep 1.5", async (program) => {
    let signs = 0;
    const signOf = () => String((signs += 1));
    expect((await runTool(tool([program]), [], { action, silenceTimeoutMs: 1000, signOf })).exitCode).toBe(0);
  });
});

test("runTool ends what a tool has left running, and does not wait for what has left its process group", async () => {
  await withProgram("sleep 1000.125 & echo done", async (program) => {
    expect((await runTool(tool([program]), [], patient)).output).toEqual(["done"]);
    await until("nothing is left", () => !isRunning("sleep 1000.125"));
  });
  await withProgram("setsid sh -c 'echo $$; exec sleep 1000.875' & wait $!; exit 0", async (program) => {
    const script = program.replace(/flasher$/u, "starter");
    writeProgram(
      script,
      `#!/bin/sh\n(${JSON.stringify(program)} &)\nwhile ! ps -eo args= | grep -qx "sleep 1000.875"; do :; done\n`,
    );
    const { exitCode, output } = await runTool(tool([script]), [], patient);
    process.kill(Number(output[0]), "SIGKILL");
    expect(exitCode).toBe(0);
  });
});
