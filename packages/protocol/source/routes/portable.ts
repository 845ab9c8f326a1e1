// Portable services of the host's systemd.
import { History, Removed } from "../schemas/container.ts";
import {
  PortableAnswer,
  PortableInspection,
  PortableList,
  PortableRequest,
  PortableStatus,
} from "../schemas/portable.ts";
import { CommitRequest, NoRequest } from "../schemas/requests.ts";
import type { Route } from "./route.ts";

const service = "/v1/portable/{name}";

export const portableRoutes = {
  listPortable: {
    method: "GET",
    path: "/v1/portable",
    summary: "The portable services that the caller may change",
    group: "portable",
    response: PortableList,
  },
  portableStatus: {
    method: "GET",
    path: service,
    summary: "State, what is attached, what is attached at the next boot, and why",
    group: "portable",
    response: PortableStatus,
  },
  portableHistory: {
    method: "GET",
    path: `${service}/history`,
    summary: "What was done to the service, and how its trials ended",
    group: "portable",
    response: History,
  },
  inspectPortable: {
    method: "POST",
    path: `${service}/inspect`,
    summary:
      "Check an image as an attach would, and change nothing; with ?profile= and ?prefixes=a,b where it is the body",
    group: "portable",
    request: PortableRequest,
    body: "application/octet-stream",
    response: PortableInspection,
  },
  attachPortable: {
    method: "POST",
    path: `${service}/attach`,
    summary:
      "Attach an image and start it, on trial until it is committed; with ?profile= and ?prefixes=a,b where it is the body",
    group: "portable",
    request: PortableRequest,
    body: "application/octet-stream",
    response: PortableAnswer,
  },
  commitPortable: {
    method: "POST",
    path: `${service}/commit`,
    summary: "Keep the image that is attached",
    group: "portable",
    request: CommitRequest,
    response: PortableAnswer,
  },
  rollbackPortable: {
    method: "POST",
    path: `${service}/rollback`,
    summary: "Go back to the image before, now",
    group: "portable",
    request: NoRequest,
    response: PortableAnswer,
  },
  detachPortable: {
    method: "DELETE",
    path: service,
    summary: "Stop and detach a service, and remove its images",
    group: "portable",
    response: Removed,
  },
} as const satisfies Record<string, Route>;
