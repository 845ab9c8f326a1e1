import { pipe, regex, string } from "@host-service/schema";

/** RFC 4122 text form; the client may choose the id of its operation. */
export const OperationId = pipe(
  string(),
  regex(/^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/, "an operation id is a UUID in lower case"),
);

/** Refers to a container in a path: a name, or "~" for the caller's own (on the host listener: the only one). */
export const ContainerName = pipe(
  string(),
  regex(
    /^(~|[A-Za-z](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?)$/,
    "a container's name has 1 to 63 letters, digits and hyphens, begins with a letter and does not end with a hyphen",
  ),
);
