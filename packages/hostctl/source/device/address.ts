// `ssh://[user@]device[:port]`: what may go to ssh as a name. A word that begins with "-" would be an option to it, and other programs of a
// ProxyCommand may be a shell, so only the characters of names are let through.
import { UsageError } from "../arguments/usage-error.ts";

export interface DeviceAddress {
  /** As it was given, for messages. */
  text: string;
  user: string | undefined;
  /** A name of DNS or of the user's ssh configuration, or an IP address without brackets. */
  host: string;
  port: number | undefined;
}

export const deviceVariable = "HOST_SERVICE_DEVICE";

const form = /^ssh:\/\/(?:(?<user>[^@/]*)@)?(?:\[(?<literal>[^\]/]*)\]|(?<name>[^@:/[\]]*))(?::(?<port>[^/]*))?\/?$/;
const userName = /^[A-Za-z0-9_][A-Za-z0-9_.+-]*$/;
const hostName = /^[A-Za-z0-9_][A-Za-z0-9_.-]*$/;
const ipLiteral = /^[0-9A-Fa-f:.]+(?:%[A-Za-z0-9_.-]+)?$/;
const nameLengthMax = 255;

export function parseDevice(text: string): DeviceAddress {
  const refuse = (why: string) =>
    new UsageError(`Cannot reach the device ${JSON.stringify(text)}: ${why}; give ssh://[user@]device[:port]`);
  const groups = form.exec(text)?.groups;
  if (groups === undefined) throw refuse("it is not the address of a device");
  const { user, literal, name = "", port } = groups;
  const host = literal ?? name;
  if (host === "") throw refuse("the name of the device is missing");
  if (text.length > nameLengthMax) throw refuse(`it is longer than ${nameLengthMax} characters`);
  if (!(literal === undefined ? hostName : ipLiteral).test(host)) {
    throw refuse(
      "a device's name has letters, digits, dots, hyphens and underscores, and does not begin with a hyphen",
    );
  }
  if (user !== undefined && !userName.test(user)) {
    throw refuse("a user's name has letters, digits and the characters _ . + -, and does not begin with a hyphen");
  }
  const number = port === undefined ? undefined : portOf(port);
  if (number === null) throw refuse("a port is a number from 1 to 65535");
  return { text, user, host, port: number };
}

function portOf(text: string): number | null {
  const number = /^\d{1,5}$/.test(text) ? Number(text) : 0;
  return number >= 1 && number <= 65535 ? number : null;
}

/** Where host-service listens on the device. A colon would end the path in ssh's own notation. */
export function remoteSocketPath(given: string | undefined): string {
  const path = given ?? "/run/host-service";
  // oxlint-disable-next-line no-control-regex -- they are what is looked for
  if (/^\/[^:\u0000-\u001f\u007f]*$/.test(path)) return path;
  throw new UsageError(
    `Cannot reach the socket ${JSON.stringify(path)} of the device: the path has to be absolute, without colons and control characters`,
  );
}
