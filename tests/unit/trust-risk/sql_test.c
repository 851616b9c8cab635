/* SPDX-License-Identifier: Apache-2.0 */
/* SQL for psql: what is known as a read, and what must never be taken for one. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "trust/risk.h"
#include "trust/risk_command.h"

static const char *const sql_low[] = {
    "select 1",
    "SELECT * FROM users;",
    "select count(*) from t where a = 'x;drop table y'",
    "select 1; select 2;",
    "-- drop table\nselect 1",
    "select 1 -- delete",
    "/* drop */ select 1",
    "/* a /* b */ c */ select 1",
    "select \"delete\" from t",
    "select 'it''s'",
    "select E'\\'; drop'",
    "select $$drop table x$$",
    "select $a$ $$ ; drop $a$",
    "table users",
    "values (1), (2)",
    "show all",
    "show max_connections",
    "explain select * from t",
    "explain (analyze, buffers) select * from t",
    "with a as (select 1) select * from a",
    "select case when a then 1 else 2 end from t",
    "select a.update from a",
    "select coalesce(x, 0), lower(y) from t",
    "select pg_size_pretty(pg_database_size('app'))",
    "select * from pg_stat_activity where state <> 'idle' order by query_start limit 5",
    "select pid, pg_blocking_pids(pid) from pg_stat_activity",
    "select now() - interval '1 day'",
    "select x::text from t",
    "select x::numeric(10,2) from t",
    "begin; select 1; commit",
    "begin transaction read only; select 1; rollback",
    "set statement_timeout = 5000; select 1",
    "set local lock_timeout to '1s'",
    "(select 1) union (select 2)",
    "select exists (select 1)",
    "select extract(epoch from now())",
    "select row_number() over (partition by a order by b) from t",
    "select count(*) filter (where a) from t",
    "\\d",
    "\\dt+ public.*",
    "\\l",
    "\\conninfo",
    "select $1",
    "select 'a\\d+'",
};

static const char *const sql_high[] = {
    "drop table x",
    "DELETE FROM x",
    "update x set a = 1",
    "insert into x values (1)",
    "truncate x",
    "create table x ()",
    "alter system set a = 1",
    "grant all on x to y",
    "select 1; drop table x",
    "select 1 into y",
    "select * into y from x",
    "select * from x for update",
    "select * from x for share",
    "select * from x for no key update",
    "with a as (delete from x returning *) select * from a",
    "with a as (insert into x values (1) returning *) select * from a",
    "explain analyze delete from x",
    "explain analyze execute p",
    "select pg_terminate_backend(1)",
    "select pg_cancel_backend(1)",
    "select pg_reload_conf()",
    "select pg_read_file('/etc/passwd')",
    "select pg_ls_dir('/')",
    "select lo_import('/etc/passwd')",
    "select dblink('a', 'b')",
    "select nextval('s')",
    "select setval('s', 1)",
    "select set_config('a', 'b', false)",
    "select pg_sleep(1000)",
    "select my_function()",
    "select public.count(1)",
    "select \"count\"(1)",
    "select query_to_xml('delete from x', true, true, '')",
    "select pg_notify('a', 'b')",
    "select pg_advisory_lock(1)",
    "select pg_switch_wal()",
    "select txid_current()",
    "copy x to '/tmp/x'",
    "copy x from program 'id'",
    "copy (select 1) to program 'id'",
    "do $$ begin delete from x; end $$",
    "call p()",
    "vacuum full",
    "analyze",
    "reindex database x",
    "refresh materialized view x",
    "lock table x",
    "listen x",
    "notify x",
    "prepare p as delete from x",
    "execute p",
    "set role postgres",
    "set session authorization x",
    "set search_path = evil",
    "set transaction read write",
    "begin transaction read write",
    "reset all",
    "discard all",
    "begin; delete from x; rollback",
    "select 'a\\'; delete from x; --'",
    "select 'unterminated",
    "select \"unterminated",
    "select $$unterminated",
    "/* unterminated",
    "\\! id",
    "\\copy x to y",
    "\\o /etc/passwd",
    "\\i file",
    "\\d `id`",
    "\\d x; drop table y",
    "select 1 \\gexec",
    "select 1 \\g |id",
    "\\set x y",
    "select :x",
    "select :'x'",
    "select U&'d\\0061t'",
    "select 1;; drop table x",
    "; drop table x",
    "=1",
    "select(1); (delete from x)",
};

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

static struct command_risk judge_sql(const char *sql)
{
    struct command_risk risk;
    risk_sql(sql, strlen(sql), &risk);
    return risk;
}

static size_t wrong(const char *const *lines, size_t count, unsigned want)
{
    size_t n = 0;

    for (size_t i = 0; i < count; i++) {
        struct command_risk risk = judge_sql(lines[i]);
        if (risk.risk != want || risk.why[0] == '\0') {
            print_error("%s: %s (%s)\n", risk_level_name(risk.risk), lines[i], risk.why);
            n++;
        }
    }
    return n;
}

static void reads_are_low(void **state)
{
    (void)state;
    assert_int_equal(wrong(sql_low, COUNT(sql_low), RISK_LOW), 0);
}

static void all_else_is_high(void **state)
{
    (void)state;
    assert_int_equal(wrong(sql_high, COUNT(sql_high), RISK_HIGH), 0);
}

/* The worst statement counts, wherever it stands, and a read before it does not cover it. */
static void a_read_covers_nothing(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(sql_high); i++) {
        char sql[4200];
        (void)snprintf(sql, sizeof(sql), "select 1; %s", sql_high[i]);
        assert_int_equal(judge_sql(sql).risk, RISK_HIGH);
    }
    assert_true(judge_sql("delete from x").destroys);
}

/* Any bytes, cut anywhere: no crash, and always a reason. */
static void cut_anywhere(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(sql_low); i++)
        for (size_t n = 0; n <= strlen(sql_low[i]); n++) {
            struct command_risk risk;
            risk_sql(sql_low[i], n, &risk);
            assert_true(risk.why[0]);
        }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(reads_are_low),
        cmocka_unit_test(all_else_is_high),
        cmocka_unit_test(a_read_covers_nothing),
        cmocka_unit_test(cut_anywhere),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
