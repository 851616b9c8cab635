/* SPDX-License-Identifier: Apache-2.0 */
/*
 * From the PostgreSQL 15 manual, chapters 9 and appendix C. A function is in the list only when it is
 * declared stable or immutable, or volatile and merely measuring, and reaches neither files, other sessions,
 * sequences, large objects nor settings.
 */
#include "trust/risk_sql_words.h"

const char sql_functions[] =
    /* aggregates and windows */
    " count sum avg min max every bool_and bool_or array_agg string_agg json_agg jsonb_agg json_object_agg"
    " jsonb_object_agg corr covar_pop covar_samp stddev stddev_pop stddev_samp variance var_pop var_samp mode"
    " percentile_cont percentile_disc row_number rank dense_rank percent_rank cume_dist ntile lag lead"
    " first_value last_value nth_value grouping"
    /* numbers */
    " abs ceil ceiling floor round trunc mod div power sqrt exp ln log log10 sign greatest least "
    "width_bucket random"
    " degrees radians sin cos tan gcd lcm"
    /* text */
    " length char_length character_length octet_length bit_length lower upper initcap trim ltrim rtrim btrim "
    "lpad"
    " rpad left right substr substring position strpos replace reverse repeat split_part concat concat_ws "
    "format"
    " translate md5 sha256 encode decode to_hex quote_ident quote_literal quote_nullable regexp_match"
    " regexp_matches regexp_replace regexp_split_to_array regexp_split_to_table starts_with ascii chr"
    " string_to_array array_to_string"
    /* time */
    " now current_date current_time current_timestamp localtime localtimestamp clock_timestamp"
    " statement_timestamp transaction_timestamp timeofday age date_part date_trunc date_bin extract to_char "
    "to_date"
    " to_timestamp to_number make_date make_interval make_timestamp justify_days justify_hours "
    "justify_interval"
    " isfinite"
    /* choice, arrays, JSON, sets */
    " coalesce nullif cast unnest array_length array_position cardinality array_append array_cat array_remove"
    " array_upper array_lower generate_series json_build_object jsonb_build_object json_build_array"
    " jsonb_build_array json_extract_path jsonb_extract_path json_extract_path_text jsonb_extract_path_text"
    " json_array_elements jsonb_array_elements json_array_length jsonb_array_length json_each jsonb_each"
    " json_each_text jsonb_each_text json_object_keys jsonb_object_keys json_typeof jsonb_typeof "
    "jsonb_path_query"
    " jsonb_pretty row_to_json to_json to_jsonb jsonb_set jsonb_strip_nulls row"
    /* about the server, and sizes */
    " version current_database current_schema current_schemas current_user session_user current_setting"
    " inet_server_addr inet_server_port pg_backend_pid pg_postmaster_start_time pg_conf_load_time"
    " pg_is_in_recovery pg_is_wal_replay_paused pg_last_wal_receive_lsn pg_last_wal_replay_lsn"
    " pg_last_xact_replay_timestamp pg_current_wal_lsn pg_current_wal_insert_lsn pg_current_wal_flush_lsn"
    " pg_wal_lsn_diff pg_walfile_name txid_current_snapshot txid_current_if_assigned pg_current_snapshot"
    " pg_database_size pg_relation_size pg_table_size pg_indexes_size pg_total_relation_size"
    " pg_tablespace_size pg_column_size pg_size_pretty pg_size_bytes pg_relation_filepath"
    " pg_blocking_pids pg_safe_snapshot_blocking_pids pg_lock_status pg_trigger_depth pg_encoding_to_char"
    " has_table_privilege has_database_privilege has_schema_privilege has_column_privilege"
    " has_function_privilege has_any_column_privilege pg_has_role pg_get_viewdef pg_get_indexdef"
    " pg_get_constraintdef pg_get_functiondef pg_get_triggerdef pg_get_expr pg_get_userbyid pg_get_ruledef"
    " pg_get_partkeydef pg_get_keywords pg_table_is_visible pg_type_is_visible pg_function_is_visible"
    " obj_description col_description shobj_description format_type to_regclass to_regtype to_regproc"
    " to_regnamespace to_regrole pg_stat_get_activity pg_stat_get_live_tuples pg_stat_get_dead_tuples"
    " pg_options_to_table pg_typeof pg_timezone_names pg_show_all_settings ";

const char sql_before_parenthesis[] = " select from where and or not in exists any some all on using as with "
                                      "recursive values over filter within"
                                      " group by partition order having when then else case is between like "
                                      "ilike similar limit offset fetch union"
                                      " intersect except join lateral cross inner outer natural distinct "
                                      "array explain analyze verbose costs buffers"
                                      " timing summary settings format materialized tablesample bernoulli "
                                      "system rows range groups cube rollup sets"
                                      " interval numeric decimal varchar char character bit varying varbit "
                                      "time timestamp float if return row table"
                                      " only to escape collate desc asc first last next ";

const char sql_changing[] = " insert update delete merge truncate into share drop alter create grant revoke "
                            "copy call do vacuum refresh execute"
                            " declare import reassign ";
