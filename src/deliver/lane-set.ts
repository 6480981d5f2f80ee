import type { LiveConnection } from "../model/connection.ts";
import { Lane } from "./lane.ts";
import type { LaneOwner } from "./lane-owner.ts";
import { Pin } from "./pin.ts";

/** A lane nobody needs is kept, connected, for this long. */
const REST_NS = 30e9;

/**
 * The lanes of one target, and which live connection takes which. A class for one hidden class: its methods run for every
 * mirrored request.
 */
export class LaneSet {
  private readonly owner: LaneOwner;
  private readonly maxLanes: number;
  private readonly pins = new Map<LiveConnection, Pin>();
  private lanes: Lane[] = [];
  private readonly free: Lane[] = [];
  private turn = 0;

  constructor(owner: LaneOwner, maxLanes: number) {
    this.owner = owner;
    this.maxLanes = maxLanes;
  }

  pinOf(connection: LiveConnection): Pin {
    const known = this.pins.get(connection);
    if (known !== undefined) return known;
    const pipelines = this.owner.pipeline > 1;
    const lane = pipelines ? this.fewestLanes(false) : this.freeLane();
    if (!pipelines) lane.pins++;
    const pin = new Pin(lane);
    this.pins.set(connection, pin);
    return pin;
  }

  /** The lane for the next request: with pipelining any, as long as requests of one live connection keep their order. */
  laneFor(pin: Pin, forStream: boolean): Lane {
    if (this.owner.pipeline > 1 && pin.outstanding === 0) pin.lane = this.fewestLanes(forStream);
    return pin.lane;
  }

  /** One of the pin's requests is decided. */
  decided(pin: Pin): void {
    pin.outstanding--;
    if (pin.released && pin.outstanding === 0) this.unpin(pin);
  }

  /** The live connection is over. */
  release(connection: LiveConnection): void {
    const pin = this.pins.get(connection);
    if (pin === undefined) return;
    this.pins.delete(connection);
    pin.released = true;
    if (pin.outstanding === 0) this.unpin(pin);
  }

  /** Nothing is left on this lane. */
  rests(lane: Lane): void {
    if (this.owner.pipeline > 1 || lane.pins > 0 || lane.isFree) return;
    lane.isFree = true;
    this.free.push(lane);
  }

  /** Finds what has taken too long, and lanes that nobody needs. */
  scan(nowNs: number): void {
    for (const lane of this.lanes) lane.scan(nowNs);
    const needless = (lane: Lane) =>
      lane.pins === 0 &&
      lane.outstanding === 0 &&
      (lane.isDown || nowNs - lane.restsSinceNs > REST_NS);
    if (!this.lanes.some(needless)) return;
    for (const lane of this.lanes.filter(needless)) this.remove(lane);
  }

  /** Closes connections that have nothing to do, whoever is pinned to them; they are made again if need be. */
  closeIdle(): void {
    for (const lane of this.lanes) if (lane.outstanding === 0 && !lane.isDown) lane.stop();
  }

  /** Closes every connection; what is not decided is counted as `stopping`. */
  stop(): void {
    for (const lane of this.lanes) lane.stop();
  }

  private unpin(pin: Pin): void {
    if (this.owner.pipeline > 1) return;
    const { lane } = pin;
    lane.pins--;
    if (lane.outstanding === 0) this.rests(lane);
  }

  /** The first lane that can take one more, so that few carry all. */
  private fewestLanes(forStream: boolean): Lane {
    const most = forStream ? 0 : this.owner.pipeline - 1;
    for (const lane of this.lanes) if (lane.outstanding <= most && !lane.hasStream) return lane;
    return this.newLane() ?? this.least((lane) => lane.outstanding);
  }

  /** A lane of its own for a live connection, as long as there are any; then the one that fewest share. */
  private freeLane(): Lane {
    const free = this.free.pop();
    if (free === undefined) return this.newLane() ?? this.least((lane) => lane.pins);
    free.isFree = false;
    return free;
  }

  private newLane(): Lane | undefined {
    if (this.lanes.length >= this.maxLanes) return undefined;
    const lane = new Lane(this.owner);
    this.lanes.push(lane);
    return lane;
  }

  private least(load: (lane: Lane) => number): Lane {
    const { lanes } = this;
    const from = this.turn++;
    let best = lanes[from % lanes.length] as Lane;
    for (let i = 1; i < lanes.length; i++) {
      const lane = lanes[(from + i) % lanes.length] as Lane;
      if (load(lane) < load(best)) best = lane;
    }
    return best;
  }

  private remove(lane: Lane): void {
    lane.stop();
    this.lanes = this.lanes.filter((other) => other !== lane);
    const at = this.free.indexOf(lane);
    if (at >= 0) this.free.splice(at, 1);
  }
}
