/* SPDX-License-Identifier: Apache-2.0 */
#include "openssh_far.h"

#include <inttypes.h>
#include <stdio.h>

/*
 * No single quote, line feed or exclamation mark may be in it: login shells differ about them. -C0: no
 * encoding of the environment's. The command is the leader of a process group of its own, which TERM and KILL
 * are for; what left the group (a daemon) is not chased. Its input comes from a process of its own, which
 * ends with it.
 */
const char far_line[] =
    "exec perl -C0 -e '"
    /* exactly n bytes of standard input, or the end of it all */
    "sub get { my ($n) = @_; my $b = q(); "
    "while (length $b < $n) { sysread(STDIN, $b, $n - length $b, length $b) or exit 255 } $b } "
    "my $mark = get(32); "
    "syswrite STDOUT, $mark . qq(r000\\n); syswrite STDERR, $mark . qq(r000\\n); "
    "my ($words, $input, $seconds) = split / /, get(33); "
    "my @words = split /\\0/, get($words), -1; pop @words; "
    "my $in = get($input); "
    "pipe(R, W) or exit 255; "
    "my $feed = fork; defined $feed or exit 255; "
    "unless ($feed) { close R; close STDIN; close STDOUT; close STDERR; "
    "while (length $in) { my $n = syswrite W, $in or last; substr($in, 0, $n) = q() } exit 0 } "
    "my $pid = fork; defined $pid or exit 255; "
    "unless ($pid) { setpgrp 0, 0; open STDIN, q(<&R); $ENV{LC_ALL} = q(C); "
    "exec { $words[0] } @words; "
    "my $why = $^E + 0; "
    "syswrite STDERR, qq($words[0]: $^E\\n); exit($why == 2 ? 127 : 126) } "
    "setpgrp $pid, $pid; close R; close W; $in = q(); $SIG{PIPE} = q(IGNORE); $SIG{CHLD} = sub {}; "
    /* TERM the first time, KILL from then on, every five seconds */
    "my $late = 0; my $stop = sub { kill($late++ ? q(KILL) : q(TERM), -$pid); alarm 5 }; "
    "$SIG{ALRM} = $stop; alarm $seconds; "
    /* 1 is WNOHANG; a child's end interrupts select, but for an instant in which it may come unseen */
    "until (waitpid($pid, 1) == $pid) { my $r = q(); vec($r, 0, 1) = 1 unless $late; my $x; "
    "$stop->() if select($r, undef, undef, 0.1) > 0 and not sysread(STDIN, $x, 4096) } "
    "my $s = $?; alarm 0; kill(q(KILL), -$pid) if $late; kill q(KILL), $feed; waitpid $feed, 0; "
    "syswrite STDERR, $mark . ($late ? q(t) : $s & 127 ? q(s) : q(e)) . "
    "sprintf(qq(%03d\\n), $s & 127 || $s >> 8); exit 0'";

void far_head(char ret[FAR_HEAD_LEN + 1], uint64_t words_len, uint64_t input_len, uint64_t seconds)
{
    (void)snprintf(ret, FAR_HEAD_LEN + 1, "%010" PRIu64 " %010" PRIu64 " %010" PRIu64 "\n", words_len,
                   input_len, seconds);
}
