import { type ByteSet, exactly, inAnyCase } from "./byte-set.ts";

/** What a field name does to the framing of the request, at its colon. */
export type FieldEffect = "none" | "length" | "undecidable";

interface PatternNode {
  readonly edges: { readonly set: ByteSet; readonly to: number }[];
  /** Clauses that are satisfied when this node is reached. */
  readonly clauses: number[];
  effect: FieldEffect;
}

/**
 * A nondeterministic automaton over a request's head. Patterns that begin alike share their nodes, so that determinising it has
 * little to do. `start` is where the request begins; `target` and `field` are entered anew at the target and at every field line.
 */
export interface PatternGraph {
  readonly start: number;
  readonly target: number;
  readonly field: number;
  readonly nodes: readonly PatternNode[];
  /** The node that a byte of the set leads to; the same one for the same question. */
  step(from: number, set: ByteSet): number;
  /** Lets bytes of the set lead to a node that exists. */
  link(from: number, set: ByteSet, to: number): void;
  /** Steps along a text of latin1 characters. */
  literal(from: number, text: string): number;
  literalInAnyCase(from: number, text: string): number;
  satisfy(node: number, clause: number): void;
  setEffect(node: number, effect: FieldEffect): void;
}

/** An empty graph. */
export function createPatternGraph(): PatternGraph {
  const nodes: PatternNode[] = [];
  const children: Map<string, number>[] = [];

  const add = () => {
    children.push(new Map());
    return nodes.push({ edges: [], clauses: [], effect: "none" }) - 1;
  };
  const nodeAt = (node: number) => nodes[node] as PatternNode;

  const step = (from: number, set: ByteSet) => {
    const known = children[from]?.get(set.key);
    if (known !== undefined) return known;
    const to = add();
    children[from]?.set(set.key, to);
    nodeAt(from).edges.push({ set, to });
    return to;
  };
  const along = (from: number, text: string, setOf: (byte: number) => ByteSet) => {
    let node = from;
    for (let i = 0; i < text.length; i++) node = step(node, setOf(text.charCodeAt(i)));
    return node;
  };

  return {
    start: add(),
    target: add(),
    field: add(),
    nodes,
    step,
    link(from, set, to) {
      const { edges } = nodeAt(from);
      if (!edges.some((edge) => edge.to === to && edge.set.key === set.key))
        edges.push({ set, to });
    },
    literal: (from, text) => along(from, text, exactly),
    literalInAnyCase: (from, text) => along(from, text, inAnyCase),
    satisfy(node, clause) {
      const { clauses } = nodeAt(node);
      if (!clauses.includes(clause)) clauses.push(clause);
    },
    setEffect(node, effect) {
      nodeAt(node).effect = effect;
    },
  };
}
