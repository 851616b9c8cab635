/* SPDX-License-Identifier: Apache-2.0 */
/* Commands that look like reads of the table and are none: each was, or could have been, taken for one. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "lines.h"
#include "trust/risk.h"

/* "--" ends the options of getopt; find goes on with its expression, others do not know it. */
static const char *const behind_dashes[] = {
    "find -- -delete",
    "find -- / -delete",
    "find -L -- / -exec id ;",
    "find / -- -fprint /etc/passwd",
    "ipset list -- x -file /etc/passwd",
    "xxd -- -r",
    "ip -- -b file",
    "sed -n -- 1p -i",
};

/* What we take for a value may be an option for the program, and the letter of a value no option. */
static const char *const values[] = {
    "dmesg --color -C",
    "dmesg -l -c",
    "crontab -u -l",
    "crontab -umail",
    "crontab -ulp",
    "crontab -u mail",
    "ceph -fjson",
    "ceph -f -s",
    "ceph --format -s",
    "multipath -vl",
    "zpool status -t -c script",
    "rpm --qf -q",
    "top -d1",
    "top",
    "sh -c 'echo osd out 1 | ceph -fjson'",
    "timeout -k -s 5 ls",
};

/* A language of its own behind a verb, or a setting behind what shows. */
static const char *const verbs[] = {
    "nft list table inet x ; flush ruleset",
    "nft list table inet x; flush ruleset",
    "nft list table 'inet x; flush ruleset'",
    "nft list chain inet x 'y;' delete table inet x",
    "nft list ruleset ; flush ruleset",
    "resolvectl dns eth0 8.8.8.8",
    "resolvectl domain eth0 evil.example",
    "systemd-resolve status",
    "service ../../tmp/x status",
    "service /tmp/x status",
    "rc-service /tmp/x status",
    "systemctl help nginx",
    "rpm -qp http://evil.example/x.rpm",
    "rpm -q -V bash",
    "dstat --host evil",
    "runuser ls -c 'rm x'",
    "runuser ls",
    "runuser -u ls -c 'rm x'",
};

/* Options of reads that write. */
static const char *const writing[] = {
    "blkid -c /etc/passwd",
    "blkid -w /etc/passwd",
    "blkid --cache-file=/etc/passwd",
    "blkid --cache-f /etc/passwd",
    "pmap -N /etc/cron.d/x 1",
    "pmap --create-rc-to=/x 1",
    "pmap -n",
    "lspci -qq",
    "lspci -O net.cache_name=/etc/x -q",
};

/* bash sets variables with printf, and runs what stands in a subscript. */
static const char *const in_bash[] = {
    "bash -c \"printf -v PATH /tmp; ls\"", "bash -c \"printf -v 'a[$(id)]' x\"",
    "bash -c \"printf x%n PATH; ls\"",     "bash -c \"test -v 'a[$(id)]'\"",
    "bash -c \"test -R 'a[$(id)]'\"",
};

/* Opening a device can do something (a watchdog starts); reading the kernel's log takes it away. */
static const char *const devices[] = {
    "grep -f/dev/watchdog x",
    "grep -fdev/watchdog x",
    "wc --files0-from=/dev/watchdog",
    "wc --files0-from=dev/watchdog",
    "openssl x509 -in /dev/watchdog",
    "openssl x509 -in=/dev/watchdog",
    "dmesg -F /dev/watchdog",
    "grep -D read -r x /",
    "grep -rDread x /",
    "grep --devices=read -r x /",
    "grep --dev read -r x /",
    "sh -c 'cd /dev; cat watchdog'",
    "sh -c 'cd /; cd dev/; cat watchdog'",
    "sh -c 'cd /proc; cat kmsg'",
    "cat /proc/kmsg",
    "cat /proc/1/fd/3",
    "cat /sys/kernel/debug/tracing/trace_pipe",
    "env TZ=:/dev/watchdog date",
    "env LC_ALL=../../tmp/x ls",
};

static const char *const still_low[] = {
    "grep -rn --include=*.conf x /etc",
    "find / -name x",
    "ls -- -x",
    "test -f /etc/passwd",
    "sh -c 'cd /etc; cat passwd'",
    "sh -c 'cd /var/log && ls'",
    "crontab -lu mail",
    "crontab -u mail -l",
    "ceph -s -f json",
    "ceph -sfjson",
    "multipath -v2 -ll",
    "top -bn1",
    "nft list table inet filter",
    "nft -a list chain inet filter input",
    "resolvectl dns",
    "resolvectl dns eth0",
    "resolvectl status eth0",
    "runuser -u postgres -- whoami",
    "runuser -u postgres whoami",
    "blkid /dev/sda1",
    "pmap -x 1",
    "lspci -nnk",
    "rpm -qf /bin/ls",
    "env TZ=Europe/Berlin date",
    "zpool status -t",
    "openssl x509 -in /etc/ssl/x.pem -noout",
};

static void none_is_a_read(void **state)
{
    size_t low = 0;

    (void)state;
    low += lines_wrong(behind_dashes, COUNT(behind_dashes), RISK_HIGH);
    low += lines_wrong(values, COUNT(values), RISK_HIGH);
    low += lines_wrong(verbs, COUNT(verbs), RISK_HIGH);
    low += lines_wrong(writing, COUNT(writing), RISK_HIGH);
    low += lines_wrong(in_bash, COUNT(in_bash), RISK_HIGH);
    low += lines_wrong(devices, COUNT(devices), RISK_HIGH);
    assert_int_equal(low, 0);
}

static void their_neighbours_are_reads(void **state)
{
    (void)state;
    assert_int_equal(lines_wrong(still_low, COUNT(still_low), RISK_LOW), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(none_is_a_read),
        cmocka_unit_test(their_neighbours_are_reads),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
