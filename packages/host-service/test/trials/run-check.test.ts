import { expect, test } from "bun:test";
import { runCheck } from "../../source/trials/run-check.ts";

const check = (script: string, signal = new AbortController().signal) => runCheck(["sh", "-c", script], signal);

test("runCheck has nothing to say of a command that ends with 0", async () => {
  expect(await check("echo all is well >&2")).toBe(undefined);
});

test("runCheck tells how a command failed, with its last words on one line", async () => {
  expect(await check("echo first >&2; printf 'no route\\033[2J\\n\\n' >&2; exit 3")).toBe(
    String.raw`"sh -c echo first >&2; printf 'no route\\033[2J\\n\\n' >&2; exit 3" ended with 3: no route [2J`,
  );
  expect(await check("kill -TERM $$")).toBe('"sh -c kill -TERM $$" was ended by SIGTERM');
  expect(await runCheck(["/nonexistent/check"], new AbortController().signal)).toStartWith(
    '"/nonexistent/check" did not start (',
  );
});

test("runCheck ends a command that takes too long, and does not wait for what it left behind", async () => {
  const stopping = new AbortController();
  const running = check("echo begun >&2; sleep 1000", stopping.signal);
  stopping.abort();
  expect(await running).toContain("was ended by SIGKILL");
  expect(await check("sleep 5 & exit 1")).toBe('"sh -c sleep 5 & exit 1" ended with 1');
});
