// A guest begins anew with its container: what it said before is not about the one that runs now, nor are its keys.
import type { ContainerUnits } from "@host-service/runtime/units";
import type { Guests } from "./guests.ts";

export function forgettingUnits(units: ContainerUnits, guests: Pick<Guests, "follow" | "resetReady">): ContainerUnits {
  const anew = async (name: string) => {
    guests.resetReady(name);
    await guests.follow();
  };
  return {
    ...units,
    async start(name) {
      await anew(name);
      await units.start(name);
    },
    async stop(name) {
      await units.stop(name);
      guests.resetReady(name);
    },
    async restart(name) {
      await anew(name);
      await units.restart(name);
    },
  };
}
