import * as $protobuf from "protobufjs";

/** Namespace shadowtap. */
export namespace shadowtap {

    /** Namespace v1alpha1. */
    namespace v1alpha1 {

        /**
         * Properties of a MirroredRequest.
         * @deprecated Use shadowtap.v1alpha1.MirroredRequest.$Properties instead.
         */
        interface IMirroredRequest extends shadowtap.v1alpha1.MirroredRequest.$Properties {
        }

        /** Represents a MirroredRequest. */
        class MirroredRequest {

            /**
             * Constructs a new MirroredRequest.
             * @param [properties] Properties to set
             */
            constructor(properties?: shadowtap.v1alpha1.MirroredRequest.$Properties);

            /** Unknown fields preserved while decoding when enabled */
            $unknowns?: Uint8Array[];

            /** MirroredRequest timeUnixUs. */
            timeUnixUs: number;

            /** MirroredRequest method. */
            method: string;

            /** MirroredRequest path. */
            path: string;

            /** MirroredRequest live. */
            live?: (shadowtap.v1alpha1.Answer.$Properties|null);

            /** MirroredRequest target. */
            target: string;

            /** MirroredRequest answer. */
            answer?: (shadowtap.v1alpha1.Answer.$Properties|null);

            /** MirroredRequest failure. */
            failure?: (shadowtap.v1alpha1.Failure.$Properties|null);

            /** MirroredRequest delayUs. */
            delayUs?: (number|null);

            /** MirroredRequest rule. */
            rule: string;

            /** MirroredRequest shadow. */
            shadow?: ("answer"|"failure");

            /**
             * Encodes the specified MirroredRequest message. Does not implicitly {@link shadowtap.v1alpha1.MirroredRequest.verify|verify} messages.
             * @param message MirroredRequest message or plain object to encode
             * @param [writer] Writer to encode to
             * @returns Writer
             */
            static encode(message: shadowtap.v1alpha1.MirroredRequest.$Properties, writer?: $protobuf.Writer): $protobuf.Writer;

            /**
             * Decodes a MirroredRequest message from the specified reader or buffer.
             * @param reader Reader or buffer to decode from
             * @param [length] Message length if known beforehand
             * @returns {shadowtap.v1alpha1.MirroredRequest & shadowtap.v1alpha1.MirroredRequest.$Shape} MirroredRequest
             * @throws {Error} If the payload is not a reader or valid buffer
             * @throws {$protobuf.util.ProtocolError} If required fields are missing
             */
            static decode(reader: ($protobuf.Reader|Uint8Array), length?: number): shadowtap.v1alpha1.MirroredRequest & shadowtap.v1alpha1.MirroredRequest.$Shape;
        }

        namespace MirroredRequest {

            /** Properties of a MirroredRequest. */
            interface $Properties {

                /** MirroredRequest timeUnixUs */
                timeUnixUs?: (number|null);

                /** MirroredRequest method */
                method?: (string|null);

                /** MirroredRequest path */
                path?: (string|null);

                /** MirroredRequest live */
                live?: (shadowtap.v1alpha1.Answer.$Properties|null);

                /** MirroredRequest target */
                target?: (string|null);

                /** MirroredRequest answer */
                answer?: (shadowtap.v1alpha1.Answer.$Properties|null);

                /** MirroredRequest failure */
                failure?: (shadowtap.v1alpha1.Failure.$Properties|null);

                /** MirroredRequest delayUs */
                delayUs?: (number|null);

                /** MirroredRequest rule */
                rule?: (string|null);

                /** MirroredRequest shadow */
                shadow?: ("answer"|"failure");

                /** Unknown fields preserved while decoding when enabled */
                $unknowns?: Uint8Array[];
            }

            /** Narrowed shape of a MirroredRequest. */
            type $Shape = {
              timeUnixUs?: number|null;
              method?: string|null;
              path?: string|null;
              live?: shadowtap.v1alpha1.Answer.$Shape|null;
              target?: string|null;
              answer?: shadowtap.v1alpha1.Answer.$Shape|null;
              failure?: shadowtap.v1alpha1.Failure.$Shape|null;
              delayUs?: number|null;
              rule?: string|null;
              $unknowns?: Uint8Array[];
            } & (
              ({ shadow?: undefined; answer?: null; failure?: null }|{ shadow?: "answer"; answer: shadowtap.v1alpha1.Answer.$Shape; failure?: null }|{ shadow?: "failure"; answer?: null; failure: shadowtap.v1alpha1.Failure.$Shape })
            );
        }

