// What the sequences of events call their steps, done to a fixture.
import type { Changes, Fixture } from "./fixture.ts";

const zero = { type: "unix-char", source: "/dev/zero", path: "/dev/zero2" };
const mnt = { type: "disk", source: "/srv/data/a", path: "/mnt/img" };
const eth0 = { name: "eth0", nictype: "p2p", type: "nic", "limits.ingress": "10Mbit" };
const root = { path: "/", pool: "default", type: "disk" };
const config = (entries: Record<string, string>): Changes => ({ config: entries });

const own: Record<string, Changes> = {
  "set user.foo=bar": config({ "user.foo": "bar" }),
  "set user.foo=bar (same value again)": config({ "user.foo": "bar" }),
  'set user.new=x <y> & "z"': config({ "user.new": 'x <y> & "z"' }),
  "unset user.new": config({ "user.new": "" }),
  "set cloud-init.vendor-data=#cloud-config": config({ "cloud-init.vendor-data": "#cloud-config" }),
  "unset cloud-init.vendor-data": config({ "cloud-init.vendor-data": "" }),
  "set limits.memory=512MiB": config({ "limits.memory": "512MiB" }),
  "set security.nesting=false": config({ "security.nesting": "false" }),
  "set user.a=1 and user.b=2 in one update": config({ "user.a": "1", "user.b": "2" }),
  "add device zero (unix-char, source=/dev/zero, path=/dev/zero2)": { devices: { zero } },
  "set device zero mode=0640 (not changeable live)": { devices: { zero: { ...zero, mode: "0640" } } },
  "remove device zero": { without: ["zero"] },
  "add device mnt (disk, source=/srv/data/a, path=/mnt/img)": { devices: { mnt } },
  "remove device mnt": { without: ["mnt"] },
  "set device eth0 limits.ingress=10Mbit (changeable live)": { devices: { eth0 } },
  "set device root size=1GiB": { devices: { root: { ...root, size: "1GiB" } } },
  "set device root size=2GiB": { devices: { root: { ...root, size: "2GiB" } } },
  "set device root limits.max=10MB": { devices: { root: { ...root, size: "2GiB", "limits.max": "10MB" } } },
  "set user.foo=baz and security.nesting=false in one update": config({
    "user.foo": "baz",
    "security.nesting": "false",
  }),
  "disable the guest API": config({ "security.guestapi": "false" }),
  "set user.foo=whiledisabled": config({ "user.foo": "whiledisabled" }),
};
const profile: Record<string, Changes> = {
  "profile default: set user.fromprofile=pp": config({ "user.fromprofile": "pp" }),
  "profile default: unset user.fromprofile": config({ "user.fromprofile": "" }),
};

export function perform(fixture: Fixture, action: string): void {
  const [changes, layer] = own[action] === undefined ? [profile[action], 0 as const] : [own[action], 1 as const];
  if (changes === undefined) throw new Error(`Nobody knows how to do ${JSON.stringify(action)}`);
  fixture.set(changes, layer);
}
