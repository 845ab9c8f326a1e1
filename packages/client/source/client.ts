import {
  ContainerAnswer,
  digestField,
  headers,
  PortableAnswer,
  PortableInspection,
  routes,
  SystemAnswer,
} from "@host-service/protocol";
import type { InstallRequest, PortableRequest, RouteName, UpgradeRequest } from "@host-service/protocol";
import { ClientError } from "./error.ts";
import { exchange, readDocument } from "./exchange.ts";
import type { Connection } from "./exchange.ts";
import { callWithBody, callWithSources } from "./image-call.ts";
import type { ImageBody, ImageCall, InstallOptions } from "./image-call.ts";
import { uploadFile } from "./upload.ts";
import type { UploadOptions } from "./upload.ts";
import { validate } from "./validate.ts";
import type { Validator } from "./validate.ts";

type Routes = typeof routes;

/** The routes that answer one JSON document; what it is follows from the route's schema. */
export type DocumentRoute = {
  [Name in RouteName]: Routes[Name] extends { responseType: string }
    ? never
    : Routes[Name] extends { response: object }
      ? Name
      : never;
}[RouteName];

export type AnswerOf<Name extends DocumentRoute> = NonNullable<
  Routes[Name]["response"]["~standard"]["types"]
>["output"];

export interface CallOptions {
  /** The route's parameters, such as `{name: "~"}`. */
  parameters?: Readonly<Record<string, string>>;
  /** The JSON request body. */
  request?: unknown;
}

export interface SourcesInstall {
  container: string;
  sources: InstallRequest;
}

export interface BodyInstall extends ImageBody {
  container: string;
}

export interface BodyUpgrade extends ImageBody {
  allowDowngrade?: boolean;
  /** Of the body, in hexadecimal. */
  sha256?: string;
}

export type PortableImage = { service: string } & (
  | { request: PortableRequest }
  | (ImageBody & Pick<PortableRequest, "profile" | "prefixes">)
);

export interface Client {
  /** Asks one route and gives back its checked answer. */
  call<Name extends DocumentRoute>(name: Name, options?: CallOptions): Promise<AnswerOf<Name>>;
  /** The bytes of what a container wrote to its console. */
  containerLogs(container: string, query?: Readonly<Record<string, string>>): Promise<AsyncIterable<Uint8Array>>;
  /** Installs from sources that the daemon reads itself. */
  installFromSources(install: SourcesInstall, options?: InstallOptions): Promise<ContainerAnswer>;
  /** Installs a bundle that is sent as the request body. */
  installFromBody(install: BodyInstall, options?: InstallOptions): Promise<ContainerAnswer>;
  /** Upgrades the host from a source that the daemon reads itself. */
  upgradeFromSource(request: UpgradeRequest, options?: InstallOptions): Promise<SystemAnswer>;
  /** Upgrades the host with a file that is sent as the request body. */
  upgradeFromBody(upgrade: BodyUpgrade, options?: InstallOptions): Promise<SystemAnswer>;
  /** Checks the image of a portable service, and changes nothing. */
  inspectPortable(image: PortableImage, options?: InstallOptions): Promise<PortableInspection>;
  /** Attaches the image of a portable service. */
  attachPortable(image: PortableImage, options?: InstallOptions): Promise<PortableAnswer>;
  /** Sends a file that a lost line does not make to be sent again, and gives back what an install names it by. */
  upload(file: Blob, options?: UploadOptions): Promise<string>;
}

export function createClient(connection: Connection): Client {
  return {
    call: (name, options) => callRoute(connection, name, options),
    async containerLogs(container, query = {}) {
      const asked = Object.keys(query).length === 0 ? {} : { query };
      const response = await exchange(connection, {
        route: "containerLogs",
        parameters: { name: container },
        ...asked,
      });
      return response.body ?? new ReadableStream<Uint8Array>({ start: (controller) => controller.close() });
    },
    installFromSources: ({ container, sources }, options) =>
      callWithSources(connection, { ...installOf(container), request: sources }, options),
    installFromBody: ({ container, ...body }, options) =>
      callWithBody(connection, { ...installOf(container), ...body }, options),
    upgradeFromSource: (request, options) => callWithSources(connection, { ...upgrade, request }, options),
    upgradeFromBody: ({ allowDowngrade, sha256, ...body }, options) => {
      const query = allowDowngrade === true ? { query: { "allow-downgrade": "true" } } : {};
      const checked = sha256 === undefined ? {} : { headers: { [headers.contentDigest]: digestField(sha256) } };
      return callWithBody(connection, { ...upgrade, ...query, ...checked, ...body }, options);
    },
    inspectPortable: (image, options) =>
      callPortable(connection, image, {
        call: { route: "inspectPortable", deed: "inspection", answer: PortableInspection },
        options,
      }),
    attachPortable: (image, options) =>
      callPortable(connection, image, {
        call: { route: "attachPortable", deed: "attach", answer: PortableAnswer },
        options,
      }),
    upload: (file, options) => uploadFile(connection, file, options),
  };
}

const upgrade = { route: "upgradeSystem", deed: "upgrade", answer: SystemAnswer } as const;

/** From sources that the daemon reads itself, or as the request body. */
function callPortable<Answer>(
  connection: Connection,
  { service, ...image }: PortableImage,
  { call, options }: { call: ImageCall<Answer>; options: InstallOptions | undefined },
): Promise<Answer> {
  const named = { ...call, parameters: { name: service } };
  if ("request" in image) return callWithSources(connection, { ...named, request: image.request }, options);
  const { profile, prefixes, ...body } = image;
  const query = {
    ...(profile === undefined ? {} : { profile }),
    ...(prefixes === undefined ? {} : { prefixes: prefixes.join(",") }),
  };
  return callWithBody(connection, { ...named, query, ...body }, options);
}

function installOf(container: string) {
  const parameters = { name: container };
  return { route: "installContainer", deed: "install", parameters, answer: ContainerAnswer } as const;
}

async function callRoute<Name extends DocumentRoute>(
  connection: Connection,
  name: Name,
  options: CallOptions = {},
): Promise<AnswerOf<Name>> {
  const hasRequest = options.request !== undefined;
  const response = await exchange(connection, {
    route: name,
    ...(options.parameters === undefined ? {} : { parameters: options.parameters }),
    ...(hasRequest ? { body: JSON.stringify(options.request), headers: { "content-type": "application/json" } } : {}),
  });
  const schema: Validator<AnswerOf<Name>> = routes[name].response;
  const what = `${routes[name].method} ${routes[name].path}`;
  const found = await validate<AnswerOf<Name>>(schema, await readDocument(connection, response, what));
  if (found.value !== undefined) return found.value;
  throw new ClientError("protocol", `Cannot read the answer to ${what}: ${found.issue}`);
}
