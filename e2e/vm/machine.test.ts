// The product's one job with a real kernel: a reboot that the container asks for, a suspend, and power cuts at random moments.
import { expect } from "bun:test";
import { edgeUnit } from "../device/kit/edge.ts";
import { limitsAreTheUnits, limitsHold } from "../kit/limits.ts";
import { damage, inside, installInside, runningVersion, state } from "./kit/edge.ts";
import type { VirtualMachine } from "./kit/machine.ts";
import { onMachine, type Version } from "./kit/story.ts";

onMachine(
  "a container updates itself through reboots of the machine, and one that nobody commits is taken back",
  async (machine) => {
    await machine.boot();
    expect(await runningVersion(machine)).toBe("1.0.0");
    expect(await machine.shell(installInside("1.1.0"))).toBe("OK\n");
    const first = machine.bootId;
    await machine.reboot(inside("reboot"));
    expect(machine.bootId).not.toBe(first);
    expect(await runningVersion(machine)).toBe("1.1.0");
    expect(await state(machine)).toBe("trying");
    expect(await machine.shell(inside("container commit"))).toBe("OK\n");

    expect(await machine.shell(installInside("1.2.0"))).toBe("OK\n");
    await machine.reboot(inside("reboot"));
    expect(await runningVersion(machine)).toBe("1.2.0");
    await machine.reboot(inside("reboot"));
    expect(await runningVersion(machine)).toBe("1.1.0");
    expect(await state(machine)).toBe("normal");
  },
);

onMachine("a container suspends the machine, and runs on when it wakes", async (machine) => {
  await machine.boot();
  await runningVersion(machine);
  // Behind the answer, since what is on its way over a serial port that goes to sleep is lost.
  await machine.shell(`(sleep 1; ${inside("suspend")}) >/srv/said 2>&1 </dev/null &`);
  await machine.status("suspended");
  await machine.wake();
  expect(await machine.shell("dmesg | grep -c 'PM: suspend exit'")).toBe("1\n");
  expect(await machine.shell("cat /srv/said")).toBe("OK\n");
  expect(await runningVersion(machine)).toBe("1.0.0");
});

onMachine(
  "a container has the memory, the processes and the time of a processor that its config.yaml says",
  async (machine) => {
    await machine.boot();
    await runningVersion(machine);
    expect(await machine.shell(installInside("2.0.0"))).toBe("OK\n");
    await machine.reboot(inside("reboot"));
    expect(await runningVersion(machine)).toBe("2.0.0");
    await limitsAreTheUnits(machine, edgeUnit);
    await limitsHold(machine, edgeUnit);
  },
);

const cutsOfEach = 10;

/** Boots after a cut, and looks whether everything is as it has to be; leaves a state in which an install is possible. */
async function examine(machine: VirtualMachine, what: string): Promise<void> {
  await machine.boot();
  const version = await runningVersion(machine);
  const found = { what, version, state: await state(machine), damage: await damage(machine) };
  expect(found).toEqual({ ...found, damage: "", state: expect.stringMatching(/^(normal|pending|trying)$/) as string });
  console.log(`${what}: version ${version}, ${found.state}`);
  if (found.state === "trying") expect(await machine.shell("hostctl container commit")).toBe("OK\n");
}

/** The version that does not run, so that each install changes something. */
async function next(machine: VirtualMachine): Promise<Version> {
  return (await runningVersion(machine)) === "1.1.0" ? "1.2.0" : "1.1.0";
}

onMachine(
  `${cutsOfEach} power cuts at random moments of an install each leave a container that runs and a record that is whole`,
  async (machine) => {
    await machine.boot();
    await runningVersion(machine);
    const started = performance.now();
    await machine.shell(installInside("1.1.0"));
    const durationMs = performance.now() - started;
    for (let cut = 1; cut <= cutsOfEach; cut += 1) {
      const atMs = Math.round(Math.random() * durationMs * 1.1);
      machine.send(installInside(await next(machine)));
      await Bun.sleep(atMs); // The moment of the cut is what is random here; nothing is waited for.
      await machine.cut();
      await examine(machine, `cut ${cut}, ${atMs} ms into an install of ${Math.round(durationMs)} ms`);
    }
  },
);

onMachine(
  `${cutsOfEach} power cuts at random moments of a boot each leave a container that runs and a record that is whole`,
  async (machine) => {
    const started = performance.now();
    await machine.boot();
    await runningVersion(machine);
    const durationMs = performance.now() - started;
    for (let cut = 1; cut <= cutsOfEach; cut += 1) {
      // What the boot that is cut would try.
      if ((await state(machine)) === "normal") await machine.shell(installInside(await next(machine)));
      await machine.cut();
      const atMs = Math.round(Math.random() * durationMs);
      await machine.powerOn();
      await Bun.sleep(atMs); // As above.
      await machine.cut();
      await examine(machine, `cut ${cut}, ${atMs} ms into a boot of ${Math.round(durationMs)} ms`);
    }
  },
);
