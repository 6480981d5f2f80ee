import koffi from "koffi";
import { ShadowtapError } from "../model/errors.ts";

/**
 * The functions of libbpf.so.1 that are used, and nothing else: the one file to replace when Node's own FFI is ready.
 * Since 1.0 they return null or a negative errno; https://libbpf.readthedocs.io/en/latest/api.html
 */
export type Libbpf = ReturnType<typeof declare>;

/** An opaque pointer of libbpf's: an object, a map, a program. */
export type Pointer = unknown;

koffi.struct("st_object_open_opts", {
  sz: "size_t",
  object_name: "const char *",
  relaxed_maps: "bool",
  pin_root_path: "const char *",
  removed: "uint32_t",
  kconfig: "const char *",
  btf_custom_path: "const char *",
  kernel_log_buf: "void *",
  kernel_log_size: "size_t",
  kernel_log_level: "uint32_t",
});
koffi.struct("st_tc_hook", {
  sz: "size_t",
  ifindex: "int",
  attach_point: "int",
  parent: "uint32_t",
});
koffi.struct("st_tc_opts", {
  sz: "size_t",
  prog_fd: "int",
  flags: "uint32_t",
  prog_id: "uint32_t",
  handle: "uint32_t",
  priority: "uint32_t",
});

function declare(library: ReturnType<typeof koffi.load>) {
  const f = (signature: string) => library.func(signature);
  return {
    versionString: f("const char *libbpf_version_string()"),
    setPrint: f("void *libbpf_set_print(void *print)"),
    programLoad: f(
      "int bpf_prog_load(int type, const char *name, const char *license, void *instructions, size_t count, void *opts)",
    ),
    probeMapType: f("int libbpf_probe_bpf_map_type(int map_type, void *opts)"),
    openFile: f("void *bpf_object__open_file(const char *path, st_object_open_opts *opts)"),
    load: f("int bpf_object__load(void *obj)"),
    close: f("void bpf_object__close(void *obj)"),
    findMap: f("void *bpf_object__find_map_by_name(void *obj, const char *name)"),
    findProgram: f("void *bpf_object__find_program_by_name(void *obj, const char *name)"),
    mapFd: f("int bpf_map__fd(void *map)"),
    mapInitialValue: f("void *bpf_map__initial_value(void *map, _Out_ size_t *size)"),
    programFd: f("int bpf_program__fd(void *prog)"),
    setAutoload: f("int bpf_program__set_autoload(void *prog, bool autoload)"),
    mapCreate: f(
      "int bpf_map_create(int type, const char *name, uint32_t key_size, uint32_t value_size, uint32_t max_entries, void *opts)",
    ),
    mapUpdate: f("int bpf_map_update_elem(int fd, void *key, void *value, uint64_t flags)"),
    mapLookup: f("int bpf_map_lookup_elem(int fd, void *key, void *value)"),
    mapDelete: f("int bpf_map_delete_elem(int fd, void *key)"),
    linkCreate: f("int bpf_link_create(int prog_fd, int target_fd, int attach_type, void *opts)"),
    programById: f("int bpf_prog_get_fd_by_id(uint32_t id)"),
    mapById: f("int bpf_map_get_fd_by_id(uint32_t id)"),
    infoByFd: f("int bpf_obj_get_info_by_fd(int fd, void *info, _Inout_ uint32_t *bytes)"),
    tcHookCreate: f("int bpf_tc_hook_create(st_tc_hook *hook)"),
    tcAttach: f("int bpf_tc_attach(st_tc_hook *hook, _Inout_ st_tc_opts *opts)"),
    tcDetach: f("int bpf_tc_detach(st_tc_hook *hook, st_tc_opts *opts)"),
    tcQuery: f("int bpf_tc_query(st_tc_hook *hook, _Inout_ st_tc_opts *opts)"),
  };
}

let loaded: Libbpf | undefined;

/** Loads the system's libbpf once, with its own printing to stderr turned off. */
export function libbpf(): Libbpf {
  if (loaded) return loaded;
  let library: ReturnType<typeof koffi.load>;
  try {
    library = koffi.load("libbpf.so.1");
  } catch (cause) {
    throw new ShadowtapError(
      "ST_LIBBPF_MISSING",
      "libbpf.so.1 could not be loaded.",
      [
        "Install it: `apt-get install libbpf1` (Debian, Ubuntu) or `dnf install libbpf` (Fedora, RHEL).",
      ],
      cause,
    );
  }
  loaded = declare(library);
  loaded.setPrint(null);
  return loaded;
}
