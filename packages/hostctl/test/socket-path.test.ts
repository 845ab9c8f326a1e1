import { expect, test } from "bun:test";
import { defaultSocketPath } from "../source/arguments/socket-path.ts";

test.each([
  ["what the environment says", { HOST_SERVICE_SOCKET: "/tmp/s" }, "/host/lib/ld-linux-x86-64.so.2", "/tmp/s"],
  ["the host's own", {}, "/usr/lib/host-service/host-service", "/run/host-service"],
  ["the host's own, where the variable is empty", { HOST_SERVICE_SOCKET: "" }, "/usr/bin/hostctl", "/run/host-service"],
  ["the listener beside it in a container", {}, "/host/lib/ld-linux-aarch64.so.1", "/host/host-service"],
  ["the host's own, for the loader of a system", {}, "/usr/lib/ld-linux-x86-64.so.2", "/run/host-service"],
])("defaultSocketPath is %s", (_, environment, executable, path) => {
  expect(defaultSocketPath(environment, executable)).toBe(path);
});
