// The commands in the documents' shell blocks are commands that the program has.
import { expect, test } from "bun:test";
import { join } from "node:path";
import { environment, program, repository } from "./kit/program.ts";

const called = /^(?:\$ |# )?(?:sudo )?(hostctl|host-service)((?: +[a-z][a-z-]*)*)/;

/** `hostctl container install config.yaml …` → ["hostctl", "container", "install"] */
function commandsIn(markdown: string): string[][] {
  const blocks = markdown.matchAll(/^```(?:sh|console|shell)\n(.*?)^```/gms);
  const lines = [...blocks].flatMap((block) => (block[1] ?? "").split("\n"));
  return lines.flatMap((line) => {
    const match = called.exec(line);
    return match?.[1] === undefined
      ? []
      : [[match[1], ...(match[2] ?? "").trim().split(/ +/).filter(Boolean).slice(0, 2)]];
  });
}

async function isKnown([name, ...words]: string[]): Promise<boolean> {
  if (name === "hostctl") return (await ask([...program("hostctl"), ...words, "--help"])).status === 0;
  const help = await ask([...program("host-service"), "--help"]);
  return words.every((word) => new RegExp(`\\b${word}\\b`).test(help.output));
}

async function ask(command: string[]): Promise<{ status: number; output: string }> {
  const child = Bun.spawn(command, { env: environment, stdin: "ignore", stdout: "pipe", stderr: "ignore" });
  const [output, status] = await Promise.all([child.stdout.text(), child.exited]);
  return { status, output };
}

async function unknownIn(markdown: string): Promise<string[]> {
  const commands = [...new Set(commandsIn(markdown).map((words) => words.join(" ")))];
  const known = await Promise.all(commands.map((command) => isKnown(command.split(" "))));
  return commands.filter((_, index) => known[index] === false);
}

test("a command that is not there is found", async () => {
  const planted = "```sh\nhostctl container instal a.yaml b.tar\nsudo host-service sed\nhostctl ping\n```\n";
  expect(await unknownIn(planted)).toEqual(["hostctl container instal", "host-service sed"]);
});

const documents = ["*.md", "docs/*.md", "packages/*/README.md"]
  .flatMap((pattern) => [...new Bun.Glob(pattern).scanSync({ cwd: repository })])
  .toSorted();

for (const document of documents) {
  test(`the commands in ${document} are there`, async () => {
    expect(await unknownIn(await Bun.file(join(repository, document)).text())).toEqual([]);
  });
}
