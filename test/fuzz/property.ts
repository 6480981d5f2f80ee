import fc from "fast-check";
import { FUZZ_SEED } from "./effort.ts";

// Whichever examples an ordinary test run looks at, the next one looks at the same ones.
fc.configureGlobal({ seed: FUZZ_SEED });

/** fast-check, for every test: properties and fuzz targets have one seed. */
export { fc };
