/** The groups of calls that the ceiling of a container grants. */
export const callGroups = ["power", "system", "container", "portable"] as const;
export type CallGroup = (typeof callGroups)[number];
