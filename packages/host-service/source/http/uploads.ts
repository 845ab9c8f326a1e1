// Resumable uploads, as draft-ietf-httpbis-resumable-upload says. What an upload is, is ingest's; here are its header fields.
import {
  booleanField,
  booleanOfField,
  countOfField,
  headers,
  partialUploadType,
  pathOf,
  sha256OfDigestField,
} from "@host-service/protocol";
import type { Upload } from "@host-service/protocol";
import { IngestError } from "@host-service/ingest";
import type { UploadView } from "@host-service/ingest";
import { ownerOf } from "../listeners/principal.ts";
import { problemOf } from "../problems/problem-of.ts";
import { RequestError } from "../problems/request-error.ts";
import type { Call } from "./call.ts";
import { closingUnread, problemResponse } from "./problem-response.ts";

export const uploadCalls = {
  uploadOptions: ({ context }: Call) =>
    new Response(null, {
      status: 204,
      headers: { allow: "OPTIONS, POST", [headers.acceptPatch]: partialUploadType, ...limitsOf(context) },
    }),
  createUpload: (call: Call) =>
    answered(call, async ({ uploads }, owner) => {
      const { request } = call;
      const isLast = requiredBoolean(request);
      if (isLast && request.body === null) {
        throw new RequestError("source-refused", "Cannot begin the upload: it is empty and said to be all");
      }
      const length = lengthOf(request) ?? (isLast ? countOfField(request.headers.get("content-length")) : undefined);
      const begun = await uploads.begin(owner, { length, sha256: digestOf(request) });
      const { id, offset } = begun;
      const view = request.body === null ? begun : await uploads.append(owner, id, request, { offset, isLast, length });
      const location = pathOf("uploadOffset", { id });
      return Response.json(bodyOf(view), { status: 201, headers: { location, ...fields(call, view) } });
    }),
  uploadOffset: (call: Call) =>
    answered(call, async ({ uploads }, owner) => {
      const view = await uploads.find(owner, call.parameters["id"] ?? "");
      return new Response(null, { status: 204, headers: fields(call, view) });
    }),
  appendUpload: (call: Call) =>
    answered(call, async ({ uploads }, owner) => {
      const { request, parameters } = call;
      const isLast = requiredBoolean(request);
      const offset = countOfField(request.headers.get(headers.uploadOffset));
      const type = request.headers.get("content-type")?.split(";")[0]?.trim().toLowerCase();
      if (type !== partialUploadType && request.body !== null) {
        throw invalid(`the content type has to be ${partialUploadType}, got ${JSON.stringify(type ?? "none")}`);
      }
      if (offset === undefined) throw invalid(`the header ${headers.uploadOffset} is missing or not a whole number`);
      const length = lengthOf(request);
      const view = await uploads.append(owner, parameters["id"] ?? "", request, { offset, isLast, length });
      return Response.json(bodyOf(view), { headers: fields(call, view) });
    }),
  deleteUpload: (call: Call) =>
    answered(call, async ({ uploads }, owner) => {
      await uploads.remove(owner, call.parameters["id"] ?? "");
      return new Response(null, { status: 204 });
    }),
};

/** A refusal carries the limits too, and where the upload goes on. */
async function answered(
  call: Call,
  work: (context: Call["context"], owner: string) => Promise<Response>,
): Promise<Response> {
  try {
    return await work(call.context, ownerOf(call.principal));
  } catch (error) {
    const known = problemOf(error);
    if (known === undefined) throw error;
    const offset =
      error instanceof IngestError && error.problem.kind === "upload-offset" ? error.problem.offset : undefined;
    return problemResponse(known, {
      ...limitsOf(call.context),
      ...(offset === undefined ? {} : { [headers.uploadOffset]: String(offset) }),
      ...closingUnread(call.request),
    });
  }
}

function fields({ context }: Call, view: UploadView): Record<string, string> {
  const { imageBytesMax } = context.configuration.limits;
  return {
    [headers.uploadOffset]: String(view.offset),
    [headers.uploadComplete]: booleanField(view.sha256 !== undefined),
    ...(view.length === undefined ? {} : { [headers.uploadLength]: String(view.length) }),
    [headers.uploadLimit]: `max-size=${imageBytesMax}, max-age=${view.secondsLeft}`,
    "cache-control": "no-store",
  };
}

function limitsOf({ configuration }: Call["context"]): Record<string, string> {
  return { [headers.uploadLimit]: `max-size=${configuration.limits.imageBytesMax}` };
}

function bodyOf({ id, offset, length, sha256, secondsLeft }: UploadView): Upload {
  return {
    id,
    offset,
    ...(length === undefined ? {} : { length }),
    ...(sha256 === undefined ? {} : { sha256 }),
    secondsLeft,
  };
}

function requiredBoolean(request: Request): boolean {
  const value = booleanOfField(request.headers.get(headers.uploadComplete));
  if (value === undefined) throw invalid(`the header ${headers.uploadComplete} has to be ?0 or ?1`);
  return value;
}

function lengthOf(request: Request): number | undefined {
  return countOfField(request.headers.get(headers.uploadLength));
}

function digestOf(request: Request): string | undefined {
  const sha256 = sha256OfDigestField(request.headers.get(headers.reprDigest));
  if (sha256 !== null) return sha256;
  throw invalid(`the header ${headers.reprDigest} has to be sha-256=:<base64>: (RFC 9530)`);
}

function invalid(why: string): RequestError {
  return new RequestError("invalid-request", `Cannot take the upload: ${why}`);
}
