// `bun guest-gate.ts SOCKET PID`: the gate of the guest API in front of a container whose first process is PID, as it stands in the daemon. What a daemon under
// systemd does for a container of its own, without one.
import path from "node:path";
import { Gate, Guest } from "@host-service/guest-api";

const [socket = "", pid = ""] = process.argv.slice(2);
const gate = new Gate({
  guest: new Guest({ name: "edge", layers: [{ config: { "user.foo": "bar" }, devices: {} }] }),
  flavour: "lxd",
  membership: () => ({ kind: "init", find: () => Number(pid) }),
  images: () => [],
  location: "none",
  privateDirectory: path.dirname(socket),
  onFailure: (error) => void process.stderr.write(`${String(error)}\n`),
});
gate.listen(socket);
