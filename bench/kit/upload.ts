/** Answers where the upload is when it is durable and its digest was checked. `digest` is in base64. */
export async function upload(socket: string, contents: Blob, digest: string): Promise<string> {
  const answer = await fetch("http://device/v1/uploads", {
    unix: socket,
    method: "POST",
    headers: {
      "Content-Type": "application/octet-stream",
      "Upload-Complete": "?1",
      "Content-Digest": `sha-256=:${digest}:`,
    },
    body: contents,
    timeout: false,
  });
  const location = answer.headers.get("Location");
  if (answer.status !== 201 || location === null) {
    throw new Error(`Cannot measure an upload: status ${answer.status}, ${await answer.text()}`);
  }
  await answer.text();
  return location;
}

export async function deleteUpload(socket: string, location: string): Promise<void> {
  const answer = await fetch(`http://device${location}`, { unix: socket, method: "DELETE" });
  if (!answer.ok) throw new Error(`Cannot remove an upload: status ${answer.status}`);
}
