/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What reads, as far as it is known from the manuals of Debian 12 and Alpine 3.19. A command gets in only
 * when none of the forms that its row allows writes a file, changes a setting, signals a process, runs
 * another program or sends anything to another machine.
 */
#include "trust/risk_command_rows.h"

const struct command_row command_rows[] = {
    /* text and files */
    {"cat|tac|nl|rev|head|tail|wc|cut|paste|fold|fmt|expand|unexpand|join|comm|tr|strings|od|hexdump|cmp|"
     "diff|"
     "cksum|md5sum|sha1sum|sha256sum|sha512sum|b2sum|basename|dirname|readlink|realpath|zcat|column|look|seq",
     "*", "*"},
    {"grep|egrep|fgrep", "!-D --devices", "WORD *"},
    {"ls|stat|du|df|namei|getfacl|getcap|lsattr", "*", "*"},
    {"tree", "!-o -R", "*"},
    {"file", "!-C --compile -z --uncompress -Z --uncompress-noreport", "*"},
    {"find", "!-exec -execdir -ok -okdir -delete -fprint -fprint0 -fprintf -fls", "*"},
    {"sort", "!-o --output --compress-program -T --temporary-directory", "*"},
    {"uniq", "*", ";FILE"},
    {"xxd", "!-r", ";FILE"},
    {"jq", "*", "WORD *"},
    {"sed", "-n", "SEDPRINT *"},
    /* No printf: with -v and %n bash sets variables, and runs what is in their subscripts; so does test -v.
     */
    {"echo|true|false|:|pwd|yes|sleep", "*", "*"},
    {"test", "!-v -R", "*"},
    {"cd", "", "FOLDER"},
    {"which|whereis|type", "*", "*"},
    {"command", "-v -V", "WORD"},
    /* the system */
    {"uptime|whoami|groups|nproc|arch|uname|id|logname|tty|users|who|w|last|lastb|free|vmstat|lscpu|lsmem|"
     "lsns|"
     "lsmod|lsusb|lslocks|lslogins|lsipc|pstree|pidof|ipcs|locale|printenv|getconf|mountpoint",
     "*", "*"},
    {"pmap", "!-n -N --create-rc --create-rc-to", "*"},
    {"ps|pgrep|lsblk|findmnt", "*", "*"},
    {"lsof", "!-D", "*"},
    {"lspci", "!-M -H -q -Q -O -A -F", "*"},
    {"lastlog", "-b= -t= -u= --before= --time= --user=", ""},
    {"blkid", "!-g --garbage-collect -c --cache-file -w", "*DEVICE"},
    {"getent", "", "passwd|group|shadow|services|protocols|networks *"},
    {"hostname", "-f -s -d -i -I -A --fqdn --short --domain --ip-address --all-ip-addresses --long", ""},
    {"date",
     "-u -R -I -d= -r= --utc --date= --rfc-3339= --iso-8601 --iso-8601= --rfc-email --reference=", ";PLUS"},
    {"cal|ncal", "*", "*"},
    {"env", "-0 --null", ""},
    {"dmesg",
     "-T -H -x -k -u -l= -f= -L -P -t -r -J -e --ctime --human --decode --level= --facility= --nopager "
     "--notime "
     "--kernel --userspace --json --raw --since= --until= --time-format= --color=",
     ""},
    {"top", "+-b -n= -d= -o= -p= -u= -w= -H -c -i -1 -E= -e=", ""},
    {"iostat|mpstat|pidstat|sar", "!-o --output --out -e", "*"},
    {"swapon", "-s --show --show= --bytes --noheadings --raw --summary", ""},
    {"mount", "-l", ""},
    {"sysctl", "-a -n -N -e --all --values --names -r= --pattern=", ";PLAIN *"},
    {"fuser", "-v -m -u -a -n= --verbose --mount", "*"},
    {"ulimit", "-a -n -u", ""},
    {"timedatectl", "-a -p= --all --property= --value --no-pager",
     ";status;show;list-timezones;timesync-status;show-timesync"},
    {"hostnamectl", "--static --pretty --transient --no-pager --json=", ";status"},
    {"localectl", "--no-pager", ";status;list-locales;list-keymaps"},
    {"loginctl",
     "--no-pager --no-legend -a -l -n= -o= -p= --all --full --lines= --output= --property= --value",
     ";list-sessions;list-users;list-seats;session-status *;user-status *;seat-status *;show-session "
     "*;show-user *"},
    {"systemctl",
     "--no-pager -a --all --failed -l --full -n= --lines= -o= --output= --plain --no-legend --legend= -q "
     "--quiet -t= "
     "--type= --state= -p= -P= --property= --value --show-types --reverse --after --before "
     "--with-dependencies "
     "--recursive -r --timestamp=",
     ";status *;show *;cat *;is-active *;is-enabled *;is-failed *;is-system-running;list-units *;"
     "list-unit-files *;list-timers *;list-sockets *;list-dependencies *;list-jobs *;list-automounts "
     "*;list-paths *;"
     "get-default;show-environment;list-machines"},
    {"journalctl",
     "!--rotate --vacuum-size --vacuum-time --vacuum-files --flush --sync --relinquish-var "
     "--smart-relinquish-var "
     "--update-catalog --setup-keys --cursor-file --image --root --dump-catalog --new-id128 --force",
     "*"},
    {"systemd-analyze", "--no-pager --json= --user --system",
     ";time;blame;critical-chain *;security *;unit-paths;exit-status *;capability *"},
    {"systemd-cgls", "*", "*"},
    {"systemd-cgtop",
     "-b -n= -p -t -c -m -i -d= -r -k --batch --iterations= --depth= --delay= --raw --recursive= "
     "-1 --order=",
     "*"},
    {"systemd-detect-virt", "-c -v -r --container --vm --chroot", ""},
    {"resolvectl", "--no-pager", ";status *;statistics;dns;dns NAME;domain;domain NAME"},
    {"networkctl",
     "--no-pager --no-legend -a -l -n= -s --all --full --stats --json=", ";list *;status *;lldp *;cat *"},
    {"coredumpctl", "--no-pager --no-legend -r -n= -1 -S= -U= --since= --until= --json= -F= --field= -q",
     ";list *;info *"},
    {"rc-status", "*", "*"},
    {"rc-service", "-l -e= --list --exists=", ";NAME status"},
    {"service", "--status-all", ";NAME status"},
    {"lsinitramfs|update-alternatives", "--list= --display= --query= --get-selections -l", ";*"},
    {"crontab", "+-l -u=", ""},
    {"atq", "*", "*"},
    /* packages */
    {"dpkg",
     "-l -L -s -S -p -V -C --list --listfiles --status --search --print-avail --verify --audit "
     "--get-selections --print-architecture --print-foreign-architectures --version",
     "*"},
    {"dpkg-query",
     "-l -L -s -S -W -p -f= --list --listfiles --status --search --show --showformat= --control-path "
     "--control-list",
     "*"},
    {"apt-cache", "-n -q -i --names-only --installed --no-all-versions",
     "policy *;show *;search *;showpkg *;depends *;rdepends *;madison *;stats;pkgnames *"},
    {"apt", "-a -q --installed --upgradable --all-versions --manual-installed",
     "list *;show *;search *;policy *;depends *;rdepends *"},
    {"apt-mark", "", "showhold *;showmanual *;showauto *;showinstall *"},
    {"apt-config", "", "dump *"},
    {"rpm",
     "+-q|--query|-qa -a -l -i -c -d -f -R --query --all --list --info --changelog --scripts --requires "
     "--provides -qa "
     "--last --qf= --queryformat=",
     "*"},
    {"apk", "-v -vv -e -a -q --installed --all --description",
     "info *;list *;policy *;search *;version *;stats;dot *"},
    /* network of this machine */
    {"ss", "!-K --kill -D --diag -E --events -F --filter -N --net", "*"},
    {"netstat", "*", ""},
    {"ip",
     "-4 -6 -0 -s -d -br -brief -j -json -p -pretty -o -oneline -c=never -N -h -human -details -stats "
     "-statistics "
     "-resolve -r -ts -a -all -f= -family=",
     "address|addr|addr|a;link|l;route|r|ro;rule|ru;neigh|neighbor|n;maddr|m;tunnel;netns;vrf;"
     "address|addr|a|link|l|route|r|rule|ru|neigh|neighbor|n|maddr|tunnel|xfrm|netconf|token|ntable|tcp_"
     "metrics "
     "show|list|ls|sh|lst *;route|r get *;netns list;netns list-id;vrf show *;mroute show *"},
    {"bridge", "-s -d -j -p -c=never -br -statistics -details -json -n=",
     "link|l show|list|ls *;fdb show|list|ls *;vlan show|list|ls *;mdb show|list|ls *;link;fdb;vlan;mdb"},
    {"brctl", "", "show *;showmacs WORD;showstp WORD"},
    {"ethtool",
     "-i -k -S -a -c -g -l -m -n -P -T -x --driver --show-features --show-offload --statistics --show-pause "
     "--show-coalesce --show-ring --show-channels --module-info --show-permaddr --show-time-stamping --json",
     "WORD"},
    {"arp", "-a -n -v -e", ""},
    {"route", "-n -e -ee -4 -6", ""},
    {"ifconfig", "-a -s -v", ";WORD"},
    {"nft", "-a -n -s -j -nn -y -t --handle --json --numeric --stateless",
     /* What stands behind is read as nft's own language, in which ";" begins the next command. */
     "list ruleset;list tables|table|chain|chains|set|sets|map|maps|counters|quotas;"
     "list tables|table|chain|chains|set|sets|map|maps|counters|quotas NAME *"},
    {"iptables|ip6tables|iptables-legacy|ip6tables-legacy",
     "-L -S -n -v -x -t= --list --list-rules --numeric --verbose "
     "--line-numbers --exact --table=",
     ";WORD"},
    {"iptables-save|ip6tables-save", "-c -t= --counters --table=", ""},
    {"ipset", "-n -t -s -o= --name --terse --sorted", "list *;save *"},
    {"conntrack", "-L -C -S -p= -s= -d= -f= -o=", ";WORD"},
    {"chronyc", "-n -N -c",
     "tracking;sources *;sourcestats *;activity;ntpdata *;rtcdata;serverstats;selectdata *"},
    {"ntpq", "+-p -n", ""},
    {"wg", "", ";show *"},
    /* storage */
    {"lvs|vgs|pvs|lvdisplay|vgdisplay|pvdisplay|lvscan",
     "-a -o= -S= -O= -v -m -C -c --all --options= --select= --sort= --noheadings --nosuffix --units= "
     "--separator= "
     "--reportformat= --segments --unquoted --nameprefixes --maps",
     "*"},
    {"zpool", "-v -H -p -P -L -x -D -i -s -t -T= -o= -g",
     "status *;list *;get WORD *;history *;iostat *;events"},
    {"zfs", "-r -H -p -o= -t= -s= -S= -d= -g -i",
     "list *;get WORD *;mount;holds *;userspace *;groupspace *;version"},
    {"mdadm", "+-D|--detail|-E|--examine|-Q|--query -v -s --scan --verbose --brief", "*DEVICE"},
    {"smartctl",
     "-a -x -H -i -A -c -d= -n= -j --all --xall --health --info --attributes --capabilities "
     "--device= --nocheck= --json --scan --scan-open",
     "*DEVICE"},
    {"nvme", "-o= --output-format= -H",
     "list *DEVICE;smart-log *DEVICE;id-ctrl *DEVICE;id-ns *DEVICE;error-log *DEVICE"},
    {"multipath", "+-ll|-l -v=", "*"},
    {"btrfs", "-h -d -m -a -p --human-readable",
     "filesystem show *;filesystem df *;filesystem usage *;device stats *;subvolume list *;subvolume show *;"
     "scrub status *;balance status *;qgroup show *"},
    {"xfs_info|dumpe2fs", "-h", "*DEVICE"},
    {"tune2fs", "+-l", "*DEVICE"},
    {"repquota|quota", "*", "*"},
    {"exportfs|showmount", "-v -s", ""},
    {"ceph", "+-s|--status -f= --format=", ""},
    {"ceph", "-f= --format= --cluster=",
     "status;health *;df *;version *;versions;osd tree *;osd df *;osd stat;osd ls;osd pool ls *;osd pool "
     "stats *;"
     "osd perf;osd dump;osd blocked-by;pg stat;pg dump *;pg ls *;mon stat;mon dump *;mgr stat;mgr module "
     "ls;fs ls;"
     "fs status *;mds stat;device ls *;crash ls *;crash info WORD;balancer status;config dump;quorum_status"},
    {"rbd", "-l -p= --pool= --format= --long",
     "ls *;list *;info WORD;du *;status WORD;snap ls WORD;showmapped"},
    /* Proxmox's own */
    {"pveversion", "-v --verbose", ""},
    {"pvecm", "", "status;nodes"},
    {"pvesm", "--enabled --content= --storage= --target= --format= --vmid=", "status;list WORD;path WORD"},
    {"pct", "--current= --snapshot= -current= -verbose --verbose",
     "list;status NUMBER;config NUMBER;pending NUMBER;listsnapshot NUMBER;df NUMBER;cpusets"},
    {"qm", "--current= --snapshot= --pretty= --full --verbose",
     "list;status NUMBER;config NUMBER;pending NUMBER;listsnapshot NUMBER;showcmd NUMBER"},
    {"ha-manager", "", "status;config *;groupconfig;rules list *"},
    {"pvesubscription|pvesr|proxmox-boot-tool", "", "get;list;status *"},
    {"pve-firewall", "", "status;localnet;compile"},
    {"corosync-quorumtool", "-s -l -i -p -n", ""},
    {"corosync-cfgtool", "-s -n -i= -b", ""},
    /* services */
    {"docker|podman",
     "-a -q -f= -n= -s --all --quiet --filter= --format= --no-trunc --no-stream --tail= --since= --until= -t "
     "--timestamps --size --last=",
     "ps;images;image ls *;container ls;volume ls;volume inspect *;network ls;network inspect *;logs "
     "WORD;inspect *;"
     "stats *;top WORD *;port WORD *;version;info;system df;diff WORD;history WORD;compose ps;compose ls"},
    {"postconf", "-n -d -m -M -p -P -x -h -H", ";PLAIN *"},
    {"postqueue|mailq", "-p -j", ""},
    {"nginx", "+-v|-V", ""},
    {"apache2|apache2ctl|apachectl|httpd", "+-v|-V|-M|-S|-l|-L", ""},
    {"php", "+-v|-m|-i|--version|--modules|--info|--ini", ""},
    {"python3|python|perl|ruby|node|java|gcc|bash|psql|mysql|git|curl|rsync", "+--version", ""},
    {"openssl", "-noout -text -in= -dates -enddate -startdate -subject -issuer -fingerprint -sha256 -serial",
     "x509;version;ciphers *"},
    {"sshd", "+-T|-t", ""},
    {"fail2ban-client", "", "status *;version;ping"},
    {"rabbitmqctl", "-q -s --quiet --silent",
     "status;list_queues *;list_connections *;list_channels *;cluster_status"},
};
const size_t command_row_count = sizeof(command_rows) / sizeof(command_rows[0]);

