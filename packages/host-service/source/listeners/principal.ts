// Who is calling: the listener says so, nothing in the request does.
export type Principal = { kind: "host" } | { kind: "container"; name: string };

/** Whose an upload is. Unlike the caller's name, no container's name can be mistaken for the host. */
export function ownerOf(principal: Principal): string {
  return principal.kind === "host" ? "host" : `container:${principal.name}`;
}

export function callerOf(principal: Principal): string {
  return principal.kind === "host" ? "host" : principal.name;
}
