/** What we use of a schema: the Standard Schema interface (https://standardschema.dev), so that no schema library is imported here. */
export interface Validator<Output> {
  readonly "~standard": {
    readonly validate: (value: unknown) => Verdict<Output> | Promise<Verdict<Output>>;
    /** Exists for the type checker only. */
    readonly types?: { readonly output: Output } | undefined;
  };
}

type Verdict<Output> =
  | { readonly value: Output; readonly issues?: undefined }
  | { readonly issues: readonly { readonly message: string }[] };

/** The typed value, or the first thing that is wrong with it. */
export async function validate<Output>(
  schema: Validator<Output>,
  input: unknown,
): Promise<{ value: Output; issue?: undefined } | { value?: undefined; issue: string }> {
  const verdict = await schema["~standard"].validate(input);
  if (verdict.issues !== undefined) return { issue: verdict.issues[0]?.message ?? "it does not fit" };
  return { value: verdict.value };
}
