/* SPDX-License-Identifier: Apache-2.0 */
/* Commands: what is known as a read, and what must never be taken for one. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "trust/risk.h"
#include "trust/risk_command.h"

static const char *const commands_low[] = {
    "ls",
    "ls -la /etc",
    "ls -- -x",
    "/bin/ls /",
    "/usr/bin/cat /etc/os-release",
    "cat /proc/pressure/memory",
    "cat /dev/null",
    "head -n 20 /var/log/syslog",
    "tail -f /var/log/syslog",
    "wc -l /etc/passwd",
    "cut -d: -f1 /etc/passwd",
    "grep -ri error /var/log",
    "grep -c . file",
    "stat /etc/passwd",
    "du -sh /var",
    "df -h",
    "df -P -i",
    "find /var/log -name *.gz -size +10M",
    "find / -xdev -type f -executable",
    "sort -n -k2 file",
    "sort --reverse",
    "uniq -c",
    "uniq file",
    "xxd file",
    "jq .a.b file.json",
    "sed -n 1,20p /etc/fstab",
    "sed -n $p /etc/fstab",
    "echo hello",
    "printf %s x",
    "true",
    "which psql",
    "command -v systemctl",
    "uptime",
    "whoami",
    "id -u",
    "id postgres",
    "uname -a",
    "nproc",
    "free -m",
    "vmstat -S M 1 3",
    "ps aux",
    "ps -eo pid,pcpu,comm --sort=-pcpu",
    "pgrep -a nginx",
    "lsof -nP -i",
    "lsblk -o NAME,SIZE",
    "findmnt -D",
    "getent passwd root",
    "hostname",
    "hostname -f",
    "date",
    "date -u +%s",
    "date --utc",
    "env",
    "dmesg -T",
    "dmesg -T -l err",
    "top -b -n1",
    "top -bn1",
    "iostat -x 1 2",
    "swapon --show",
    "mount",
    "sysctl -a",
    "sysctl vm.swappiness",
    "timedatectl",
    "timedatectl show",
    "systemctl status nginx",
    "systemctl --no-pager --failed",
    "systemctl list-units --type=service --state=failed",
    "systemctl is-active ssh",
    "systemctl show -p MainPID nginx",
    "systemctl cat nginx",
    "systemctl -n 50 status nginx",
    "journalctl -u nginx -n 100 --no-pager",
    "journalctl -p err -b",
    "journalctl --since today",
    "journalctl --disk-usage",
    "systemd-analyze blame",
    "systemd-cgtop -b -n1",
    "service nginx status",
    "rc-service nginx status",
    "crontab -l",
    "crontab -l -u postgres",
    "dpkg -l",
    "dpkg -L bash",
    "dpkg -S /bin/ls",
    "dpkg-query -W",
    "apt-cache policy nginx",
    "apt list --upgradable",
    "apt-mark showhold",
    "rpm -qa",
    "rpm -qi bash",
    "apk info",
    "ss -tlnp",
    "ss -s",
    "netstat -tlnp",
    "ip a",
    "ip addr",
    "ip -br link",
    "ip -4 addr show dev eth0",
    "ip route get 10.0.0.1",
    "ip -s link show eth0",
    "ip rule",
    "bridge vlan show",
    "ethtool eth0",
    "ethtool -i eth0",
    "ifconfig -a",
    "nft list ruleset",
    "iptables -L -n -v",
    "iptables -t nat -S",
    "iptables-save",
    "chronyc tracking",
    "lvs",
    "lvs -a -o +devices --noheadings",
    "vgs --units g",
    "zpool status -x",
    "zpool list",
    "zfs list -t snapshot",
    "zfs get all rpool",
    "mdadm --detail /dev/md0",
    "smartctl -a /dev/sda",
    "multipath -ll",
    "btrfs filesystem usage /",
    "ceph -s",
    "ceph osd tree",
    "ceph health detail",
    "rbd ls pool",
    "pveversion -v",
    "pvecm status",
    "pvesm status",
    "pct list",
    "pct config 105",
    "qm config 100",
    "qm list --full",
    "docker ps -a",
    "docker logs web",
    "docker inspect web",
    "docker stats --no-stream",
    "postconf -n",
    "postconf mynetworks",
    "mailq",
    "nginx -V",
    "python3 --version",
    "openssl x509 -noout -dates -in /etc/ssl/x.pem",
    "sshd -T",
    "timeout 5 ls",
    "timeout -k 5 10 df -h",
    "timeout --signal=KILL 10 uptime",
    "nice -n 10 du -sh /",
    "ionice -c3 du -sh /",
    "stdbuf -oL tail /var/log/syslog",
    "env LC_ALL=C ls",
    "env LANG=C TZ=UTC date",
    "sudo -n -u postgres whoami",
    "runuser -u postgres -- whoami",
    "pct exec 105 -- df -h",
    "pct exec 105 -- timeout 5 ps aux",
    "qm guest exec 100 --timeout 30 -- uptime",
    "sh -c 'ps aux | sort | head'",
    "sh -c 'df -h; free -m'",
    "bash -c \"grep -c x /etc/passwd && echo done\"",
    "sh -c 'ls /nonexistent 2>/dev/null || true'",
    "sh -c 'cat /var/log/syslog 2>&1 | tail -n 5'",
    "su - postgres -c 'id'",
    "su postgres -c whoami",
    "psql -l",
    "psql --version",
    "runuser -u postgres -- psql -X -q -v ON_ERROR_STOP=1 -d app -c 'select 1'",
};

static const char *const commands_high[] = {
    "rm -rf /",
    "rm file",
    "/tmp/ls",
    "./ls",
    "../bin/ls",
    "ls2",
    "LS",
    "cat /dev/sda",
    "cat //dev//sda",
    "cat dev/sda",
    "head -c 1 /x/../dev/watchdog",
    "hexdump -C /dev/mem",
    "tree -o out",
    "tree -R",
    "find / -delete",
    "find / -exec id ;",
    "find / -fprint /etc/passwd",
    "find / -ok id ;",
    "sort -o /etc/passwd x",
    "sort -no x",
    "sort --output=x",
    "sort --outp x",
    "sort --compress-program=id",
    "uniq in out",
    "xxd -r a b",
    "xxd a b",
    "sed -i s/a/b/ x",
    "sed s/a/b/w/etc/x file",
    "sed -n 1e file",
    "sed -n 1,20p -i file",
    "awk 1 file",
    "hostname evil",
    "date -s 2020-01-01",
    "date 010100002020",
    "env LD_PRELOAD=/tmp/x ls",
    "env PATH=/tmp ls",
    "env -i ls",
    "env -S 'rm x'",
    "dmesg -c",
    "dmesg -C",
    "dmesg -n 1",
    "sar -o file 1",
    "pidstat -e rm x",
    "swapon /swapfile",
    "mount /dev/sda1 /mnt",
    "mount -o remount,rw /",
    "sysctl -w a=1",
    "sysctl a=1",
    "sysctl -p",
    "fuser -k /srv",
    "timedatectl set-time 10:00",
    "hostnamectl set-hostname x",
    "loginctl terminate-user x",
    "systemctl restart nginx",
    "systemctl -n 50 stop nginx",
    "systemctl isolate rescue",
    "systemctl -H other status",
    "systemctl edit nginx",
    "systemctl daemon-reload",
    "journalctl --vacuum-size=1M",
    "journalctl --vacuum-time 1d",
    "journalctl --rotate",
    "journalctl --rot",
    "journalctl --cursor-file=/etc/passwd",
    "service nginx restart",
    "service --full-restart nginx",
    "crontab",
    "crontab -r",
    "crontab -u root",
    "crontab file",
    "dpkg -i x.deb",
    "dpkg --configure -a",
    "dpkg -r bash",
    "apt install x",
    "apt -o Dpkg::Pre-Invoke::=id list",
    "apt-get update",
    "rpm -i x.rpm",
    "rpm -e bash",
    "apk add x",
    "ss -K dst 1.2.3.4",
    "ss -tKn",
    "ss --kill",
    "ss -D file",
    "ip link set eth0 down",
    "ip addr add 10.0.0.1/8 dev eth0",
    "ip netns exec x id",
    "ip -b file",
    "ip -n x addr",
    "ip -batch file",
    "bridge vlan add vid 2 dev x",
    "ethtool -s eth0 speed 10",
    "ethtool -A eth0 rx off",
    "ifconfig eth0 down",
    "nft flush ruleset",
    "nft -f file",
    "iptables -F",
    "iptables -L -Z",
    "iptables-restore",
    "ipset destroy",
    "chronyc makestep",
    "lvremove -f vg/x",
    "vgs --config x",
    "pvscan --cache",
    "zpool destroy rpool",
    "zpool status -c script",
    "zfs destroy rpool/x",
    "mdadm /dev/md0 --fail /dev/sda",
    "mdadm --assemble --scan",
    "smartctl -t long /dev/sda",
    "smartctl -l scterc,70,70 /dev/sda",
    "multipath",
    "multipath -F",
    "btrfs device stats -z /",
    "ceph",
    "ceph osd out 1",
    "ceph -f json",
    "rbd rm x",
    "pvecm expected 1",
    "pvecm delnode x",
    "pvesh get /version",
    "pct stop 105",
    "pct destroy 105",
    "qm set 100 -memory 1",
    "qm guest passwd 100 root",
    "docker rm web",
    "docker exec web id",
    "docker -H tcp://x ps",
    "docker run x",
    "postconf -e a=b",
    "postconf a=b",
    "postqueue -f",
    "nginx",
    "nginx -s reload",
    "nginx -t",
    "sshd",
    "php",
    "php -r system(1);",
    "python3",
    "python3 -c 1",
    "python3 -V x.py",
    "perl -e 1",
    "bash",
    "bash -v",
    "bash script.sh",
    "node",
    "kill -9 1",
    "pkill nginx",
    "reboot",
    "shutdown -h now",
    "chmod 777 /etc",
    "chown -R a /",
    "useradd x",
    "passwd root",
    "mv a b",
    "cp a b",
    "tee /etc/passwd",
    "dd if=/dev/zero of=/dev/sda",
    "mkfs.ext4 /dev/sda",
    "curl http://x",
    "wget x",
    "ping 1.1.1.1",
    "ssh other",
    "xargs rm",
    "watch ls",
    "nohup ls",
    "timeout 5 rm x",
    "timeout 5",
    "timeout -x 5 ls",
    "nice rm x",
    "sudo -i",
    "sudo -s",
    "sudo -u root -- rm x",
    "runuser -l postgres -c id",
    "pct exec 105 -- rm x",
    "pct exec 105 ls",
    "pct exec 105 --",
    "pct exec -- ls",
    "qm guest exec 100 -- rm x",
    "qm guest exec 100 --pass-stdin 1 -- ls",
    "sh -c",
    "sh -c 'rm x'",
    "sh -c 'ls > /etc/passwd'",
    "sh -c 'ls >> x'",
    "sh -c 'ls; rm x'",
    "sh -c 'ls | xargs rm'",
    "sh -c 'ls & rm x'",
    "sh -c 'ls |& cat'",
    "sh -c 'echo $(rm x)'",
    "sh -c 'echo `rm x`'",
    "sh -c 'ls $HOME'",
    "sh -c 'ls *'",
    "sh -c 'X=1 ls'",
    "sh -c 'PATH=/tmp; ls'",
    "sh -c \"ls \\\"$(rm x)\\\"\"",
    "sh -c 'f() { rm x; }; f'",
    "sh -c 'if true; then rm x; fi'",
    "sh -c 'ls ; ; ls'",
    "sh -c '| ls'",
    "sh -c 'ls |'",
    "sh -c ''",
    "sh -c 'ls' rm",
    "sh -x -c ls",
    "sh script",
    "su - postgres -c 'rm x'",
    "su -c 'ls'",
    "su postgres",
    "su -s /tmp/x postgres -c ls",
    "eval ls",
    "exec ls",
    "psql -c 'drop table x'",
    "psql -f /tmp/x.sql -d app",
    "psql -o /etc/passwd -c 'select 1'",
    "psql -d host=evil -c 'select 1'",
    "psql -d postgres://evil/x -c 'select 1'",
    "psql -h evil -c 'select 1'",
    "psql -v x=1 -c 'select 1'",
    "psql -P pager=id -c 'select 1'",
    "psql",
    "psql -d app",
};

#define WORDS_MOST 64
#define COUNT(a)   (sizeof(a) / sizeof((a)[0]))

/* The words of a line, split at spaces; '...' and "..." (with \" inside) are one word, without their quotes.
 */
