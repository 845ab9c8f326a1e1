// What several jobs are told and tell, as schemas.
import { integer, minValue, number, pipe, strictObject } from "@host-service/schema";

export const count = pipe(number(), integer(), minValue(0));

/** The ids of the container whose tree it is. */
export const idRange = strictObject({ base: count, count });
