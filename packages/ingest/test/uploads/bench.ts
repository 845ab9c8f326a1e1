import { readdirSync } from "node:fs";
import { IngestError, openUploads, type Uploads } from "../../source/index.ts";
import { limits, programOf, Workshop } from "../workshop.ts";

type Wishes = Partial<typeof limits> & { uploadsMax?: number; uploadAgeMaxMs?: number; directory?: string };

/** Uploads behind a real server, whose answers are what `append` says. */
export class Bench implements AsyncDisposable {
  readonly workshop = new Workshop();
  readonly directory: string;
  readonly errors: IngestError[] = [];
  uploads!: Uploads;
  nowMs = 1_000_000;

  static async open({ directory, ...wishes }: Wishes = {}) {
    const bench = new Bench(wishes, directory);
    await bench.restart();
    bench.#server = Bun.serve({
      unix: bench.socket,
      maxRequestBodySize: Number.MAX_SAFE_INTEGER,
      ...({ idleTimeout: 0 } as object),
      fetch: (request) => bench.#answer(request),
    });
    return bench;
  }

  readonly wishes: object;
  #server: Bun.Server<undefined> | undefined;

  private constructor(wishes: object, directory: string | undefined) {
    this.wishes = wishes;
    this.directory = directory ?? this.workshop.path("inbox");
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#server?.stop(true);
    this.workshop[Symbol.dispose]();
  }

  get socket(): string {
    return this.workshop.path("s");
  }

  /** What a new daemon would do. */
  async restart(): Promise<void> {
    this.uploads = await openUploads({
      directory: this.directory,
      program: programOf("job"),
      limits: { ...limits, uploadsMax: 4, uploadAgeMaxMs: 60_000, ...this.wishes },
      now: () => this.nowMs,
    });
  }

  async #answer(request: Request): Promise<Response> {
    const [, owner = "", id = ""] = new URL(request.url).pathname.split("/");
    const length = request.headers.get("upload-length");
    try {
      const view = await this.uploads.append(owner, id, request, {
        offset: Number(request.headers.get("upload-offset")),
        isLast: request.headers.get("upload-complete") === "?1",
        length: length === null ? undefined : Number(length),
      });
      return Response.json(view);
    } catch (error) {
      if (!(error instanceof IngestError)) throw error;
      this.errors.push(error);
      return Response.json({ kind: error.kind }, { status: 400, headers: { connection: "close" } });
    }
  }

  async send(
    id: string,
    body: Uint8Array | ReadableStream | undefined,
    options: { offset: number; last?: boolean; owner?: string },
  ) {
    const headers = { "upload-offset": String(options.offset), "upload-complete": options.last === true ? "?1" : "?0" };
    const response = await fetch(`http://h/${options.owner ?? "host"}/${id}`, {
      unix: this.socket,
      method: "PATCH",
      headers,
      ...(body === undefined ? {} : { body }),
    });
    return (await response.json()) as Record<string, unknown>;
  }

  head(id: string, headers: string): string {
    return `PATCH /host/${id} HTTP/1.1\r\nHost: h\r\n${headers}\r\n`;
  }

  names(): string[] {
    return readdirSync(this.directory).toSorted();
  }
}
