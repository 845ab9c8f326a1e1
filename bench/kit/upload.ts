const url = (location: string) => `http://device${location}`;

/** Answers where the upload is when it is durable and its digest was checked. `digest` is in base64. */
export async function upload(socket: string, contents: Blob, digest: string): Promise<string> {
  return await create(socket, { digest, complete: "?1", contents });
}

/** The same in a hundred requests, each answered when its part is durable: what hostctl does over a line that may drop. */
export async function uploadPieces(socket: string, contents: Blob, digest: string): Promise<string> {
  const location = await create(socket, { digest, complete: "?0", contents: undefined });
  const bytes = Math.ceil(contents.size / 100);
  for (let offset = 0; offset < contents.size; offset += bytes) {
    const end = Math.min(contents.size, offset + bytes);
    const answer = await fetch(url(location), {
      unix: socket,
      method: "PATCH",
      headers: {
        "Content-Type": "application/partial-upload",
        "Upload-Offset": String(offset),
        "Upload-Complete": end === contents.size ? "?1" : "?0",
      },
      body: contents.slice(offset, end),
      timeout: false,
    });
    if (!answer.ok) throw new Error(`Cannot measure an upload: status ${answer.status}, ${await answer.text()}`);
    await answer.text();
  }
  return location;
}

export async function deleteUpload(socket: string, location: string): Promise<void> {
  const answer = await fetch(url(location), { unix: socket, method: "DELETE" });
  if (!answer.ok) throw new Error(`Cannot remove an upload: status ${answer.status}`);
}

async function create(
  socket: string,
  { digest, complete, contents }: { digest: string; complete: string; contents: Blob | undefined },
): Promise<string> {
  const answer = await fetch(url("/v1/uploads"), {
    unix: socket,
    method: "POST",
    headers: {
      "Content-Type": "application/octet-stream",
      "Upload-Complete": complete,
      "Repr-Digest": `sha-256=:${digest}:`,
    },
    ...(contents === undefined ? {} : { body: contents }),
    timeout: false,
  });
  const location = answer.headers.get("Location");
  if (answer.status !== 201 || location === null) {
    throw new Error(`Cannot measure an upload: status ${answer.status}, ${await answer.text()}`);
  }
  await answer.text();
  return location;
}