        /**
         * Properties of an Answer.
         * @deprecated Use shadowtap.v1alpha1.Answer.$Properties instead.
         */
        interface IAnswer extends shadowtap.v1alpha1.Answer.$Properties {
        }

        /** Represents an Answer. */
        class Answer {

            /**
             * Constructs a new Answer.
             * @param [properties] Properties to set
             */
            constructor(properties?: shadowtap.v1alpha1.Answer.$Properties);

            /** Unknown fields preserved while decoding when enabled */
            $unknowns?: Uint8Array[];

            /** Answer status. */
            status: number;

            /** Answer latencyUs. */
            latencyUs: number;

            /**
             * Encodes the specified Answer message. Does not implicitly {@link shadowtap.v1alpha1.Answer.verify|verify} messages.
             * @param message Answer message or plain object to encode
             * @param [writer] Writer to encode to
             * @returns Writer
             */
            static encode(message: shadowtap.v1alpha1.Answer.$Properties, writer?: $protobuf.Writer): $protobuf.Writer;

            /**
             * Decodes an Answer message from the specified reader or buffer.
             * @param reader Reader or buffer to decode from
             * @param [length] Message length if known beforehand
             * @returns {shadowtap.v1alpha1.Answer & shadowtap.v1alpha1.Answer.$Shape} Answer
             * @throws {Error} If the payload is not a reader or valid buffer
             * @throws {$protobuf.util.ProtocolError} If required fields are missing
             */
            static decode(reader: ($protobuf.Reader|Uint8Array), length?: number): shadowtap.v1alpha1.Answer & shadowtap.v1alpha1.Answer.$Shape;
        }

        namespace Answer {

            /** Properties of an Answer. */
            interface $Properties {

                /** Answer status */
                status?: (number|null);

                /** Answer latencyUs */
                latencyUs?: (number|null);

                /** Unknown fields preserved while decoding when enabled */
                $unknowns?: Uint8Array[];
            }

            /** Shape of an Answer. */
            type $Shape = shadowtap.v1alpha1.Answer.$Properties;
        }

        /**
         * Properties of a Failure.
         * @deprecated Use shadowtap.v1alpha1.Failure.$Properties instead.
         */
        interface IFailure extends shadowtap.v1alpha1.Failure.$Properties {
        }

        /** Represents a Failure. */
        class Failure {

            /**
             * Constructs a new Failure.
             * @param [properties] Properties to set
             */
            constructor(properties?: shadowtap.v1alpha1.Failure.$Properties);

            /** Unknown fields preserved while decoding when enabled */
            $unknowns?: Uint8Array[];

            /** Failure kind. */
            kind: string;

            /** Failure reason. */
            reason: string;

            /**
             * Encodes the specified Failure message. Does not implicitly {@link shadowtap.v1alpha1.Failure.verify|verify} messages.
             * @param message Failure message or plain object to encode
             * @param [writer] Writer to encode to
             * @returns Writer
             */
            static encode(message: shadowtap.v1alpha1.Failure.$Properties, writer?: $protobuf.Writer): $protobuf.Writer;

            /**
             * Decodes a Failure message from the specified reader or buffer.
             * @param reader Reader or buffer to decode from
             * @param [length] Message length if known beforehand
             * @returns {shadowtap.v1alpha1.Failure & shadowtap.v1alpha1.Failure.$Shape} Failure
             * @throws {Error} If the payload is not a reader or valid buffer
             * @throws {$protobuf.util.ProtocolError} If required fields are missing
             */
            static decode(reader: ($protobuf.Reader|Uint8Array), length?: number): shadowtap.v1alpha1.Failure & shadowtap.v1alpha1.Failure.$Shape;
        }

        namespace Failure {

            /** Properties of a Failure. */
            interface $Properties {

                /** Failure kind */
                kind?: (string|null);

                /** Failure reason */
                reason?: (string|null);

                /** Unknown fields preserved while decoding when enabled */
                $unknowns?: Uint8Array[];
            }

            /** Shape of a Failure. */
            type $Shape = shadowtap.v1alpha1.Failure.$Properties;
        }
    }
}
