// What the host sets while a container is there: keys and devices, which its guest sees at once.
import { ConfigChange, DeviceChange } from "@host-service/protocol";
import type { Call } from "./call.ts";
import { readJson } from "./json-body.ts";

/** No value of a key or a device is ever in an error. */
const isSecret = (): boolean => true;

export const guestCalls = {
  containerConfig: async (call: Call) => Response.json({ config: call.context.guests.config(await nameOf(call)) }),
  containerConfigKey: async (call: Call) =>
    Response.json({ value: call.context.guests.value(await nameOf(call), call.parameters["key"] ?? "") }),
  changeContainerConfig: async (call: Call) => {
    const change = await readJson(call.request, ConfigChange, { isSecret });
    return Response.json({ ok: true, warnings: await call.context.guests.changeConfig(await nameOf(call), change) });
  },
  containerDevices: async (call: Call) => Response.json({ devices: call.context.guests.devices(await nameOf(call)) }),
  changeContainerDevices: async (call: Call) => {
    const change = await readJson(call.request, DeviceChange, { isSecret });
    await call.context.guests.changeDevices(await nameOf(call), change);
    return Response.json({ ok: true, warnings: [] });
  },
};

function nameOf(call: Call): Promise<string> {
  return call.context.containers.resolveName(call.parameters["name"] ?? "", call.principal);
}
