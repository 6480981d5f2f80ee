import { Command } from "@oclif/core";
import {
  DEFAULT_METHODS,
  DEFAULT_SECRETS_FILE,
  parsePlantOptions,
} from "../../agent/canary/options.ts";
import { givenFlags, valueFlag, withEnvironment } from "../../cli/flags.ts";

export default class CanaryPlant extends Command {
  static override summary = "Send test requests that carry made-up secrets.";

  static override description = [
    "For each place that redaction knows (headers, cookies, credentials, query, path; with POST also forms, JSON, multipart and",
    "compressed bodies) one request is sent to a live service that is mirrored, with a secret that was drawn for it. They are written to",
    "a file that only this user can read; `canary check` then looks for them in whatever the run and the shadow have left.",
  ].join(" ");

  static override examples = [
    {
      description: "Plant in heads, then look:",
      command:
        "<%= config.bin %> canary plant --url http://127.0.0.1:8080 && <%= config.bin %> canary check lines.jsonl summary.json",
    },
    {
      description: "Plant in bodies, too; the service takes POST requests that mean nothing:",
      command:
        "<%= config.bin %> canary plant --url http://127.0.0.1:8080/echo --allow-methods GET,POST --secrets planted.json",
    },
  ];

  static override flags = withEnvironment({
    url: {
      ...valueFlag(
        "Service",
        "URL",
        "The live service, as its clients reach it; paths of requests begin with the URL's.",
      ),
      required: true as const,
    },
    "allow-methods": valueFlag(
      "Service",
      "METHODS",
      "Methods that may be sent: GET, GET,POST or all.",
      DEFAULT_METHODS,
    ),
    secrets: valueFlag(
      "Output",
      "FILE",
      "Where the secrets are written; the file must not be there yet.",
      DEFAULT_SECRETS_FILE,
    ),
  });

  override async run(): Promise<void> {
    const options = parsePlantOptions(givenFlags(await this.parse(CanaryPlant)));
    const { plant } = await import("../../agent/canary/plant.ts");
    await plant(options);
  }
}
