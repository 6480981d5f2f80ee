import { anyOf, exactly, inAnyCase, noneOf } from "./byte-set.ts";
import type { Condition } from "./condition.ts";
import type { PatternGraph } from "./pattern-graph.ts";

const BLANK = anyOf(" \t");
const COLON = inAnyCase(0x3a);
const CR = anyOf("\r");
const PATH_END = anyOf(" ?");
const SEGMENT_END = anyOf(" ?/");
const NOT_SLASH = noneOf("/ \r");
const PATH_BYTE = noneOf("? \r");
const SEGMENT_BYTE = noneOf("/? \r");
const QUESTION = anyOf("?");
const QUERY_BYTE = noneOf("& \r");
const AMPERSAND = anyOf("&");
const ENCODED = anyOf("%+");
const EQUALS = anyOf("=");
const PAIR_END = anyOf("& ");
const NAME_END = anyOf("=& ");
const LABEL_START = noneOf(".\r");
const LABELS_BYTE = noneOf("\r");
const DOT = anyOf(".");
const HOST_END = anyOf(": \t\r");
const MEDIA_END = anyOf(";\r");
const COOKIE_BYTE = noneOf("; \t\r");
const COOKIE_REST = noneOf(";\r");
const SEMICOLON = anyOf(";");
const COOKIE_END = anyOf(";\r");

/**
 * Enters a condition in the graph: every head that satisfies it leads to a node that satisfies the clause. That its fields may be
 * folded, and what else makes a head undecidable, is no concern of the patterns: such a request is let through.
 */
export function drawCondition(graph: PatternGraph, condition: Condition, clause: number): void {
  switch (condition.kind) {
    case "method":
      graph.satisfy(graph.literal(graph.start, `${condition.value} `), clause);
      break;
    case "start":
      graph.satisfy(graph.literal(graph.start, condition.value), clause);
      break;
    case "path":
      drawOtherForms(graph, clause);
      drawPath(graph, condition, clause);
      break;
    case "host":
      drawOtherForms(graph, clause);
      drawHost(graph, condition, clause);
      break;
    case "header": {
      const value = graph.literal(drawField(graph, condition.name), condition.value);
      if (condition.end === "open") graph.satisfy(value, clause);
      else drawEnd(graph, value, CR, clause);
      break;
    }
    case "content_type": {
      const value = graph.literalInAnyCase(drawField(graph, "content-type"), condition.value);
      if (condition.end === "open") graph.satisfy(value, clause);
      else drawEnd(graph, value, MEDIA_END, clause);
      break;
    }
    case "cookie":
      drawCookie(graph, condition, clause);
      break;
    case "query":
      drawQuery(graph, condition, clause);
      break;
  }
}

/** The node behind the colon of a field of this name, and behind blanks that follow it. */
function drawField(graph: PatternGraph, name: string): number {
  const value = graph.step(graph.literalInAnyCase(graph.field, name), COLON);
  graph.link(value, BLANK, value);
  return value;
}

/** Satisfied by one of the bytes that end a value, which blanks may precede. */
function drawEnd(graph: PatternGraph, value: number, ends: typeof CR, clause: number): void {
  const end = graph.step(value, ends);
  graph.satisfy(end, clause);
  const blank = graph.step(value, BLANK);
  graph.link(blank, BLANK, blank);
  graph.link(blank, ends, end);
}

/** A target in absolute form may hold any path and host, and begins with anything but a slash. */
function drawOtherForms(graph: PatternGraph, clause: number): void {
  graph.satisfy(graph.step(graph.target, NOT_SLASH), clause);
}

function drawPath(
  graph: PatternGraph,
  { parts, end }: Condition & { kind: "path" },
  clause: number,
): void {
  let node = graph.target;
  for (const part of parts) {
    if (part.kind === "literal") node = graph.literal(node, part.value);
    else if (part.kind === "character") node = graph.step(node, PATH_BYTE);
    else {
      node = graph.step(node, SEGMENT_BYTE);
      graph.link(node, SEGMENT_BYTE, node);
    }
  }
  if (end === "open") graph.satisfy(node, clause);
  else graph.satisfy(graph.step(node, end === "exact" ? PATH_END : SEGMENT_END), clause);
}

function drawHost(
  graph: PatternGraph,
  { value, isSuffix, end }: Condition & { kind: "host" },
  clause: number,
): void {
  let node = drawField(graph, "host");
  if (isSuffix) {
    const labels = graph.step(node, LABEL_START);
    graph.link(labels, LABELS_BYTE, labels);
    node = graph.step(labels, DOT);
  }
  node = graph.literalInAnyCase(node, value);
  graph.satisfy(end === "open" ? node : graph.step(node, HOST_END), clause);
}

/** Pairs are separated by semicolons; blanks around a name and around a value do not count. */
function drawCookie(
  graph: PatternGraph,
  { name, value, end }: Condition & { kind: "cookie" },
  clause: number,
): void {
  const first = drawField(graph, "cookie");
  const inPair = graph.step(first, COOKIE_BYTE);
  graph.link(inPair, COOKIE_REST, inPair);
  const next = graph.step(inPair, SEMICOLON);
  graph.link(first, SEMICOLON, next);
  graph.link(next, SEMICOLON, next);
  graph.link(next, BLANK, next);
  graph.link(next, COOKIE_BYTE, inPair);

  const initial = exactly(name.charCodeAt(0));
  const afterInitial = graph.step(next, initial);
  graph.link(first, initial, afterInitial);
  const nameEnd = graph.literal(afterInitial, name.slice(1));
  const blank = graph.step(nameEnd, BLANK);
  graph.link(blank, BLANK, blank);
  const equals = graph.step(nameEnd, EQUALS);
  graph.link(blank, EQUALS, equals);
  graph.link(equals, BLANK, equals);
  const valueEnd = graph.literal(equals, value);
  if (end === "open") graph.satisfy(valueEnd, clause);
  else drawEnd(graph, valueEnd, COOKIE_END, clause);
}

/** An encoded character may stand for anything, a name or a part of one. */
function drawQuery(
  graph: PatternGraph,
  { name, value, end }: Condition & { kind: "query" },
  clause: number,
): void {
  const path = graph.step(graph.target, PATH_BYTE);
  graph.link(path, PATH_BYTE, path);
  const piece = graph.step(path, QUESTION);
  graph.link(graph.target, QUESTION, piece);
  graph.link(piece, AMPERSAND, piece);
  const inPiece = graph.step(piece, QUERY_BYTE);
  graph.link(inPiece, QUERY_BYTE, inPiece);
  graph.link(inPiece, AMPERSAND, piece);

  const encoded = graph.step(piece, ENCODED);
  graph.link(inPiece, ENCODED, encoded);
  graph.satisfy(encoded, clause);

  const nameEnd = graph.literal(piece, name);
  if (value === "")
    graph.satisfy(graph.step(nameEnd, end === "exact" ? PAIR_END : NAME_END), clause);
  if (value === "" && end === "open") return;
  const valueEnd = graph.literal(graph.step(nameEnd, EQUALS), value);
  if (end === "open") graph.satisfy(valueEnd, clause);
  else graph.satisfy(graph.step(valueEnd, PAIR_END), clause);
}
