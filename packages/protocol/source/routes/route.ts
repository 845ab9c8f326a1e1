import type { GenericSchema } from "@host-service/schema";
import type { CallGroup } from "../call-groups.ts";

export interface Route {
  method: "GET" | "HEAD" | "OPTIONS" | "POST" | "PATCH" | "DELETE";
  /** With parameters in braces. */
  path: `/v1${string}`;
  summary: string;
  /** Whoever is granted one of these may call it. `null` is what every caller may do. */
  group: CallGroup | readonly CallGroup[] | null;
  /** Only the host listener may call it. */
  hostOnly?: true;
  /** The JSON request body. */
  request?: GenericSchema;
  /** A content type that is accepted as the body itself, instead of JSON. */
  body?: string;
  response?: GenericSchema;
  /** Of success, where it is not 200; 204 has no body. */
  status?: 201 | 204;
  /** Other than application/json. */
  responseType?: string;
}
