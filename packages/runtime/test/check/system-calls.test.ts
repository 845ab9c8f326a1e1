import { expect } from "bun:test";
import { checkSystemCalls } from "../../source/index.ts";
import { testWith } from "../kit/requirements.ts";

const deed = "install the image";

testWith(
  { tools: ["systemd-analyze"] },
  "checkSystemCalls knows what systemd knows, and names the nearest for what it does not",
  () => {
    const check = (...names: string[]) => checkSystemCalls(names, { path: process.env["PATH"], deed });
    check();
    check("swapon", "@clock", "clock_settime64");
    expect(() => check("swapon", "swapom")).toThrow(
      'Cannot install the image: "security.syscalls.deny" in config.yaml has an unknown name, "swapom"; did you mean "swapon"?',
    );
    expect(() => check("@clocks")).toThrow('did you mean "@clock"?');
    expect(() => checkSystemCalls(["swapon"], { path: "/nowhere", deed })).toThrow(
      'Cannot install the image: this host has no systemd-analyze, which knows the names in "security.syscalls.deny"; install systemd, or leave the key out',
    );
    checkSystemCalls([], { path: "/nowhere", deed });
  },
);