const struct command_wrapper command_wrappers[] = {
    {"pct exec", "--keep-env=", 1, true},
    {"qm guest exec", "--timeout= --synchronous=", 1, true},
    {"timeout", "-k= -s= -v --kill-after= --signal= --foreground --preserve-status --verbose", 1, false},
    {"nice", "-n= --adjustment=", 0, false},
    {"ionice", "-c= -n= -t --class= --classdata= --ignore", 0, false},
    {"stdbuf", "-i= -o= -e= --input= --output= --error=", 0, false},
    /* Without -u its first word is a user, and what comes behind may be -c and a line for his shell. */
    {"runuser -u", "", 1, false},
    {"sudo", "-n -H -u= --user= --non-interactive", 0, false},
    {"setpriv", "--reuid= --regid= --init-groups --clear-groups", 0, false},
};
const size_t command_wrapper_count = sizeof(command_wrappers) / sizeof(command_wrappers[0]);

const struct command_harm command_harms[] = {
    {"rm|rmdir|unlink|shred|truncate|srm", NULL, true, false, "removes files"},
    {"dd|wipefs|blkdiscard|badblocks", NULL, true, false, "overwrites devices or files"},
    {"mkfs|mke2fs|mkfs.ext4|mkfs.xfs|mkfs.btrfs|mkfs.vfat|mkswap|sgdisk|sfdisk|fdisk|gdisk|parted|cfdisk",
     NULL, true, false, "makes file systems or partitions anew"},
    {"lvremove|vgremove|pvremove|lvreduce|vgreduce|dmsetup|cryptsetup", NULL, true, false, "changes volumes"},
    {"zpool|zfs", "destroy|rollback|labelclear|export|remove|detach|offline|create", true, false,
     "changes ZFS pools or data sets"},
    {"find", NULL, true, false, "runs or deletes for each file found"},
    {"dropdb|dropuser|pg_resetwal|pg_dropcluster", NULL, true, false, "removes databases"},
    {"qm|pct", "destroy|stop|rollback|delsnapshot|reset|restore|unlink|template", true, false,
     "changes guests"},
    {"docker|podman", "rm|rmi|prune|kill|system|volume|down|compose", true, false, "changes containers"},
    {"git", "clean|reset|checkout|gc", true, false, "may discard work"},
    {"crontab", NULL, true, false, "changes the jobs of a user"},
    {"userdel|groupdel|deluser|delgroup", NULL, true, false, "removes accounts"},
    {"apt|apt-get|aptitude|dpkg|apk|yum|dnf|rpm|pip|pip3|npm|snap", NULL, false, false, "changes packages"},
    {"useradd|usermod|adduser|groupadd|passwd|chpasswd|visudo|chage", NULL, false, false, "changes accounts"},
    {"chmod|chown|chgrp|setfacl|chattr|setcap", NULL, false, false, "changes permissions"},
    {"kill|pkill|killall|skill|xkill", NULL, false, false, "signals processes"},
    {"mv|cp|tee|install|ln|rsync|touch|mkdir|mknod|patch|cpio|tar|unzip|gzip|gunzip|xz", NULL, false, false,
     "writes files"},
    {"reboot|shutdown|poweroff|halt|init|telinit", NULL, false, true, "stops the machine"},
    {"iptables|ip6tables|iptables-restore|ip6tables-restore|nft|ufw|firewall-cmd|ipset|pve-firewall", NULL,
     false, true, "changes packet filters"},
    {"ip|ifconfig|ifup|ifdown|ifreload|route|brctl|bridge|ethtool|nmcli|netplan|tc|wg|wg-quick", NULL, false,
     true, "changes the network"},
    {"pvecm|corosync-cfgtool|corosync-quorumtool|ha-manager|pvesh", NULL, false, true, "changes the cluster"},
    {"systemctl|service|rc-service|update-rc.d|rc-update|initctl", NULL, false, false, "controls services"},
    {"mount|umount|swapon|swapoff|fstrim|fsck|e2fsck|xfs_repair|resize2fs|xfs_growfs", NULL, false, false,
     "changes mounts or file systems"},
    {"sysctl|modprobe|insmod|rmmod|hostname|hostnamectl|timedatectl|date|hwclock", NULL, false, false,
     "changes settings of the system"},
    {"sh|bash|dash|ash|zsh|ksh|fish|python|python2|python3|perl|ruby|node|php|lua|awk|gawk|mawk|sed|ed|ex|vi|"
     "vim|nano|"
     "xargs|parallel|eval|exec|source|.|nohup|setsid|screen|tmux|watch|at|batch|chroot|unshare|nsenter|"
     "strace|gdb",
     NULL, false, false, "can run anything"},
    {"curl|wget|nc|ncat|netcat|socat|telnet|ftp|sftp|scp|ssh|ping|ping6|traceroute|mtr|dig|host|nslookup|"
     "nmap|smbclient|"
     "mail|sendmail|tcpdump",
     NULL, false, false, "reaches other machines"},
    {"mysql|mariadb|mysqladmin|mysqldump|redis-cli|mongo|mongosh|sqlite3|pg_dump|pg_restore|pg_ctl|createdb|"
     "createuser|"
     "vacuumdb|reindexdb",
     NULL, false, false, "works on databases"},
};
const size_t command_harm_count = sizeof(command_harms) / sizeof(command_harms[0]);
