// From the errors of the bus, of portabled and of systemd to ours, by their names. The words of the service stay in the message.
import type { DBusError } from "@jellybrick/dbus-next";
import { PortableError } from "../error.ts";
import type { PortableErrorKind } from "../error.ts";
import type { BusCall } from "./call.ts";

const kinds: Readonly<Record<string, PortableErrorKind>> = {
  "org.freedesktop.DBus.Error.InvalidArgs": "image",
  "org.freedesktop.portable1.NoMatchingUnitFiles": "image",
  "org.freedesktop.portable1.BadImageType": "image",
  "System.Error.ESTALE": "image",
  "System.Error.ENOMEDIUM": "image",
  "org.freedesktop.portable1.NoSuchImage": "no-image",
  "org.freedesktop.DBus.Error.FileNotFound": "no-image",
  "org.freedesktop.systemd1.UnitExists": "unit-exists",
  "org.freedesktop.systemd1.NoSuchUnit": "not-attached",
  "System.Error.EBUSY": "unit-exists",
  "org.freedesktop.DBus.Error.AccessDenied": "denied",
  "org.freedesktop.DBus.Error.NotSupported": "denied",
};

const nextSteps: Partial<Readonly<Record<PortableErrorKind, string>>> = {
  image: "see hostctl portable inspect of the image",
  "no-image": "see hostctl portable list",
  "unit-exists": "see hostctl portable list and systemctl status of the unit on the host",
  "not-attached": "see hostctl portable list",
  denied: "see the host's polkit rules and the file system that the image lies on",
};

export function serviceError(call: BusCall, error: DBusError): PortableError {
  const options = { cause: error, busName: error.type };
  const words = error.text === "" ? error.type : error.text.replace(/\.$/, "");
  if (error.type === noReply) {
    const message = `Cannot finish ${call.member} of ${call.destination}: it ended before it answered; look at the state and try again`;
    return new PortableError("bus-lost", message, options);
  }
  if (isOfTheBus(error)) {
    const message = `Cannot call ${call.member} of ${call.destination}: ${words}; install what provides it on the host (Debian: systemd-container), or see why it does not start`;
    return new PortableError("no-service", message, options);
  }
  const kind = kinds[error.type] ?? "service";
  const next = nextSteps[kind] ?? "see the journal of the host";
  return new PortableError(
    kind,
    `Cannot ${deeds[call.member] ?? call.member}: ${words} (${error.type}); ${next}`,
    options,
  );
}

const noReply = "org.freedesktop.DBus.Error.NoReply";

const deeds: Readonly<Record<string, string>> = {
  AttachImageWithExtensions: "attach the image",
  ReattachImageWithExtensions: "exchange the image",
  DetachImageWithExtensions: "detach the image",
  GetImageMetadata: "read the image",
  GetImageState: "read the state of the image",
  ListImages: "list the images",
};

/** The bus itself answers where a service is missing, masked or does not start, with the names that services use as well. */
function isOfTheBus(error: DBusError): boolean {
  const { reply } = error;
  return typeof reply === "object" && reply !== null && "sender" in reply && reply.sender === "org.freedesktop.DBus";
}
