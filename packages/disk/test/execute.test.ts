import { expect, test } from "bun:test";
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

test("execute throws when there is no such program", () => {
  expect(outcomeOf(() => execute("/nothing", ["nothing"], {}))).toEqual({ kind: "missing", code: "ENOENT" });
});
