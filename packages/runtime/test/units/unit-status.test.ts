import { expect, test } from "bun:test";
import { propertiesOf, unitStatusOf } from "../../source/units/unit-status.ts";

const shown = (lines: string): unknown => unitStatusOf(propertiesOf(lines));

test("unitStatusOf, for what systemctl 252 shows of a unit in each of its states", () => {
  const up = "Wed 2026-11-25 17:47:24 UTC";
  expect(
    shown(
      `LoadState=loaded\nActiveState=active\nSubState=running\nMainPID=7\nActiveEnterTimestamp=${up}\nInactiveEnterTimestamp=\n`,
    ),
  ).toEqual({
    state: "running",
    since: "2026-11-25T17:47:24Z",
    pid: 7,
  });
  const states = [
    ["activating", "start", "starting"],
    ["activating", "auto-restart", "restarting"],
    ["activating", "auto-restart-queued", "restarting"],
    ["deactivating", "stop-sigterm", "stopping"],
    ["reloading", "reload", "running"],
    ["inactive", "dead", "stopped"],
    ["failed", "failed", "failed"],
    ["something-new", "x", "stopped"],
  ];
  for (const [active, sub, state] of states) {
    expect(shown(`ActiveState=${active}\nSubState=${sub}\nMainPID=0\nExecMainCode=0\nResult=success`)).toEqual({
      state,
    });
  }
  expect(
    shown("ActiveState=failed\nResult=oom-kill\nExecMainCode=2\nExecMainStatus=9\nInactiveEnterTimestamp=n/a"),
  ).toEqual({
    state: "failed",
    ended: { result: "oom-kill", code: "killed", status: "9" },
  });
});
