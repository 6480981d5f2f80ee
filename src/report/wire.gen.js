/*eslint-disable block-scoped-var, id-length, no-control-regex, no-magic-numbers, no-mixed-operators, no-prototype-builtins, no-redeclare, no-shadow, no-var, sort-vars, default-case, jsdoc/require-param*/
import $protobuf from "protobufjs/minimal.js";

// Common aliases
const $Reader = $protobuf.Reader, $Writer = $protobuf.Writer, $util = $protobuf.util;
const $Object = $util.global.Object, $undefined = $util.global.undefined, $Error = $util.global.Error, $RangeError = $util.global.RangeError;

// Exported root namespace
const $root = $protobuf.roots["shadowtap"] || ($protobuf.roots["shadowtap"] = {});

export const shadowtap = $root.shadowtap = (() => {

    /**
     * Namespace shadowtap.
     * @exports shadowtap
     * @namespace
     */
    const shadowtap = {};

    shadowtap.v1alpha1 = (function() {

        /**
         * Namespace v1alpha1.
         * @memberof shadowtap
         * @namespace
         */
        const v1alpha1 = {};

        v1alpha1.MirroredRequest = (function() {

            /**
             * Properties of a MirroredRequest.
             * @typedef {Object} shadowtap.v1alpha1.MirroredRequest.$Properties
             * @property {number|null} [timeUnixUs] MirroredRequest timeUnixUs
             * @property {string|null} [method] MirroredRequest method
             * @property {string|null} [path] MirroredRequest path
             * @property {shadowtap.v1alpha1.Answer.$Properties|null} [live] MirroredRequest live
             * @property {string|null} [target] MirroredRequest target
             * @property {shadowtap.v1alpha1.Answer.$Properties|null} [answer] MirroredRequest answer
             * @property {shadowtap.v1alpha1.Failure.$Properties|null} [failure] MirroredRequest failure
             * @property {number|null} [delayUs] MirroredRequest delayUs
             * @property {string|null} [rule] MirroredRequest rule
             * @property {"answer"|"failure"} [shadow] MirroredRequest shadow
             * @property {Array.<Uint8Array>} [$unknowns] Unknown fields preserved while decoding when enabled
             */

            /**
             * Properties of a MirroredRequest.
             * @memberof shadowtap.v1alpha1
             * @interface IMirroredRequest
             * @augments shadowtap.v1alpha1.MirroredRequest.$Properties
             * @deprecated Use shadowtap.v1alpha1.MirroredRequest.$Properties instead.
             */

            /**
             * Narrowed shape of a MirroredRequest.
             * @typedef {{
             *   timeUnixUs?: number|null;
             *   method?: string|null;
             *   path?: string|null;
             *   live?: shadowtap.v1alpha1.Answer.$Shape|null;
             *   target?: string|null;
             *   answer?: shadowtap.v1alpha1.Answer.$Shape|null;
             *   failure?: shadowtap.v1alpha1.Failure.$Shape|null;
             *   delayUs?: number|null;
             *   rule?: string|null;
             *   $unknowns?: Array.<Uint8Array>;
             * } & (
             *   ({ shadow?: undefined; answer?: null; failure?: null }|{ shadow?: "answer"; answer: shadowtap.v1alpha1.Answer.$Shape; failure?: null }|{ shadow?: "failure"; answer?: null; failure: shadowtap.v1alpha1.Failure.$Shape })
             * )} shadowtap.v1alpha1.MirroredRequest.$Shape
             */

            /**
             * Constructs a new MirroredRequest.
             * @memberof shadowtap.v1alpha1
             * @classdesc Represents a MirroredRequest.
             * @constructor
             * @param {shadowtap.v1alpha1.MirroredRequest.$Properties=} [properties] Properties to set
             * @property {Array.<Uint8Array>} [$unknowns] Unknown fields preserved while decoding when enabled
             */
            const MirroredRequest = function (properties) {
                if (properties)
                    for (let keys = $Object.keys(properties), i = 0; i < keys.length; ++i)
                        if (properties[keys[i]] != null && keys[i] !== "__proto__")
                            this[keys[i]] = properties[keys[i]];
            };

            /**
             * MirroredRequest timeUnixUs.
             * @member {number} timeUnixUs
             * @memberof shadowtap.v1alpha1.MirroredRequest
             * @instance
             */
            MirroredRequest.prototype.timeUnixUs = $util.Long ? $util.Long.fromBits(0,0,true) : 0;

            /**
             * MirroredRequest method.
             * @member {string} method
             * @memberof shadowtap.v1alpha1.MirroredRequest
             * @instance
             */
            MirroredRequest.prototype.method = "";

            /**
             * MirroredRequest path.
             * @member {string} path
             * @memberof shadowtap.v1alpha1.MirroredRequest
             * @instance
             */
            MirroredRequest.prototype.path = "";

            /**
             * MirroredRequest live.
             * @member {shadowtap.v1alpha1.Answer.$Properties|null|undefined} live
             * @memberof shadowtap.v1alpha1.MirroredRequest
             * @instance
             */
            MirroredRequest.prototype.live = null;

            /**
             * MirroredRequest target.
             * @member {string} target
             * @memberof shadowtap.v1alpha1.MirroredRequest
             * @instance
             */
            MirroredRequest.prototype.target = "";

            /**
             * MirroredRequest answer.
             * @member {shadowtap.v1alpha1.Answer.$Properties|null|undefined} answer
             * @memberof shadowtap.v1alpha1.MirroredRequest
             * @instance
             */
            MirroredRequest.prototype.answer = null;

            /**
             * MirroredRequest failure.
             * @member {shadowtap.v1alpha1.Failure.$Properties|null|undefined} failure
             * @memberof shadowtap.v1alpha1.MirroredRequest
             * @instance
             */
            MirroredRequest.prototype.failure = null;

            /**
             * MirroredRequest delayUs.
             * @member {number|null|undefined} delayUs
             * @memberof shadowtap.v1alpha1.MirroredRequest
             * @instance
             */
            MirroredRequest.prototype.delayUs = null;

            /**
             * MirroredRequest rule.
             * @member {string} rule
             * @memberof shadowtap.v1alpha1.MirroredRequest
             * @instance
             */
            MirroredRequest.prototype.rule = "";

            // OneOf field names bound to virtual getters and setters
            let $oneOfFields;

            /**
             * MirroredRequest shadow.
             * @member {"answer"|"failure"|undefined} shadow
             * @memberof shadowtap.v1alpha1.MirroredRequest
             * @instance
             */
            $Object.defineProperty(MirroredRequest.prototype, "shadow", {
                get: $util.oneOfGetter($oneOfFields = ["answer", "failure"]),
                set: $util.oneOfSetter($oneOfFields)
            });

            // Virtual OneOf for proto3 optional field
            $Object.defineProperty(MirroredRequest.prototype, "_delayUs", {
                get: $util.oneOfGetter($oneOfFields = ["delayUs"]),
                set: $util.oneOfSetter($oneOfFields)
            });

            /**
             * Encodes the specified MirroredRequest message. Does not implicitly {@link shadowtap.v1alpha1.MirroredRequest.verify|verify} messages.
             * @function encode
             * @memberof shadowtap.v1alpha1.MirroredRequest
             * @static
             * @param {shadowtap.v1alpha1.MirroredRequest.$Properties} message MirroredRequest message or plain object to encode
             * @param {$protobuf.Writer} [writer] Writer to encode to
             * @returns {$protobuf.Writer} Writer
             */
            MirroredRequest.encode = function (message, writer, _depth) {
                if (!writer)
                    writer = $Writer.create();
                if (_depth === $undefined)
                    _depth = 0;
                if (_depth > $util.recursionLimit)
                    throw $Error("max depth exceeded");
                if (message.timeUnixUs != null && $Object.hasOwnProperty.call(message, "timeUnixUs") && (typeof message.timeUnixUs === "object" ? message.timeUnixUs.low || message.timeUnixUs.high : message.timeUnixUs !== 0))
                    writer.uint32(/* id 1, wireType 0 =*/8).uint64(message.timeUnixUs);
                if (message.method != null && $Object.hasOwnProperty.call(message, "method") && message.method !== "")
                    writer.uint32(/* id 2, wireType 2 =*/18).string(message.method);
                if (message.path != null && $Object.hasOwnProperty.call(message, "path") && message.path !== "")
                    writer.uint32(/* id 3, wireType 2 =*/26).string(message.path);
                if (message.live != null && $Object.hasOwnProperty.call(message, "live"))
                    $root.shadowtap.v1alpha1.Answer.encode(message.live, writer.uint32(/* id 4, wireType 2 =*/34).fork(), _depth + 1).ldelim();
                if (message.target != null && $Object.hasOwnProperty.call(message, "target") && message.target !== "")
                    writer.uint32(/* id 5, wireType 2 =*/42).string(message.target);
                if (message.answer != null && $Object.hasOwnProperty.call(message, "answer"))
                    $root.shadowtap.v1alpha1.Answer.encode(message.answer, writer.uint32(/* id 6, wireType 2 =*/50).fork(), _depth + 1).ldelim();
                if (message.failure != null && $Object.hasOwnProperty.call(message, "failure"))
                    $root.shadowtap.v1alpha1.Failure.encode(message.failure, writer.uint32(/* id 7, wireType 2 =*/58).fork(), _depth + 1).ldelim();
                if (message.delayUs != null && $Object.hasOwnProperty.call(message, "delayUs"))
                    writer.uint32(/* id 8, wireType 0 =*/64).uint32(message.delayUs);
                if (message.rule != null && $Object.hasOwnProperty.call(message, "rule") && message.rule !== "")
                    writer.uint32(/* id 9, wireType 2 =*/74).string(message.rule);
                if (message.$unknowns != null && $Object.hasOwnProperty.call(message, "$unknowns"))
                    for (let i = 0; i < message.$unknowns.length; ++i)
                        writer.raw(message.$unknowns[i]);
                return writer;
            };

            /**
             * Decodes a MirroredRequest message from the specified reader or buffer.
             * @function decode
             * @memberof shadowtap.v1alpha1.MirroredRequest
             * @static
             * @param {$protobuf.Reader|Uint8Array} reader Reader or buffer to decode from
             * @param {number} [length] Message length if known beforehand
             * @returns {shadowtap.v1alpha1.MirroredRequest & shadowtap.v1alpha1.MirroredRequest.$Shape} MirroredRequest
             * @throws {Error} If the payload is not a reader or valid buffer
             * @throws {$protobuf.util.ProtocolError} If required fields are missing
             */
            MirroredRequest.decode = function (reader, length, _end, _depth, _target) {
                if (!(reader instanceof $Reader))
                    reader = $Reader.create(reader);
                if (_depth === $undefined)
                    _depth = 0;
                if (_depth > $Reader.recursionLimit)
                    throw $Error("max depth exceeded");
                let end, message, value;
                if (length === $undefined)
                    end = reader.len;
                else {
                    end = reader.pos + length;
                    if (end > reader.len)
                        throw $RangeError("index out of range");
                    length = reader.len;
                    reader.len = end;
                }
                message = _target || new $root.shadowtap.v1alpha1.MirroredRequest();
                while (reader.pos < end) {
                    let start = reader.pos;
                    let tag = reader.tag();
                    if (tag === _end) {
                        _end = $undefined;
                        break;
                    }
                    let wireType = tag & 7;
                    switch (tag >>>= 3) {
                    case 1: {
                            if (wireType !== 0)
                                break;
                            if (typeof (value = reader.uint64()) === "object" ? value.low || value.high : value !== 0)
                                message.timeUnixUs = value;
                            else
                                delete message.timeUnixUs;
                            continue;
                        }
                    case 2: {
                            if (wireType !== 2)
                                break;
                            if ((value = reader.stringVerify()).length)
                                message.method = value;
                            else
                                delete message.method;
                            continue;
                        }
                    case 3: {
                            if (wireType !== 2)
                                break;
                            if ((value = reader.stringVerify()).length)
                                message.path = value;
                            else
                                delete message.path;
                            continue;
                        }
                    case 4: {
                            if (wireType !== 2)
                                break;
                            message.live = $root.shadowtap.v1alpha1.Answer.decode(reader, reader.size(), $undefined, _depth + 1, message.live);
                            continue;
                        }
                    case 5: {
                            if (wireType !== 2)
                                break;
                            if ((value = reader.stringVerify()).length)
                                message.target = value;
                            else
                                delete message.target;
                            continue;
                        }
                    case 6: {
                            if (wireType !== 2)
                                break;
                            message.answer = $root.shadowtap.v1alpha1.Answer.decode(reader, reader.size(), $undefined, _depth + 1, message.answer);
                            message.shadow = "answer";
                            continue;
                        }
                    case 7: {
                            if (wireType !== 2)
                                break;
                            message.failure = $root.shadowtap.v1alpha1.Failure.decode(reader, reader.size(), $undefined, _depth + 1, message.failure);
                            message.shadow = "failure";
                            continue;
                        }
                    case 8: {
                            if (wireType !== 0)
                                break;
                            message.delayUs = reader.uint32();
                            message._delayUs = "delayUs";
                            continue;
                        }
                    case 9: {
                            if (wireType !== 2)
                                break;
                            if ((value = reader.stringVerify()).length)
                                message.rule = value;
                            else
                                delete message.rule;
                            continue;
                        }
                    }
                    reader.skipType(wireType, _depth, tag);
                    if (!reader.discardUnknown) {
                        $util.makeProp(message, "$unknowns", false);
                        (message.$unknowns || (message.$unknowns = [])).push(reader.raw(start, reader.pos));
                    }
                }
                if (length !== $undefined) {
                    if (reader.pos !== end)
                        throw $RangeError("index out of range");
                    reader.len = length;
                }
                if (_end !== $undefined)
                    throw $Error("missing end group");
                return message;
            };

            return MirroredRequest;
        })();

        v1alpha1.Answer = (function() {

            /**
             * Properties of an Answer.
             * @typedef {Object} shadowtap.v1alpha1.Answer.$Properties
             * @property {number|null} [status] Answer status
             * @property {number|null} [latencyUs] Answer latencyUs
             * @property {Array.<Uint8Array>} [$unknowns] Unknown fields preserved while decoding when enabled
             */

            /**
             * Properties of an Answer.
             * @memberof shadowtap.v1alpha1
             * @interface IAnswer
             * @augments shadowtap.v1alpha1.Answer.$Properties
             * @deprecated Use shadowtap.v1alpha1.Answer.$Properties instead.
             */

            /**
             * Shape of an Answer.
             * @typedef {shadowtap.v1alpha1.Answer.$Properties} shadowtap.v1alpha1.Answer.$Shape
             */

            /**
             * Constructs a new Answer.
             * @memberof shadowtap.v1alpha1
             * @classdesc Represents an Answer.
             * @constructor
             * @param {shadowtap.v1alpha1.Answer.$Properties=} [properties] Properties to set
             * @property {Array.<Uint8Array>} [$unknowns] Unknown fields preserved while decoding when enabled
             */
            const Answer = function (properties) {
                if (properties)
                    for (let keys = $Object.keys(properties), i = 0; i < keys.length; ++i)
                        if (properties[keys[i]] != null && keys[i] !== "__proto__")
                            this[keys[i]] = properties[keys[i]];
            };

            /**
             * Answer status.
             * @member {number} status
             * @memberof shadowtap.v1alpha1.Answer
             * @instance
             */
            Answer.prototype.status = 0;

            /**
             * Answer latencyUs.
             * @member {number} latencyUs
             * @memberof shadowtap.v1alpha1.Answer
             * @instance
             */
            Answer.prototype.latencyUs = 0;

            /**
             * Encodes the specified Answer message. Does not implicitly {@link shadowtap.v1alpha1.Answer.verify|verify} messages.
             * @function encode
             * @memberof shadowtap.v1alpha1.Answer
             * @static
             * @param {shadowtap.v1alpha1.Answer.$Properties} message Answer message or plain object to encode
             * @param {$protobuf.Writer} [writer] Writer to encode to
             * @returns {$protobuf.Writer} Writer
             */
            Answer.encode = function (message, writer, _depth) {
                if (!writer)
                    writer = $Writer.create();
                if (_depth === $undefined)
                    _depth = 0;
                if (_depth > $util.recursionLimit)
                    throw $Error("max depth exceeded");
                if (message.status != null && $Object.hasOwnProperty.call(message, "status") && message.status !== 0)
                    writer.uint32(/* id 1, wireType 0 =*/8).uint32(message.status);
                if (message.latencyUs != null && $Object.hasOwnProperty.call(message, "latencyUs") && message.latencyUs !== 0)
                    writer.uint32(/* id 2, wireType 0 =*/16).uint32(message.latencyUs);
                if (message.$unknowns != null && $Object.hasOwnProperty.call(message, "$unknowns"))
                    for (let i = 0; i < message.$unknowns.length; ++i)
                        writer.raw(message.$unknowns[i]);
                return writer;
            };

            /**
             * Decodes an Answer message from the specified reader or buffer.
             * @function decode
             * @memberof shadowtap.v1alpha1.Answer
             * @static
             * @param {$protobuf.Reader|Uint8Array} reader Reader or buffer to decode from
             * @param {number} [length] Message length if known beforehand
             * @returns {shadowtap.v1alpha1.Answer & shadowtap.v1alpha1.Answer.$Shape} Answer
             * @throws {Error} If the payload is not a reader or valid buffer
             * @throws {$protobuf.util.ProtocolError} If required fields are missing
             */
            Answer.decode = function (reader, length, _end, _depth, _target) {
                if (!(reader instanceof $Reader))
                    reader = $Reader.create(reader);
                if (_depth === $undefined)
                    _depth = 0;
                if (_depth > $Reader.recursionLimit)
                    throw $Error("max depth exceeded");
                let end, message, value;
                if (length === $undefined)
                    end = reader.len;
                else {
                    end = reader.pos + length;
                    if (end > reader.len)
                        throw $RangeError("index out of range");
                    length = reader.len;
                    reader.len = end;
                }
                message = _target || new $root.shadowtap.v1alpha1.Answer();
                while (reader.pos < end) {
                    let start = reader.pos;
                    let tag = reader.tag();
                    if (tag === _end) {
                        _end = $undefined;
                        break;
                    }
                    let wireType = tag & 7;
                    switch (tag >>>= 3) {
                    case 1: {
                            if (wireType !== 0)
                                break;
                            if (value = reader.uint32())
                                message.status = value;
                            else
                                delete message.status;
                            continue;
                        }
                    case 2: {
                            if (wireType !== 0)
                                break;
                            if (value = reader.uint32())
                                message.latencyUs = value;
                            else
                                delete message.latencyUs;
                            continue;
                        }
                    }
                    reader.skipType(wireType, _depth, tag);
                    if (!reader.discardUnknown) {
                        $util.makeProp(message, "$unknowns", false);
                        (message.$unknowns || (message.$unknowns = [])).push(reader.raw(start, reader.pos));
                    }
                }
                if (length !== $undefined) {
                    if (reader.pos !== end)
                        throw $RangeError("index out of range");
                    reader.len = length;
                }
                if (_end !== $undefined)
                    throw $Error("missing end group");
                return message;
            };

            return Answer;
        })();

        v1alpha1.Failure = (function() {

            /**
             * Properties of a Failure.
             * @typedef {Object} shadowtap.v1alpha1.Failure.$Properties
             * @property {string|null} [kind] Failure kind
             * @property {string|null} [reason] Failure reason
             * @property {Array.<Uint8Array>} [$unknowns] Unknown fields preserved while decoding when enabled
             */

            /**
             * Properties of a Failure.
             * @memberof shadowtap.v1alpha1
             * @interface IFailure
             * @augments shadowtap.v1alpha1.Failure.$Properties
             * @deprecated Use shadowtap.v1alpha1.Failure.$Properties instead.
             */

            /**
             * Shape of a Failure.
             * @typedef {shadowtap.v1alpha1.Failure.$Properties} shadowtap.v1alpha1.Failure.$Shape
             */

            /**
             * Constructs a new Failure.
             * @memberof shadowtap.v1alpha1
             * @classdesc Represents a Failure.
             * @constructor
             * @param {shadowtap.v1alpha1.Failure.$Properties=} [properties] Properties to set
             * @property {Array.<Uint8Array>} [$unknowns] Unknown fields preserved while decoding when enabled
             */
            const Failure = function (properties) {
                if (properties)
                    for (let keys = $Object.keys(properties), i = 0; i < keys.length; ++i)
                        if (properties[keys[i]] != null && keys[i] !== "__proto__")
                            this[keys[i]] = properties[keys[i]];
            };

            /**
             * Failure kind.
             * @member {string} kind
             * @memberof shadowtap.v1alpha1.Failure
             * @instance
             */
            Failure.prototype.kind = "";

            /**
             * Failure reason.
             * @member {string} reason
             * @memberof shadowtap.v1alpha1.Failure
             * @instance
             */
            Failure.prototype.reason = "";

            /**
             * Encodes the specified Failure message. Does not implicitly {@link shadowtap.v1alpha1.Failure.verify|verify} messages.
             * @function encode
             * @memberof shadowtap.v1alpha1.Failure
             * @static
             * @param {shadowtap.v1alpha1.Failure.$Properties} message Failure message or plain object to encode
             * @param {$protobuf.Writer} [writer] Writer to encode to
             * @returns {$protobuf.Writer} Writer
             */
            Failure.encode = function (message, writer, _depth) {
                if (!writer)
                    writer = $Writer.create();
                if (_depth === $undefined)
                    _depth = 0;
                if (_depth > $util.recursionLimit)
                    throw $Error("max depth exceeded");
                if (message.kind != null && $Object.hasOwnProperty.call(message, "kind") && message.kind !== "")
                    writer.uint32(/* id 1, wireType 2 =*/10).string(message.kind);
                if (message.reason != null && $Object.hasOwnProperty.call(message, "reason") && message.reason !== "")
                    writer.uint32(/* id 2, wireType 2 =*/18).string(message.reason);
                if (message.$unknowns != null && $Object.hasOwnProperty.call(message, "$unknowns"))
                    for (let i = 0; i < message.$unknowns.length; ++i)
                        writer.raw(message.$unknowns[i]);
                return writer;
            };

            /**
             * Decodes a Failure message from the specified reader or buffer.
             * @function decode
             * @memberof shadowtap.v1alpha1.Failure
             * @static
             * @param {$protobuf.Reader|Uint8Array} reader Reader or buffer to decode from
             * @param {number} [length] Message length if known beforehand
             * @returns {shadowtap.v1alpha1.Failure & shadowtap.v1alpha1.Failure.$Shape} Failure
             * @throws {Error} If the payload is not a reader or valid buffer
             * @throws {$protobuf.util.ProtocolError} If required fields are missing
             */
            Failure.decode = function (reader, length, _end, _depth, _target) {
                if (!(reader instanceof $Reader))
                    reader = $Reader.create(reader);
                if (_depth === $undefined)
                    _depth = 0;
                if (_depth > $Reader.recursionLimit)
                    throw $Error("max depth exceeded");
                let end, message, value;
                if (length === $undefined)
                    end = reader.len;
                else {
                    end = reader.pos + length;
                    if (end > reader.len)
                        throw $RangeError("index out of range");
                    length = reader.len;
                    reader.len = end;
                }
                message = _target || new $root.shadowtap.v1alpha1.Failure();
                while (reader.pos < end) {
                    let start = reader.pos;
                    let tag = reader.tag();
                    if (tag === _end) {
                        _end = $undefined;
                        break;
                    }
                    let wireType = tag & 7;
                    switch (tag >>>= 3) {
                    case 1: {
                            if (wireType !== 2)
                                break;
                            if ((value = reader.stringVerify()).length)
                                message.kind = value;
                            else
                                delete message.kind;
                            continue;
                        }
                    case 2: {
                            if (wireType !== 2)
                                break;
                            if ((value = reader.stringVerify()).length)
                                message.reason = value;
                            else
                                delete message.reason;
                            continue;
                        }
                    }
                    reader.skipType(wireType, _depth, tag);
                    if (!reader.discardUnknown) {
                        $util.makeProp(message, "$unknowns", false);
                        (message.$unknowns || (message.$unknowns = [])).push(reader.raw(start, reader.pos));
                    }
                }
                if (length !== $undefined) {
                    if (reader.pos !== end)
                        throw $RangeError("index out of range");
                    reader.len = length;
                }
                if (_end !== $undefined)
                    throw $Error("missing end group");
                return message;
            };

            return Failure;
        })();

        return v1alpha1;
    })();

    return shadowtap;
})();

export {
  $root as default
};