static size_t split(const char *line, char *bytes, struct command_word *words)
{
    size_t count = 0;

    for (const char *at = line; *at; at += *at == ' ') {
        char *from = bytes;
        char quote = *at == '\'' || *at == '"' ? *at++ : '\0';
        for (; *at && *at != (quote ? quote : ' '); at++) {
            at += quote == '"' && *at == '\\' && at[1];
            *bytes++ = *at;
        }
        at += quote && *at;
        assert_true(count < WORDS_MOST);
        words[count++] = (struct command_word){from, (size_t)(bytes - from), true};
    }
    return count;
}

static struct command_risk judge_line(const char *line, const char *input)
{
    char bytes[4096];
    struct command_word words[WORDS_MOST];
    struct command_risk risk;

    risk_command(words, split(line, bytes, words), input, input ? strlen(input) : 0, &risk);
    return risk;
}

static size_t wrong(const char *const *lines, size_t count, struct command_risk (*judge)(const char *),
                    unsigned want)
{
    size_t n = 0;

    for (size_t i = 0; i < count; i++) {
        struct command_risk risk = judge(lines[i]);
        if (risk.risk != want || risk.why[0] == '\0') {
            print_error("%s: %s (%s)\n", risk_level_name(risk.risk), lines[i], risk.why);
            n++;
        }
    }
    return n;
}

