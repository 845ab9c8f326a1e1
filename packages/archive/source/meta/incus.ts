// The convention of Incus and LXD images: metadata.yaml, and the templates that it names (the image format in Incus's documentation).
import {
  SchemaError,
  array,
  boolean,
  number,
  optional,
  parse,
  record,
  looseObject,
  string,
  union,
  nullable,
} from "@host-service/schema";
import type { InferOutput } from "@host-service/schema";
import { isMap } from "../config/text-map.ts";
import { readYaml } from "../config/yaml.ts";
import { checkExpiry } from "./expiry.ts";
import { checkArchitecture } from "./fit.ts";
import type { Members } from "./members.ts";
import type { MetaContext, Metadata, Template } from "./metadata.ts";
import { clean, metaSubject, refuseMeta, refuseTemplate } from "./refusal.ts";
import { render } from "./render.ts";
import { checkTemplatePath } from "./template-path.ts";

const file = "metadata.yaml";
const templatesMax = 256;
const propertiesMax = 64;
const propertyCharactersMax = 512;
const knownKeys = ["architecture", "creation_date", "expiry_date", "properties", "templates"];

const scalar = union([string(), number(), boolean()]);
const templateSchema = looseObject({
  when: array(string()),
  template: string(),
  create_only: optional(nullable(boolean())),
  properties: optional(nullable(record(string(), scalar))),
  uid: optional(nullable(scalar)),
  gid: optional(nullable(scalar)),
  mode: optional(nullable(scalar)),
});
const documentSchema = looseObject({
  architecture: string(),
  creation_date: number(),
  expiry_date: optional(nullable(number())),
  properties: optional(nullable(record(string(), scalar))),
  templates: optional(nullable(record(string(), templateSchema))),
});

export function readIncus(members: Members, context: MetaContext): Metadata {
  const document = readDocument(members.text(file));
  checkArchitecture(document.architecture, "architecture", context.architecture);
  const properties = textsOf(document.properties ?? {});
  const entries = Object.entries(document.templates ?? {});
  if (entries.length > templatesMax) throw refuseMeta(`${file} has more than ${templatesMax} templates`);
  const templates = entries.flatMap(([path, template]) =>
    readTemplate(path, template, { members, context, properties }),
  );
  const sources = new Set(entries.map(([, { template }]) => `templates/${template}`));
  const others = Object.keys(document).filter((key) => !knownKeys.includes(key));
  const isUsed = (name: string) => name === file || name === "templates/" || sources.has(name);
  return {
    convention: "incus",
    members: [...members.names],
    used: [...members.names.filter(isUsed), ...knownKeys.filter((key) => Object.hasOwn(document, key))],
    ignored: [...members.names.filter((name) => !isUsed(name)), ...others.map((key) => `${file}: ${clean(key)}`)],
    warnings: document.expiry_date ? checkExpiry(document.expiry_date, context.now) : [],
    excludes: [],
    templates,
    hints: {},
    mounts: [],
    properties,
  };
}

function readDocument(text: string): InferOutput<typeof documentSchema> {
  const document = readYaml(text, `${file} of ${metaSubject}`);
  if (!isMap(document)) throw refuseMeta(`${file} has to be one document that is a map`);
  // A tag makes of a value what its reader likes.
  if (/^[ \t]*(?:-[ \t]+)*(?:[^\s"'#][^"'#\n]*?:[ \t]+)?!/mu.test(text)) throw refuseMeta(`${file} has a tag ("!…")`);
  // Its value would be a number by now that reads as another mode.
  if (/\bmode"?:[ \t]*0[ox]/u.test(text)) throw refuseMeta(`${file} has a mode that is no text; put it in quotes`);
  if (!Object.hasOwn(document, "creation_date")) throw refuseMeta(`${file} has no creation_date`);
  if (!Object.hasOwn(document, "architecture")) throw refuseMeta(`${file} has no architecture`);
  try {
    return parse(documentSchema, document, { subject: file });
  } catch (error) {
    throw error instanceof SchemaError ? refuseMeta(`${file}: ${error.problem}`) : error;
  }
}

/** YAML has made numbers of some of them. */
function textsOf(values: Readonly<Record<string, string | number | boolean>>): Record<string, string> {
  const entries = Object.entries(values);
  if (entries.length > propertiesMax) throw refuseMeta(`${file} has more than ${propertiesMax} properties`);
  return Object.fromEntries(
    entries.map(([key, value]) => [clean(key, 64), clean(String(value), propertyCharactersMax)]),
  );
}

interface Around {
  members: Members;
  context: MetaContext;
  properties: Readonly<Record<string, string>>;
}

function readTemplate(
  given: string,
  template: InferOutput<typeof templateSchema>,
  { members, context, properties }: Around,
): Template[] {
  const path = checkTemplatePath(Buffer.from(given).toString("latin1"), file);
  const { when, template: name } = template;
  if (/[/\0]/u.test(name) || ["", ".", ".."].includes(name)) {
    throw refuseMeta(`${file} names the template ${JSON.stringify(clean(name))}, which is no bare file name`);
  }
  const odd = when.find((trigger) => !["create", "copy", "start"].includes(trigger));
  if (odd !== undefined)
    throw refuseMeta(`${file} has the unknown trigger ${JSON.stringify(clean(odd))} for ${clean(given)}`);
  if (when.includes("start")) {
    throw refuseTemplate(
      name,
      `${clean(given)} would be made at every start, which is not supported; let the image do it`,
    );
  }
  if (!when.includes("create")) return [];
  const source = `templates/${Buffer.from(name).toString("latin1")}`;
  if (!members.has(source)) throw refuseMeta(`${file} names templates/${clean(name)}, which is not in it`);
  const own = textsOf(template.properties ?? {});
  const variables = { name: context.name, path: given, properties: { ...properties, ...own } };
  return [
    {
      kind: "write",
      path,
      text: render(members.bytes(source), name, variables),
      createOnly: template.create_only === true,
      uid: numberOf(template.uid, 10, name),
      gid: numberOf(template.gid, 10, name),
      mode: numberOf(template.mode, 8, name),
    },
  ];
}

function numberOf(
  value: string | number | boolean | null | undefined,
  radix: 8 | 10,
  name: string,
): number | undefined {
  if (value === undefined || value === null) return undefined;
  // YAML reads 0644 as 644, whose digits are what was meant.
  const text = String(value);
  const read = (radix === 8 ? /^0?[0-7]{3,4}$/u : /^\d{1,10}$/u).test(text) ? Number.parseInt(text, radix) : Number.NaN;
  if (Number.isNaN(read) || read > 0xffff_fffe) throw refuseTemplate(name, "its uid, gid or mode is no such number");
  return read;
}
