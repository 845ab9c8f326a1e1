import { afterEach, beforeEach, expect, test } from "bun:test";
import { Message } from "@jellybrick/dbus-next";
import { Bus } from "../../source/bus/bus.ts";
import { PortableError } from "../../source/error.ts";
import { peerName, playPeer, TestBus } from "../kit/bus.ts";

const hasDaemon = Bun.which("dbus-daemon") !== null;
if (!hasDaemon) console.error("skipped: the tests of the bus need dbus-daemon");
const onBus = test.skipIf(!hasDaemon);

let real: TestBus;
let bus: Bus;

beforeEach(async () => {
  if (!hasDaemon) return;
  real = await TestBus.start();
  bus = new Bus({ address: real.address, pausesMs: [0, 20] });
});

afterEach(async () => {
  if (!hasDaemon) return;
  bus.close();
  await real.close();
});

function call(member: string, timeoutMs = 5000): Promise<readonly unknown[]> {
  return bus.call({ destination: peerName, path: "/", interface: peerName, member }, timeoutMs);
}

async function kindOf(promise: Promise<unknown>): Promise<string> {
  const error = await promise.then(
    (value) => new Error(`it answered ${JSON.stringify(value)}`),
    (reason: unknown) => reason,
  );
  return error instanceof PortableError ? error.kind : String(error);
}

const answers = {
  Echo: (message: Message) => Message.newMethodReturn(message, "s", ["echo"]),
  Hang: () => undefined,
  Refuse: (message: Message) => Message.newError(message, "org.freedesktop.systemd1.NoSuchUnit", "nothing there"),
};

onBus("a call answers its body, and an error keeps the service's words and name", async () => {
  const end = await playPeer(real.address, answers);
  expect(await call("Echo")).toEqual(["echo"]);
  const error = await call("Refuse").catch((reason: unknown) => reason);
  expect(error).toBeInstanceOf(PortableError);
  expect(error).toMatchObject({
    kind: "not-attached",
    busName: "org.freedesktop.systemd1.NoSuchUnit",
    message: "Cannot Refuse: nothing there (org.freedesktop.systemd1.NoSuchUnit); see hostctl portable list",
  });
  end();
});

onBus("a call that is not answered ends at its time, and the others go on", async () => {
  const end = await playPeer(real.address, answers);
  const hanging = kindOf(call("Hang", 100));
  expect(await call("Echo")).toEqual(["echo"]);
  expect(await hanging).toBe("timeout");
  expect(await call("Echo")).toEqual(["echo"]);
  end();
});

onBus("P30: when the bus is killed every pending call ends at once, and none is made again", async () => {
  let calls = 0;
  const counting = { ...answers, Hang: () => void (calls += 1) };
  await playPeer(real.address, counting);
  const pending = [kindOf(call("Hang", 60_000)), kindOf(call("Hang", 60_000))];
  await call("Echo");
  await real.kill();
  expect(await Promise.all(pending)).toEqual(["bus-lost", "bus-lost"]);
  await real.startAgain();
  const end = await playPeer(real.address, counting);
  expect(await call("Echo")).toEqual(["echo"]);
  expect(calls).toBe(2);
  end();
});

onBus("who is called and ends before the answer leaves it unknown whether it was done", async () => {
  const peer = await playPeer(real.address, answers);
  const pending = kindOf(call("Hang", 60_000));
  await call("Echo");
  peer();
  expect(await pending).toBe("bus-lost");
});

onBus("a bus without the service says that it is not there", async () => {
  expect(await kindOf(call("Echo"))).toBe("no-service");
});

onBus(
  "no bus at all is an error within the time, also while it is tried again, and the bus is used as soon as it is there",
  async () => {
    await real.kill();
    const tries = [kindOf(call("Echo", 500)), kindOf(call("Echo", 500))];
    expect(await Promise.all(tries)).toEqual(["no-bus", "no-bus"]);
    expect(await kindOf(call("Echo", 500))).toBe("no-bus");
    await real.startAgain();
    const end = await playPeer(real.address, answers);
    expect(await call("Echo")).toEqual(["echo"]);
    end();
  },
);

onBus("a bus that never says hello ends the call at its time", async () => {
  real.pause();
  expect(await kindOf(call("Echo", 100))).toBe("no-bus");
  real.resume();
  const end = await playPeer(real.address, answers);
  expect(await call("Echo")).toEqual(["echo"]);
  end();
});
