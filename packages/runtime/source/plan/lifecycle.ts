// When a container starts, whether it starts again, and how it is asked to stop.
import type { MetaHints, Plan } from "../model/plan.ts";
import { isOn, badValue } from "./refusal.ts";
import type { Wish } from "./refusal.ts";
import { readCount } from "./limits.ts";

type Lifecycle = Pick<Plan, "autostart" | "restart" | "stopTimeoutMs" | "killSignal" | "rebootSignal" | "stopSignal">;

export function readLifecycle(
  config: Readonly<Record<string, string>>,
  meta: MetaHints | undefined,
  wish: Wish,
): Lifecycle {
  const count = (key: string, least: number, most: number) => readCount(config, key, { wish, least, most });
  const delaySeconds = count("boot.autostart.delay", 0, 3600) ?? 0;
  const stopSeconds = count("boot.host_shutdown_timeout", 1, 3600);
  const autostart = config["boot.autostart"];
  const restart = config["boot.autorestart"];
  return {
    autostart: {
      enabled: autostart === undefined || isOn(autostart),
      priority: count("boot.autostart.priority", -1_000_000, 1_000_000) ?? 0,
      delayMs: delaySeconds * 1000,
    },
    // Unlike under Incus: an edge device has nobody beside it who starts the container again.
    restart: restart === undefined || isOn(restart),
    stopTimeoutMs: stopSeconds === undefined ? undefined : stopSeconds * 1000,
    killSignal: readSignal("haltSignal", meta, wish),
    rebootSignal: readSignal("rebootSignal", meta, wish),
    stopSignal: readSignal("stopSignal", meta, wish),
  };
}

function readSignal(
  name: "haltSignal" | "rebootSignal" | "stopSignal",
  meta: MetaHints | undefined,
  wish: Wish,
): string | undefined {
  const signal = meta?.[name];
  if (signal === undefined || /^(?:SIG[A-Z0-9]{2,8}(?:[+-]\d{1,2})?|\d{1,2})$/u.test(signal)) return signal;
  const key = `lxc.signal.${name.slice(0, -"Signal".length)}`;
  throw badValue(wish, key, { shown: signal, expected: 'a signal such as "SIGRTMIN+3"' });
}
