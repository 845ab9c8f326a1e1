import { afterAll, beforeAll, expect, test } from "bun:test";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { isGroup } from "../source/arguments/command.ts";
import type { Entry } from "../source/arguments/command.ts";
import { bashCompletion } from "../source/completion/bash.ts";
import { entries } from "../source/commands/entries.ts";
import { run } from "./run.ts";

let directory = "";
beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), "hostctl-completion-"));
  for (const shell of ["bash", "zsh", "fish"]) {
    await Bun.write(join(directory, shell), (await run(["completion", shell])).stdout);
  }
  await Bun.write(join(directory, "files/rootfs.tar.xz"), "");
  await Bun.write(join(directory, "files/with space.tar"), "");
});
afterAll(() => rm(directory, { recursive: true, force: true }));

async function output(argv: string[], environment: Record<string, string> = {}): Promise<string> {
  const env = { PATH: process.env["PATH"] ?? "", HOME: directory, TERM: "dumb", ...environment };
  const child = Bun.spawn(argv, { cwd: join(directory, "files"), env, stdout: "pipe", stderr: "pipe" });
  const [stdout, stderr] = await Promise.all([child.stdout.text(), child.stderr.text()]);
  expect(stderr).toBe("");
  return stdout;
}

/** What bash would offer after these words; the last one is being typed. */
async function inBash(words: string[], script = join(directory, "bash")): Promise<string[]> {
  const program = `source "$1"; shift; COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); _hostctl; printf '%s\\n' "\${COMPREPLY[@]}"`;
  const text = await output(["bash", "--norc", "-c", program, "bash", script, ...words]);
  return text.split("\n").filter((line) => line !== "");
}

const named = (name: string): Entry | undefined => entries.find((entry) => entry.name === name);
const container = named("container");
const containerNames = container !== undefined && isGroup(container) ? container.commands.map(({ name }) => name) : [];
const files = ["rootfs.tar.xz", "with space.tar"];

test("bash completes commands, options, words and files", async () => {
  expect(await inBash(["hostctl", ""])).toEqual(entries.map(({ name }) => name));
  expect(await inBash(["hostctl", "re"])).toEqual(["reboot"]);
  expect(await inBash(["hostctl", "container", ""])).toEqual(containerNames);
  expect(await inBash(["hostctl", "-s", "container", "container", "sta"])).toEqual(["status", "start"]);
  expect(await inBash(["hostctl", "container", "commit", "--e"])).toEqual(["--expect"]);
  expect(await inBash(["hostctl", "container", "status", ""])).toEqual([]);
  expect((await inBash(["hostctl", "container", "install", ""])).toSorted()).toEqual(files);
  expect(await inBash(["hostctl", "container", "install", "--name", "edge", "c.yaml", "root"])).toEqual([
    "rootfs.tar.xz",
  ]);
  expect(await inBash(["hostctl", "container", "install", "a", "b", "c", ""])).toEqual([]);
  expect(await inBash(["hostctl", "--progress", "p"])).toEqual(["plain"]);
  expect(await inBash(["hostctl", "--progress", "=", "n"])).toEqual(["none"]);
  expect(await inBash(["hostctl", "--progress", "=", "none", "pi"])).toEqual(["ping"]);
  expect(await inBash(["hostctl", "completion", ""])).toEqual(["bash", "zsh", "fish"]);
});

test("bash completes what was added to the table", async () => {
  const script = join(directory, "bash-more");
  await Bun.write(script, bashCompletion([...entries, { name: "fleet", summary: "it's new", commands: [] }]));
  expect(await inBash(["hostctl", "fl"], script)).toEqual(["fleet"]);
});

const hasZsh = Bun.which("zsh") !== null;
if (!hasZsh) console.log("skipped: zsh completion: there is no zsh");
test.skipIf(!hasZsh)(
  "zsh completes commands, options and words",
  async () => {
    // Typed into a zsh of its own on a pseudo-terminal; the words are read from the list that it shows.
    const program = `
    zmodload zsh/zpty
    zpty z "zsh -f -i"
    zpty -w z "PS1=; unsetopt zle_bracketed_paste 2>/dev/null; autoload -Uz compinit; compinit -D -u; source $1; setopt list_rows_first; LISTMAX=1000; zstyle ':completion:*' list-separator '#'; bindkey '^I' list-choices; bindkey '^X' kill-whole-line; print -r REA''DY"
    zpty -r z line '*READY*'
    zpty -w -n z "$2"$'\\t'
    while zpty -r z line; do print -r -- "$line"; [[ "$line" == *"$3"* ]] && break; done
    zpty -d z`;
    const shown = async (typed: string, last: string): Promise<string> =>
      await output(["zsh", "-f", "-c", program, "zsh", join(directory, "zsh"), typed, last], { COLUMNS: "200" });
    expect(await shown("hostctl container ", "logs")).toContain("install");
    expect(await shown("hostctl container commit --", "--expect")).toContain("--expect");
    expect(await shown("hostctl --progress ", "plain")).toContain("plain");
  },
  60_000,
);

const hasFish = Bun.which("fish") !== null;
if (!hasFish) console.log("skipped: fish completion: there is no fish");
test.skipIf(!hasFish)(
  "fish completes commands, options, words and files",
  async () => {
    const inFish = async (typed: string): Promise<string[]> => {
      const program = `source $argv[1]; complete -C $argv[2]`;
      const text = await output(["fish", "--no-config", "-c", program, join(directory, "fish"), typed]);
      return text
        .split("\n")
        .filter((line) => line !== "")
        .map((line) => line.split("\t", 1)[0] ?? "");
    };
    expect((await inFish("hostctl ")).toSorted()).toEqual(entries.map(({ name }) => name).toSorted());
    expect((await inFish("hostctl container ")).toSorted()).toEqual(containerNames.toSorted());
    expect(await inFish("hostctl container commit --ex")).toEqual(["--expect"]);
    expect(await inFish("hostctl -s container container stat")).toEqual(["status"]);
    expect((await inFish("hostctl container install ")).toSorted()).toEqual(files);
    expect(await inFish("hostctl --progress p")).toEqual(["plain"]);
    expect(await inFish("hostctl completion z")).toEqual(["zsh"]);
  },
  60_000,
);
