/* SPDX-License-Identifier: Apache-2.0 */
/* Leaks of libssh2 itself, for every test that runs it; in sanitizer builds only. */
/* libssh2 1.10 forgets the numbers of an ecdsa key each time it reads one in OpenSSH's format from memory. */
__attribute__((visibility("default"))) const char *__lsan_default_suppressions(void);
__attribute__((visibility("default"))) const char *__asan_default_options(void);
const char *__lsan_default_suppressions(void)
{
    return "leak:libssh2_userauth_publickey_frommemory\n";
}
const char *__asan_default_options(void)
{
    return "fast_unwind_on_malloc=0"; /* libssh2 keeps no frame pointers */
}