static struct command_risk judge_command(const char *line)
{
    return judge_line(line, NULL);
}

static void reads_are_low(void **state)
{
    (void)state;
    assert_int_equal(wrong(commands_low, COUNT(commands_low), judge_command, RISK_LOW), 0);
}

static void all_else_is_high(void **state)
{
    (void)state;
    assert_int_equal(wrong(commands_high, COUNT(commands_high), judge_command, RISK_HIGH), 0);
}

/* What reads within sh -c and pct exec as well, and never with one more harmful word. */
static void a_harmful_word_is_never_covered(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(commands_high); i++) {
        char line[4200];
        (void)snprintf(line, sizeof(line), "pct exec 105 -- %s", commands_high[i]);
        assert_int_equal(judge_line(line, NULL).risk, RISK_HIGH);
        (void)snprintf(line, sizeof(line), "timeout 5 %s", commands_high[i]);
        assert_int_equal(judge_line(line, NULL).risk, RISK_HIGH);
    }
}

static void stdin_is_judged_where_it_is_run(void **state)
{
    static const char psql[] =
        "pct exec 105 -- runuser -u postgres -- psql -X -q -v ON_ERROR_STOP=1 -d app -f -";
    struct command_risk risk;

    (void)state;
    assert_int_equal(judge_line(psql, "select 1").risk, RISK_LOW);
    assert_int_equal(judge_line(psql, "select 1; drop table x").risk, RISK_HIGH);
    assert_true(judge_line(psql, "drop table x").destroys);
    assert_int_equal(judge_line(psql, NULL).risk, RISK_HIGH);
    assert_int_equal(judge_line("sh -c 'echo x | psql -d app'", "select 1").risk, RISK_HIGH);
    assert_int_equal(judge_line("sh", "ls").risk, RISK_HIGH);
    assert_int_equal(judge_line("wc -l", "rm -rf /").risk, RISK_LOW);
    struct command_word words[] = {{"psql", 4, true}};
    risk_command(words, 1, NULL, 0, &risk);
    assert_int_equal(risk.risk, RISK_HIGH);
}

