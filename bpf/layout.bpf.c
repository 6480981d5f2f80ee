// SPDX-License-Identifier: (LGPL-2.1 OR BSD-2-Clause)
/* Never loaded: one of everything that both sides share, so that its BTF describes it to
 * scripts/gen-layout.ts. */
#pragma clang diagnostic error "-Wpadded"
#include "shadowtap.h"

struct st_segment layout_segment;
struct st_tuple layout_tuple;
struct st_ring_control layout_ring_control;
struct st_control layout_control;
struct st_rule_set layout_rule_set;
struct st_scan_table layout_scan_table;
struct st_prefix layout_prefix;
struct st_slot_port layout_slot_port;
struct st_slot_uid layout_slot_uid;
struct st_slot_cgroup layout_slot_cgroup;
struct st_cost layout_cost;
struct st_heartbeat layout_heartbeat;
struct st_own_bucket layout_own_bucket;
struct st_port_set layout_port_set;
struct st_endpoint layout_endpoint;
struct st_count layout_count;
struct st_flow layout_flow;
struct st_config layout_config;
enum st_limit layout_limit;
enum st_direction layout_direction;
enum st_segment_flag layout_segment_flag;
enum st_scope layout_scope;
enum st_side layout_side;
enum st_scan_flag layout_scan_flag;
enum st_counter layout_counter;
enum st_flow_state layout_flow_state;

_Static_assert(sizeof(struct st_segment) == 112, "a record header is 112 bytes");
_Static_assert(sizeof(struct st_tuple) == 48, "a tuple is 48 bytes");
_Static_assert(sizeof(struct st_ring_control) == 64, "a cache line per ring");
_Static_assert(sizeof(struct st_control) == 64, "a cache line");
_Static_assert(sizeof(struct st_prefix) == 24, "prefix length, place and address");
