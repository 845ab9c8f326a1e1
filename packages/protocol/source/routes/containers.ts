import { ContainerAnswer, ContainerList, ContainerStatus, History, Removed } from "../schemas/container.ts";
import { CommitRequest, InstallRequest, NoRequest } from "../schemas/requests.ts";
import type { Route } from "./route.ts";

const container = "/v1/containers/{name}";

export const containerRoutes = {
  listContainers: {
    method: "GET",
    path: "/v1/containers",
    summary: "The containers that the caller may see",
    group: "container",
    response: ContainerList,
  },
  containerStatus: {
    method: "GET",
    path: container,
    summary: "State, what runs, what boots next, and why",
    group: "container",
    response: ContainerStatus,
  },
  removeContainer: {
    method: "DELETE",
    path: container,
    summary: "Remove a container with its slots and volumes",
    group: "container",
    hostOnly: true,
    response: Removed,
  },
  installContainer: {
    method: "POST",
    path: `${container}/install`,
    summary: "Verify an image and stage it in the inactive slot",
    group: "container",
    request: InstallRequest,
    body: "application/x-tar",
    response: ContainerAnswer,
  },
  commitContainer: {
    method: "POST",
    path: `${container}/commit`,
    summary: "Keep what is running",
    group: "container",
    request: CommitRequest,
    response: ContainerAnswer,
  },
  rollbackContainer: {
    method: "POST",
    path: `${container}/rollback`,
    summary: "Go back to the image before, at the next boot",
    group: "container",
    request: NoRequest,
    response: ContainerAnswer,
  },
  tryContainer: {
    method: "POST",
    path: `${container}/try`,
    summary: "Start the candidate now, without a host reboot",
    group: "container",
    request: NoRequest,
    response: ContainerAnswer,
  },
  startContainer: {
    method: "POST",
    path: `${container}/start`,
    summary: "Start the container",
    group: "container",
    request: NoRequest,
    response: ContainerAnswer,
  },
  stopContainer: {
    method: "POST",
    path: `${container}/stop`,
    summary: "Stop the container",
    group: "container",
    request: NoRequest,
    response: ContainerAnswer,
  },
  restartContainer: {
    method: "POST",
    path: `${container}/restart`,
    summary: "Restart the container",
    group: "container",
    request: NoRequest,
    response: ContainerAnswer,
  },
  containerHistory: {
    method: "GET",
    path: `${container}/history`,
    summary: "What was done to the container, newest last",
    group: "container",
    response: History,
  },
  containerLogs: {
    method: "GET",
    path: `${container}/logs`,
    summary:
      "What the container wrote to its console; ?lines=N for the last ones, ?boot=0|-1|…|all, ?follow=true to wait for more, ?trial=true for what was kept of its last trial",
    group: "container",
    responseType: "text/plain",
  },
} as const satisfies Record<string, Route>;