static void what_is_not_known_is_the_worst(void **state)
{
    struct command_word words[] = {{"ls", 2, true}, {NULL, 0, false}};
    struct command_word nul[] = {{"ls", 2, true}, {"a\0b", 3, true}};
    struct command_risk risk;

    (void)state;
    risk_command(words, 2, NULL, 0, &risk);
    assert_int_equal(risk.risk, RISK_HIGH);
    risk_command(words, 0, NULL, 0, &risk);
    assert_int_equal(risk.risk, RISK_HIGH);
    risk_command(nul, 2, NULL, 0, &risk);
    assert_non_null(strstr(risk.why, " "));
    assert_int_equal(judge_line("''", NULL).risk, RISK_HIGH);
}

static void harm_is_said(void **state)
{
    (void)state;
    assert_true(judge_command("rm -rf /").destroys);
    assert_true(judge_command("pct exec 105 -- sh -c 'ls > x; rm y'").destroys);
    assert_true(judge_command("reboot").cuts_off);
    assert_true(judge_command("iptables -F").cuts_off);
    assert_false(judge_command("systemctl restart nginx").destroys);
    assert_non_null(strstr(judge_command("curl http://x").why, "\"curl\" reaches other machines"));
    assert_non_null(strstr(judge_command("/tmp/x\033[31m").why, "/tmp/x?[31m"));
}

/* Random words from what the tables are made of: no crash, no reason without words, and never low with `rm`.
 */
static void noise(void **state)
{
    uint32_t seed = 1;
    (void)state;
    for (int round = 0; round < 20000; round++) {
        char bytes[256];
        size_t len = 0;
        struct command_word words[6];
        for (size_t i = 0; i < 6; i++) {
            seed = seed * 1664525u + 1013904223u;
            const char *line = (seed >> 31) ? commands_high[(seed >> 8) % COUNT(commands_high)]
                                            : commands_low[(seed >> 8) % COUNT(commands_low)];
            size_t from = (seed >> 20) % strlen(line), n = strcspn(line + from, " ");
            memcpy(bytes + len, line + from, n = n < 40 ? n : 40);
            words[i] = (struct command_word){bytes + len, n, true};
            len += n;
        }
        struct command_risk risk;
        risk_command(words, 6, NULL, 0, &risk);
        assert_true(risk.why[0]);
        assert_true(memchr(risk.why, '\0', sizeof(risk.why)));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(reads_are_low),
        cmocka_unit_test(all_else_is_high),
        cmocka_unit_test(a_harmful_word_is_never_covered),
        cmocka_unit_test(stdin_is_judged_where_it_is_run),
        cmocka_unit_test(what_is_not_known_is_the_worst),
        cmocka_unit_test(harm_is_said),
        cmocka_unit_test(noise),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
