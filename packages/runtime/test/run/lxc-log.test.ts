import { expect, test } from "bun:test";
import { failureIn } from "../../source/run/lxc-log.ts";

// As LXC 5.0.2 wrote them.
const line = (what: string) =>
  `lxc-start t 20261125185530.927 INFO     error - ../src/lxc/error.c:lxc_error_set_and_log:31 - Child <910> ended on ${what}\n`;

for (const [name, log, expected] of [
  ["nothing is said of a status 0", "lxc-start t 20261125 INFO conf - mounted\n", undefined],
  ["an exit status", line("error (7)"), { code: "exited", status: "7" }],
  ["a signal", line("signal (11)"), { code: "killed", status: "11" }],
  ["a halt", line("signal (2)"), undefined],
  ["the last of several", line("signal (1)") + line("error (3)"), { code: "exited", status: "3" }],
  ["a reboot, then a halt", line("error (3)") + line("signal (2)"), undefined],
] as const) {
  test(`failureIn: ${name}`, () => expect(failureIn(log)).toEqual(expected));
}
