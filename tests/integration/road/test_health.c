/* SPDX-License-Identifier: Apache-2.0 */
/*
 * pbs_health over two sites: a cluster whose storage trusts the Backup Server's fingerprint, and the server
 * itself; then a second cluster that backs up to the same namespace.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/json.h"
#include "road.h"

int main(void)
{
    struct road pbs, pve;
    struct server server;
    const char *vault[] = {"--seed", "vault", NULL}, *demo[] = {"--seed", "demo", "--stale-ms", "0", NULL};
    char yaml[2048];
    bool failed;
    road_start(&pve, demo, "");
    road_start(&pbs, vault, "");
    struct json_object *d = NULL;
    int s = road_api(&pve, "PUT", "/storage/pbs-main",
                     "fingerprint=5A:1C:E7:90:5A:1C:E7:90:5A:1C:E7:90:5A:1C:E7:90:5A:1C:E7:90:5A:1C:E7:90:5A:"
                     "1C:E7:90:5A:1C:E7:90&namespace=prod",
                     &d);
    fprintf(stderr, "%d %s\n", s, json_object_to_json_string(d));
    const char *url = simulator_value(&pve.sim, "url");
    snprintf(yaml, sizeof yaml,
             "  cluster:\n    kind: pve\n    url: %.*s\n    fingerprint: \"%s\"\n    token_file: %s\n",
             (int)(strstr(url, "/api2/") - url), url, simulator_value(&pve.sim, "fingerprint"),
             simulator_value(&pve.sim, "tokens/root"));
    road_configure(&pbs, "read", yaml);
    server_start(&pbs, &server, NULL);
    struct json_object *a =
        server_tool(&server, "pbs_health", getenv("ARGS") ? getenv("ARGS") : "{}", &failed);
    fprintf(stdout, "%s\n", json_object_to_json_string_ext(a, JSON_C_TO_STRING_PRETTY));
    server_stop(&server);
    road_stop(&pbs);
    road_stop(&pve);
}
