import { request as httpRequest } from "node:http";
import { request as httpsRequest } from "node:https";
import { codeOf, ShadowtapError } from "../../model/errors.ts";
import type { TargetAddress } from "../config/target-url.ts";
import type { PlantedRequest } from "./plants.ts";

const TIMEOUT_MS = 10_000;

/**
 * Sends one request on a connection of its own and returns the answer's status. Throws ST_TARGET_UNREACHABLE when there is none: what was
 * not received cannot be mirrored.
 */
export async function sendPlanted(
  { tls, host, port, authority, name }: TargetAddress,
  method: string,
  { path, headers, body, isChunked }: PlantedRequest,
): Promise<number> {
  const length = body.reduce((sum, chunk) => sum + chunk.length, 0);
  const framing = isChunked
    ? { "Transfer-Encoding": "chunked" }
    : body.length > 0
      ? { "Content-Length": `${length}` }
      : {};
  try {
    return await new Promise((resolve, reject) => {
      const outgoing = (tls ? httpsRequest : httpRequest)(
        {
          host,
          port,
          method,
          path,
          headers: { Host: authority, "User-Agent": "shadowtap-canary", ...headers, ...framing },
          agent: false,
          signal: AbortSignal.timeout(TIMEOUT_MS),
        },
        (response) => {
          response.once("error", reject);
          response.once("end", () => resolve(response.statusCode ?? 0));
          response.resume();
        },
      );
      outgoing.once("error", reject);
      for (const chunk of body) outgoing.write(chunk);
      outgoing.end();
    });
  } catch (cause) {
    throw new ShadowtapError(
      "ST_TARGET_UNREACHABLE",
      `${name} gave no answer to a planted request (${codeOf(cause)}).`,
      ["Check that the service is running, and that --url is how its clients reach it."],
      cause,
    );
  }
}
