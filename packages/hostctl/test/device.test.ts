import { expect, test } from "bun:test";
import { UsageError } from "../source/arguments/usage-error.ts";
import { parseDevice, remoteSocketPath } from "../source/device/address.ts";
import { destination, sshArguments } from "../source/device/ssh.ts";
import { shortPing } from "../source/ping.ts";

const address = (text: string, user: string | undefined, host: string, port: number | undefined) => ({
  text,
  user,
  host,
  port,
});

test("parseDevice reads user, name and port", () => {
  const known = [
    address("ssh://edge-7", undefined, "edge-7", undefined),
    address("ssh://root@edge_7.example.org:2222", "root", "edge_7.example.org", 2222),
    address("ssh://10.0.0.7/", undefined, "10.0.0.7", undefined),
    address("ssh://admin@[fe80::1%eth0]:22", "admin", "fe80::1%eth0", 22),
  ];
  for (const device of known) expect(parseDevice(device.text)).toEqual(device);
});

test("parseDevice refuses what could be an option, a command or two words", () => {
  const wrong = [
    "edge",
    "http://edge",
    "ssh://",
    "ssh://@edge",
    "ssh://-oProxyCommand=x",
    "ssh://-p@edge",
    "ssh://a@b@edge",
    "ssh://edge:0",
    "ssh://edge:65536",
    "ssh://edge:022222",
    "ssh://edge:",
    "ssh://edge/path",
    "ssh://ed ge",
    "ssh://edge\t",
    "ssh://edge\u0000",
    "ssh://edge\n",
    "ssh://$HOME",
    "ssh://`id`",
    "ssh://edge;id",
    "ssh://[edge]",
    "ssh://[-1]",
    "ssh://::1",
    `ssh://${"a".repeat(300)}`,
  ];
  for (const text of wrong) expect(() => parseDevice(text), text).toThrow(UsageError);
});

test("remoteSocketPath is absolute and holds nothing that ends it in ssh's notation", () => {
  expect(remoteSocketPath(undefined)).toBe("/run/host-service");
  expect(remoteSocketPath("/srv/host service")).toBe("/srv/host service");
  for (const path of ["run", "/a:/b", "/a\n", "/\u0000"]) expect(() => remoteSocketPath(path)).toThrow(UsageError);
});

test("sshArguments ends its options before the name of the device", () => {
  const device = parseDevice("ssh://root@edge:2222");
  expect(destination(device)).toEqual(["-l", "root", "-p", "2222", "--", "edge"]);
  const words = sshArguments({ device, localPath: "/tmp/x/s", remotePath: "/run/host-service" });
  expect(words.slice(words.indexOf("-L"))).toEqual(["-L", "/tmp/x/s:/run/host-service", ...destination(device)]);
});

test("shortPing leaves a device to the long way", () => {
  expect(shortPing(["ping"], { HOST_SERVICE_DEVICE: "ssh://edge" })).toBeUndefined();
  expect(shortPing(["ping"], { HOST_SERVICE_DEVICE: "" })).toBeDefined();
  expect(shortPing(["ping", "--device", "ssh://edge"], {})).toBeUndefined();
});
