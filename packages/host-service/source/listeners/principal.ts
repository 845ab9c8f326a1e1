// Who is calling: the listener says so, nothing in the request does.
export type Principal = { kind: "host" } | { kind: "container"; name: string };

export function callerOf(principal: Principal): string {
  return principal.kind === "host" ? "host" : principal.name;
}
