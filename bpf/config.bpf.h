/* SPDX-License-Identifier: (LGPL-2.1 OR BSD-2-Clause) */
/* Written by user space before the load; the verifier then drops the branches that cannot be taken.
 */
#ifndef ST_CONFIG_H
#define ST_CONFIG_H

const volatile struct st_config config = {.abi = ST_ABI};

#endif /* ST_CONFIG_H */
