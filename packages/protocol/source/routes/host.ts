// The host itself: power, and its own A/B state.
import { History } from "../schemas/container.ts";
import { CommitRequest, NoRequest, RebootRequest, UpgradeRequest } from "../schemas/requests.ts";
import { DoctorReport } from "../schemas/doctor.ts";
import { Accepted } from "../schemas/server.ts";
import { SystemAnswer, SystemStatus } from "../schemas/system.ts";
import type { Route } from "./route.ts";

export const hostRoutes = {
  doctor: {
    method: "GET",
    path: "/v1/doctor",
    summary: "Examine this host: what is missing or slow, with the next step",
    group: null,
    hostOnly: true,
    response: DoctorReport,
  },
  reboot: {
    method: "POST",
    path: "/v1/system/reboot",
    summary: "Reboot the host",
    group: "power",
    request: RebootRequest,
    response: Accepted,
  },
  suspend: {
    method: "POST",
    path: "/v1/system/suspend",
    summary: "Suspend the host",
    group: "power",
    request: NoRequest,
    response: Accepted,
  },
  system: {
    method: "GET",
    path: "/v1/system",
    summary: "The host's own A/B state",
    group: "system",
    response: SystemStatus,
  },
  upgradeSystem: {
    method: "POST",
    path: "/v1/system/upgrade",
    summary:
      "Verify an upgrade of the host and write it to the slot that does not run; with ?allow-downgrade=true also an older one",
    group: "system",
    request: UpgradeRequest,
    body: "application/octet-stream",
    response: SystemAnswer,
  },
  commitSystem: {
    method: "POST",
    path: "/v1/system/commit",
    summary: "Keep the host's system that is running",
    group: "system",
    request: CommitRequest,
    response: SystemAnswer,
  },
  rollbackSystem: {
    method: "POST",
    path: "/v1/system/rollback",
    summary: "Go back to the host's system before, at the next boot",
    group: "system",
    request: NoRequest,
    response: SystemAnswer,
  },
  systemHistory: {
    method: "GET",
    path: "/v1/system/history",
    summary: "What was done to the host's system, newest last",
    group: "system",
    response: History,
  },
} as const satisfies Record<string, Route>;
