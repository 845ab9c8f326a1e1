import { expect, test } from "bun:test";
import { closeSync, openSync } from "node:fs";
import { execute } from "@host-service/disk";
import { outcomeOf } from "./temporary.ts";

test("execute becomes the other program, with exactly these arguments and this environment", async () => {
  const code = `import { execute } from "@host-service/disk";
    execute("/bin/sh", ["sh", "-c", 'printf "%s|%s|%s" "$1" "$2" "$GIVEN"; env', "sh", "ä b", ""], { GIVEN: "x=y" });`;
  const child = Bun.spawn([process.execPath, "-e", code], { cwd: import.meta.dir, env: { NOT_GIVEN: "1" } });
  const text = await child.stdout.text();
  expect(text).toStartWith("ä b||x=y");
  expect(text).not.toContain("NOT_GIVEN");
  expect(await child.exited).toBe(0);
});

test("keepOnExecute lets a descriptor above 3 live on in what is executed, and nothing else does", async () => {
  const code = `import { execute, keepOnExecute } from "@host-service/disk";
    keepOnExecute(4);
    execute("/bin/sh", ["sh", "-c", "for fd in 3 4 5; do [ -e /proc/self/fd/$fd ] && echo $fd; done"], {});`;
  const fd = openSync("/dev/null", "r");
  const stdio = ["ignore", "pipe", "inherit", fd, fd, fd] as const;
  const child = Bun.spawn([process.execPath, "-e", code], { cwd: import.meta.dir, env: {}, stdio: [...stdio] });
  closeSync(fd);
  if (!(child.stdout instanceof ReadableStream)) throw new Error("the child has no output");
  expect(await new Response(child.stdout).text()).toBe("3\n4\n");
});

test("execute throws when there is no such program", () => {
  expect(outcomeOf(() => execute("/nothing", ["nothing"], {}))).toEqual({ kind: "missing", code: "ENOENT" });
});
