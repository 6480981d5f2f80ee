import { Args, Command } from "@oclif/core";
import { DECODE_KINDS, parseDecodeOptions } from "../agent/decode-capture/options.ts";
import { choiceFlag, givenFlags, listFlag, withEnvironment } from "../cli/flags.ts";

export default class Decode extends Command {
  static override summary = "List the HTTP/1.1 requests in a pcap or pcapng file.";

  static override description = [
    "Reads a capture with the decoder that `mirror` uses, and needs no privileges. One line per request goes to stdout: method,",
    "path without its query, and of the body its length and SHA-256 (16 digits of it, all with -o json). No header field, query",
    "or body is printed. What was read, passed over, refused and lost goes to stderr at the end; with -o json it is the last line",
    "of stdout. A damaged file is read up to the damage, then the exit code is 65.",
  ].join(" ");

  static override usage = "decode FILE|- --port PORTS [FLAGS]";

  static override examples = [
    {
      description: "What did clients ask the service on port 8080?",
      command: "<%= config.bin %> decode capture.pcapng --port 8080",
    },
    {
      description: "While it is captured:",
      command: "tcpdump -i any -U -w - tcp port 8080 | <%= config.bin %> decode - --port 8080",
    },
  ];

  static override args = {
    file: Args.string({
      required: true,
      ignoreStdin: true,
      description: "The capture; - for stdin.",
    }),
  };

  static override flags = withEnvironment({
    port: listFlag(
      "Selection",
      "PORTS",
      "Ports of the service: 8080, 8080,8081 or 8000-8010. Required: the side with such a port is the server.",
    ),
    output: {
      ...choiceFlag("Output", DECODE_KINDS, "Form of the result.", DECODE_KINDS[0]),
      char: "o" as const,
      // SHADOWTAP_OUTPUT is what `mirror` prints, and knows other forms.
      env: "SHADOWTAP_DECODE_OUTPUT",
    },
  });

  override async run(): Promise<void> {
    const parsed = await this.parse(Decode);
    const options = parseDecodeOptions(parsed.args.file, givenFlags(parsed));
    const { decodeCapture } = await import("../agent/decode-capture.ts");
    await decodeCapture(options);
  }
}
