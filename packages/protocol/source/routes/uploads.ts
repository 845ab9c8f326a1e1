import { partialUploadType } from "../headers.ts";
import { Upload } from "../schemas/upload.ts";
import type { Route } from "./route.ts";

const upload = "/v1/uploads/{id}";
/** Images of both kinds come as uploads. */
const uploaders = ["container", "system"] as const;

export const uploadRoutes = {
  uploadOptions: {
    method: "OPTIONS",
    path: "/v1/uploads",
    summary: "That uploads are resumable, and their limits, in Accept-Patch and Upload-Limit",
    group: uploaders,
    status: 204,
  },
  createUpload: {
    method: "POST",
    path: "/v1/uploads",
    summary: "Begin a resumable upload, or find the same one again",
    group: uploaders,
    body: "application/octet-stream",
    response: Upload,
    status: 201,
  },
  uploadOffset: {
    method: "HEAD",
    path: upload,
    summary: "Where the upload goes on, in Upload-Offset",
    group: uploaders,
    status: 204,
  },
  appendUpload: {
    method: "PATCH",
    path: upload,
    summary: "Append to the upload; with Upload-Complete: ?1 it is the end",
    group: uploaders,
    body: partialUploadType,
    response: Upload,
  },
  deleteUpload: {
    method: "DELETE",
    path: upload,
    summary: "Give the upload up",
    group: uploaders,
    status: 204,
  },
} as const satisfies Record<string, Route>;
