/* SPDX-License-Identifier: Apache-2.0 */
/* The agent card. It holds no empty text, list or object: verifiers of its signature disagree about those. */
#include "card.h"

#include <errno.h>

#include "base/json.h"
#include "sign.h"

#define TEXT_LIMIT ((size_t)128 << 10)

static void put_skill(const struct skill *skill, struct buf *out)
{
    CLEANUP_BUF struct buf description = BUF_INIT(2048);

    buf_printf(&description, "%s Parameters:", skill->description);
    for (size_t i = 0; i < SKILL_PARAMS_MOST && skill->params[i].name; i++)
        buf_printf(&description, "%s %s%s", i ? "," : "", skill->params[i].name,
                   skill->params[i].required ? " (required)" : "");
    buf_char(&description, '.');
    json_put_comma(out);
    buf_char(out, '{');
    json_put_key_string(out, "id", skill->id);
    json_put_key_string(out, "name", skill->name);
    json_put_key_string(out, "description", description.data ? description.data : skill->description);
    buf_printf(out, ",\"tags\":[\"proxmox\",\"%s\"]}", skill->changes ? "change" : "read");
}

static void put_card(const struct card_facts *facts, struct buf *out)
{
    CLEANUP_BUF struct buf url = BUF_INIT(1024);

    buf_printf(&url, "%s/a2a", facts->url);
    buf_char(out, '{');
    json_put_key_string(out, "name", "proximo");
    json_put_key_string(
        out, "description",
        "Reads a Proxmox site and plans changes of it. A change runs only once an approver has signed "
        "its plan. Send one data part: {\"skill\": ID, \"params\": {...}}.");
    json_put_key_string(out, "version", PROXIMO_VERSION);
    buf_str(out, ",\"supportedInterfaces\":[{");
    json_put_key_string(out, "url", url.data ? url.data : "");
    buf_str(out, ",\"protocolBinding\":\"JSONRPC\",\"protocolVersion\":\"1.0\"}],"
                 "\"capabilities\":{\"streaming\":true,\"pushNotifications\":false},");
    if (facts->bearer)
        buf_str(out, "\"securitySchemes\":{\"bearer\":{\"httpAuthSecurityScheme\":{\"scheme\":\"Bearer\"}}},"
                     "\"securityRequirements\":[{\"schemes\":{\"bearer\":{\"list\":[\"use\"]}}}],");
    buf_str(out, "\"defaultInputModes\":[\"application/json\"],\"defaultOutputModes\":[\"application/json\"],"
                 "\"skills\":[");
    const struct skill *skill;
    for (size_t i = 0; (skill = skill_at(i)) != NULL; i++) {
        if (facts->offered(facts->arg, skill))
            put_skill(skill, out);
    }
    buf_str(out, "]}");
}

int card_make(const struct card_facts *facts, struct buf *out, struct problem *p)
{
    CLEANUP_BUF struct buf text = BUF_INIT(TEXT_LIMIT);
    CLEANUP_BUF struct buf jku = BUF_INIT(1024);
    CLEANUP_JSON struct json_object *card = NULL;

    put_card(facts, &text);
    buf_printf(&jku, "%s/.well-known/jwks.json", facts->url);
    if (!buf_ok(&text) || !buf_ok(&jku))
        return problem_set(p, -ENOMEM, PX_INTERNAL, "no memory for the card");
    int r = json_parse(text.data, text.len, &card, p);
    if (r == 0 && facts->signer)
        r = signer_sign(facts->signer, jku.data, card, p);
    if (r == 0)
        json_put_value(out, card);
    return r < 0 || buf_ok(out) ? r : problem_set(p, -ENOMEM, PX_INTERNAL, "no memory for the card");
}
